"""Whole documents of what publishing may do."""

from typing import Any

from mwaa.config import Content, Names, Workspace
from mwaa.policies import publishing

KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
ENVIRONMENT = "arn:aws:airflow:eu-west-1:123456789012:environment/mwaa-etl"
BUCKET = "arn:aws:s3:::airflow-etl-123456789012-eu-west-1"
ROLE = "arn:aws:iam::123456789012:role/mwaa-etl-execution"
OBJECTS = [
    f"{BUCKET}/flows/*",
    f"{BUCKET}/plugins.zip",
    f"{BUCKET}/requirements.txt",
    f"{BUCKET}/startup.sh",
    f"{BUCKET}/.mwaa/*",
]
READING: list[dict[str, Any]] = [
    {
        "Sid": "ListSourceBucket",
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": BUCKET,
    },
    {
        "Sid": "ReadContent",
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:GetObjectVersion"],
        "Resource": OBJECTS,
    },
    {"Sid": "ReadEnvironment", "Effect": "Allow", "Action": "airflow:GetEnvironment", "Resource": ENVIRONMENT},
    {
        "Sid": "ReadLogsOfAFailure",
        "Effect": "Allow",
        "Action": ["logs:DescribeLogStreams", "logs:GetLogEvents"],
        "Resource": [
            f"arn:aws:logs:eu-west-1:123456789012:log-group:airflow-mwaa-etl-{log}{part}"
            for log in ("DAGProcessing", "Scheduler", "Task", "WebServer", "Worker")
            for part in ("", ":*")
        ],
    },
]
VIA_S3 = {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}


def names() -> Names:
    workspace = Workspace(
        account="123456789012",
        region="eu-west-1",
        airflow_version="3.2.1",
        environment_class="mw1.small",
        content=Content(dag_s3_path="flows", owner="PUBLISH"),
    )
    return Names(workspace.with_name("etl"))


def test_a_dry_run_reads_and_nothing_else() -> None:
    assert publishing.read_permissions(names(), None) == {"Version": "2012-10-17", "Statement": READING}


def test_publishing_writes_its_objects_and_updates_its_environment() -> None:
    assert publishing.permissions(names(), None) == {
        "Version": "2012-10-17",
        "Statement": [
            *READING,
            {
                "Sid": "WriteContent",
                "Effect": "Allow",
                "Action": ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
                "Resource": OBJECTS,
            },
            {
                "Sid": "UpdateEnvironment",
                "Effect": "Allow",
                "Action": "airflow:UpdateEnvironment",
                "Resource": ENVIRONMENT,
            },
            {
                "Sid": "BucketAsMwaaLooksAtIt",
                "Effect": "Allow",
                "Action": "s3:GetEncryptionConfiguration",
                "Resource": BUCKET,
            },
            {
                "Sid": "PassExecutionRole",
                "Effect": "Allow",
                "Action": "iam:PassRole",
                "Resource": ROLE,
                "Condition": {
                    "StringEquals": {"iam:PassedToService": ["airflow.amazonaws.com", "airflow-env.amazonaws.com"]}
                },
            },
        ],
    }


def test_with_an_own_key_objects_are_decrypted_and_only_publishing_encrypts() -> None:
    assert publishing.read_permissions(names(), KEY)["Statement"][len(READING) :] == [
        {
            "Sid": "ObjectsKey",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:DescribeKey"],
            "Resource": KEY,
            "Condition": VIA_S3,
        }
    ]
    assert publishing.permissions(names(), KEY)["Statement"][-1] == {
        "Sid": "ObjectsKey",
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
        "Resource": KEY,
        "Condition": VIA_S3,
    }
