"""The role that writes a VPC's flow logs. Source: VPC user guide, "IAM role for publishing flow logs"."""

from mwaa.config import Names
from mwaa.policies import Document, document


def trust(names: Names) -> Document:
    """The flow-logs service may assume the role, for this account's flow logs only."""
    return document(
        {
            "Sid": "FlowLogsOfThisAccount",
            "Effect": "Allow",
            "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": names.workspace.account},
                "ArnLike": {"aws:SourceArn": names.arn("ec2", "vpc-flow-log/*")},
            },
        }
    )


def permissions(names: Names) -> Document:
    """Writing to the one log group, which Terraform has made."""
    group = names.arn("logs", f"log-group:{names.flow_log_group}")
    return document(
        {
            "Sid": "WriteFlowLogs",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
            "Resource": [group, f"{group}:*"],
        }
    )
