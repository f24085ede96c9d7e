"""What can be known of a workspace and its content before a deploy: one rule a file, each giving Findings."""
