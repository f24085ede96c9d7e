"""What MWAA's execution role trusts and may do. Source: MWAA user guide, mwaa-create-role and confused deputy."""

from mwaa.config import Names
from mwaa.policies import Document, Statement, document

_KMS_ACTIONS = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*", "kms:Encrypt"]


def trust(names: Names) -> Document:
    """MWAA may assume the role, for this environment only: another customer's cannot make it act for them."""
    return document(
        {
            "Sid": "AirflowOfThisEnvironment",
            "Effect": "Allow",
            "Principal": {"Service": ["airflow.amazonaws.com", "airflow-env.amazonaws.com"]},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": names.workspace.account},
                "ArnLike": {"aws:SourceArn": names.environment_arn},
            },
        }
    )


def permissions(names: Names, key_arn: str | None) -> Document:
    """The documented statements, for a customer-managed key (`key_arn`) or an AWS-owned one (None)."""
    bucket = [names.bucket_arn, f"{names.bucket_arn}/*"]
    statements: list[Statement] = []
    if names.partition != "aws-cn":  # the action does not exist there: aws-support-tools, verify_env
        statements.append(
            {
                "Sid": "PublishMetrics",
                "Effect": "Allow",
                "Action": "airflow:PublishMetrics",
                "Resource": names.environment_arn,
            }
        )
    statements += [
        {"Sid": "NoBucketListing", "Effect": "Deny", "Action": "s3:ListAllMyBuckets", "Resource": bucket},
        {
            "Sid": "ReadSourceBucket",
            "Effect": "Allow",
            "Action": ["s3:GetObject*", "s3:GetBucket*", "s3:List*"],
            "Resource": bucket,
        },
        {
            "Sid": "WriteLogs",
            "Effect": "Allow",
            "Action": [
                "logs:CreateLogStream",
                "logs:CreateLogGroup",
                "logs:PutLogEvents",
                "logs:GetLogEvents",
                "logs:GetLogRecord",
                "logs:GetLogGroupFields",
                "logs:GetQueryResults",
            ],
            "Resource": names.log_group_arns,
        },
        {
            "Sid": "DescribeForMwaa",  # neither action knows a narrower resource
            "Effect": "Allow",
            "Action": ["logs:DescribeLogGroups", "s3:GetAccountPublicAccessBlock", "cloudwatch:PutMetricData"],
            "Resource": "*",
        },
        {
            "Sid": "CeleryQueue",  # the queue lives in an account of MWAA's own
            "Effect": "Allow",
            "Action": [
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:GetQueueUrl",
                "sqs:ReceiveMessage",
                "sqs:SendMessage",
            ],
            "Resource": f"arn:{names.partition}:sqs:{names.workspace.region}:*:airflow-celery-*",
        },
        _key_use(names, key_arn),
    ]
    return document(*statements)


def _key_use(names: Names, key_arn: str | None) -> Statement:
    def via(*services: str) -> dict[str, dict[str, list[str]]]:
        hosts = [f"{service}.{names.workspace.region}.{names.service_suffix}" for service in services]
        return {"StringLike": {"kms:ViaService": hosts}}

    if key_arn is None:  # the key of MWAA's own account, and none of ours
        ours = f"arn:{names.partition}:kms:*:{names.workspace.account}:key/*"
        return {
            "Sid": "QueueKey",
            "Effect": "Allow",
            "Action": _KMS_ACTIONS,
            "NotResource": ours,
            "Condition": via("sqs"),
        }
    return {
        "Sid": "EnvironmentKey",
        "Effect": "Allow",
        "Action": _KMS_ACTIONS,
        "Resource": key_arn,
        "Condition": via("sqs", "s3"),
    }
