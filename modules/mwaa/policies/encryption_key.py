"""The key policy of an environment's own key. Source: MWAA user guide, custom-keys-certs and mwaa-create-role."""

from mwaa.config import Names
from mwaa.policies import Document, Statement, document


def key_policy(names: Names) -> Document:
    """The account rules the key through IAM, and CloudWatch Logs may encrypt this account's logs.

    MWAA itself needs no statement: it adds grants, with the permissions of the environment's creator. With a pipeline,
    EventBridge may encrypt what it sends to the topic; it sets no context key for a condition.
    Source: SNS developer guide, sns-key-management, "event sources and encrypted topics".
    """
    events: Statement = {
        "Sid": "EventBridge",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
    }
    return document(
        {
            "Sid": "AccountThroughIam",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:{names.partition}:iam::{names.workspace.account}:root"},
            "Action": "kms:*",
            "Resource": "*",
        },
        {
            "Sid": "CloudWatchLogs",
            "Effect": "Allow",
            "Principal": {"Service": f"logs.{names.workspace.region}.{names.service_suffix}"},
            "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
            "Resource": "*",
            "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": names.arn("logs", "*")}},
        },
        *([events] if names.workspace.pipeline else []),
    )
