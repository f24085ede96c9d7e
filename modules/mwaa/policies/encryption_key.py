"""The policies of a workspace's own keys. Source: MWAA user guide, custom-keys-certs and mwaa-create-role."""

from mwaa.config import Names
from mwaa.policies import Document, Statement, document


def key_policy(names: Names) -> Document:
    """The account rules the key through IAM, and CloudWatch Logs may encrypt this account's logs.

    MWAA itself needs no statement: it adds grants, with the permissions of the environment's creator.
    """
    return document(
        _account(names),
        {
            "Sid": "CloudWatchLogs",
            "Effect": "Allow",
            "Principal": {"Service": f"logs.{names.workspace.region}.{names.service_suffix}"},
            "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
            "Resource": "*",
            "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": names.arn("logs", "*")}},
        },
    )


def topic_key_policy(names: Names) -> Document:
    """The account rules the key of the pipeline's topic, and EventBridge may encrypt what it sends there.

    EventBridge sets no context key for a condition, so the topic has a key of its own: that of the environment would
    let EventBridge decrypt the database, for anybody's rule.
    Source: SNS developer guide, sns-key-management, "event sources and encrypted topics".
    """
    return document(
        _account(names),
        {
            "Sid": "EventBridge",
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
            "Resource": "*",
        },
    )


def _account(names: Names) -> Statement:
    return {
        "Sid": "AccountThroughIam",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{names.partition}:iam::{names.workspace.account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
