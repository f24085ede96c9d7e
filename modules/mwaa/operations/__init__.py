"""Day-2 questions about a workspace, answered from its file and from AWS through boto3."""
