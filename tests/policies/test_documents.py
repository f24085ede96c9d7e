"""Whole policy documents, as the MWAA user guide gives them (mwaa-create-role, custom-keys-certs)."""

from typing import Any

import pytest
from mwaa.config import Names, Workspace
from mwaa.policies import bucket, encryption_key, execution_role, flow_logs

KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
ENVIRONMENT = "arn:aws:airflow:eu-west-1:123456789012:environment/mwaa-etl"
BUCKET = "arn:aws:s3:::airflow-etl-123456789012-eu-west-1"


def names(region: str = "eu-west-1") -> Names:
    workspace = Workspace(
        account="123456789012", region=region, airflow_version="3.2.1", environment_class="mw1.small", name="etl"
    )
    return Names(workspace)


def log_groups(service: str) -> list[str]:
    """Five groups by their names, each with its streams: not those of an environment `mwaa-etl-prod`."""
    logs = ("DAGProcessing", "Scheduler", "Task", "WebServer", "Worker")
    return [f"{service}:123456789012:log-group:airflow-mwaa-etl-{log}{part}" for log in logs for part in ("", ":*")]


def permissions(kms: dict[str, Any]) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "PublishMetrics",
                "Effect": "Allow",
                "Action": "airflow:PublishMetrics",
                "Resource": ENVIRONMENT,
            },
            {
                "Sid": "NoBucketListing",
                "Effect": "Deny",
                "Action": "s3:ListAllMyBuckets",
                "Resource": [BUCKET, BUCKET + "/*"],
            },
            {
                "Sid": "ReadSourceBucket",
                "Effect": "Allow",
                "Action": ["s3:GetObject*", "s3:GetBucket*", "s3:List*"],
                "Resource": [BUCKET, BUCKET + "/*"],
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
                "Resource": log_groups("arn:aws:logs:eu-west-1"),
            },
            {
                "Sid": "DescribeForMwaa",
                "Effect": "Allow",
                "Action": ["logs:DescribeLogGroups", "s3:GetAccountPublicAccessBlock", "cloudwatch:PutMetricData"],
                "Resource": "*",
            },
            {
                "Sid": "CeleryQueue",
                "Effect": "Allow",
                "Action": [
                    "sqs:ChangeMessageVisibility",
                    "sqs:DeleteMessage",
                    "sqs:GetQueueAttributes",
                    "sqs:GetQueueUrl",
                    "sqs:ReceiveMessage",
                    "sqs:SendMessage",
                ],
                "Resource": "arn:aws:sqs:eu-west-1:*:airflow-celery-*",
            },
            kms,
        ],
    }


def test_only_mwaa_for_this_very_environment_assumes_the_execution_role() -> None:
    assert execution_role.trust(names()) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AirflowOfThisEnvironment",
                "Effect": "Allow",
                "Principal": {"Service": ["airflow.amazonaws.com", "airflow-env.amazonaws.com"]},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": "123456789012"},
                    "ArnLike": {"aws:SourceArn": ENVIRONMENT},
                },
            }
        ],
    }


def test_with_an_aws_owned_key_the_role_uses_no_key_of_the_account() -> None:
    assert execution_role.permissions(names(), None) == permissions(
        {
            "Sid": "QueueKey",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*", "kms:Encrypt"],
            "NotResource": "arn:aws:kms:*:123456789012:key/*",
            "Condition": {"StringLike": {"kms:ViaService": ["sqs.eu-west-1.amazonaws.com"]}},
        }
    )


def test_with_an_own_key_the_role_uses_this_key_through_queue_and_bucket() -> None:
    assert execution_role.permissions(names(), KEY) == permissions(
        {
            "Sid": "EnvironmentKey",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*", "kms:Encrypt"],
            "Resource": KEY,
            "Condition": {
                "StringLike": {"kms:ViaService": ["sqs.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com"]}
            },
        }
    )


def test_the_bucket_denies_what_comes_without_tls() -> None:
    assert bucket.tls_only(BUCKET) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [BUCKET, BUCKET + "/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


def test_the_key_is_ruled_by_the_account_and_encrypts_its_logs() -> None:
    assert encryption_key.key_policy(names()) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AccountThroughIam",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Sid": "CloudWatchLogs",
                "Effect": "Allow",
                "Principal": {"Service": "logs.eu-west-1.amazonaws.com"},
                "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
                "Resource": "*",
                "Condition": {
                    "ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:eu-west-1:123456789012:*"}
                },
            },
        ],
    }


def test_flow_logs_are_written_to_one_group_for_this_account() -> None:
    group = "arn:aws:logs:eu-west-1:123456789012:log-group:/mwaa/etl/vpc-flow-logs"
    assert flow_logs.trust(names())["Statement"] == [
        {
            "Sid": "FlowLogsOfThisAccount",
            "Effect": "Allow",
            "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": "123456789012"},
                "ArnLike": {"aws:SourceArn": "arn:aws:ec2:eu-west-1:123456789012:vpc-flow-log/*"},
            },
        }
    ]
    assert flow_logs.permissions(names())["Statement"] == [
        {
            "Sid": "WriteFlowLogs",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
            "Resource": [group, group + ":*"],
        }
    ]


CHINA_KEY = "arn:aws-cn:kms:cn-north-1:123456789012:key/11111111-2222-3333-4444-555555555555"


@pytest.mark.parametrize(
    ("key", "key_statement"),
    [
        (
            None,
            {
                "Sid": "QueueKey",
                "NotResource": "arn:aws-cn:kms:*:123456789012:key/*",
                "Condition": {"StringLike": {"kms:ViaService": ["sqs.cn-north-1.amazonaws.com.cn"]}},
            },
        ),
        (
            CHINA_KEY,
            {
                "Sid": "EnvironmentKey",
                "Resource": CHINA_KEY,
                "Condition": {
                    "StringLike": {
                        "kms:ViaService": ["sqs.cn-north-1.amazonaws.com.cn", "s3.cn-north-1.amazonaws.com.cn"]
                    }
                },
            },
        ),
    ],
)
def test_in_china_the_partition_is_its_own_and_metrics_are_not_published(
    key: str | None, key_statement: dict[str, Any]
) -> None:
    document = execution_role.permissions(names("cn-north-1"), key)
    actions = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*", "kms:Encrypt"]
    expected = permissions({"Effect": "Allow", "Action": actions} | key_statement)["Statement"][1:]
    source_bucket = "arn:aws-cn:s3:::airflow-etl-123456789012-cn-north-1"
    resources = {
        "NoBucketListing": [source_bucket, source_bucket + "/*"],
        "ReadSourceBucket": [source_bucket, source_bucket + "/*"],
        "WriteLogs": log_groups("arn:aws-cn:logs:cn-north-1"),
        "CeleryQueue": "arn:aws-cn:sqs:cn-north-1:*:airflow-celery-*",
    }
    for statement in expected:
        if statement["Sid"] in resources:
            statement["Resource"] = resources[statement["Sid"]]
    assert document == {"Version": "2012-10-17", "Statement": expected}
