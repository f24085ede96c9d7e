"""Whole documents of who may do what around a pipeline."""

from typing import Any

import pytest
from mwaa.config import CodeCommitSource, ConnectionSource, Names, Pipeline, S3Source, Workspace
from mwaa.embedded_aws import iam_policies
from mwaa.policies import encryption_key, pipeline

KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
CONNECTION = "arn:aws:codeconnections:eu-west-1:123456789012:connection/11111111-2222-3333-4444-555555555555"
TOPIC_KEY = "arn:aws:kms:eu-west-1:123456789012:key/22222222-2222-3333-4444-555555555555"
OLD_CONNECTION = CONNECTION.replace(":codeconnections:", ":codestar-connections:")
BUCKET = "arn:aws:s3:::mwaa-ci-etl-123456789012-eu-west-1"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:mwaa-etl-pipeline"
GITHUB = ConnectionSource(provider="GitHub", repository="acme/airflow")

BUCKET_STATEMENT = {
    "Sid": "ArtifactBucket",
    "Effect": "Allow",
    "Action": ["s3:GetBucketVersioning", "s3:GetBucketAcl", "s3:GetBucketLocation"],
    "Resource": BUCKET,
}
KEY_STATEMENT = {
    "Sid": "ArtifactsKey",
    "Effect": "Allow",
    "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
    "Resource": KEY,
    "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}},
}


def names(source: Any = GITHUB, **fields: Any) -> Names:
    workspace = Workspace(
        account="123456789012",
        region="eu-west-1",
        airflow_version="3.2.1",
        environment_class="mw1.small",
        pipeline=Pipeline(source=source, **fields),
    )
    return Names(workspace.with_name("etl"))


def assumed(service: str, condition: dict[str, Any]) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement | {"Condition": condition}]}


def of(arn: str) -> dict[str, Any]:
    return {"StringEquals": {"aws:SourceAccount": "123456789012"}, "ArnEquals": {"aws:SourceArn": arn}}


def test_each_role_is_assumed_by_its_own_service_for_its_own_resource() -> None:
    project = "arn:aws:codebuild:eu-west-1:123456789012:project/mwaa-etl"
    rule = "arn:aws:events:eu-west-1:123456789012:rule/mwaa-etl-pipeline-start"
    assert pipeline.pipeline_trust(names()) == assumed(
        "codepipeline.amazonaws.com",
        {
            "StringEqualsIfExists": {"aws:SourceAccount": "123456789012"},
            "ArnEqualsIfExists": {"aws:SourceArn": "arn:aws:codepipeline:eu-west-1:123456789012:mwaa-etl"},
        },
    )
    assert pipeline.build_trust(names(), "check") == assumed("codebuild.amazonaws.com", of(f"{project}-check"))
    assert pipeline.build_trust(names(), "publish") == assumed("codebuild.amazonaws.com", of(f"{project}-publish"))
    assert pipeline.start_trust(names()) == assumed("events.amazonaws.com", of(rule))


def of_pipeline(*source: dict[str, Any]) -> list[dict[str, Any]]:
    project = "arn:aws:codebuild:eu-west-1:123456789012:project/mwaa-etl"
    return [
        BUCKET_STATEMENT,
        {
            "Sid": "Artifacts",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"],
            "Resource": f"{BUCKET}/*",
        },
        *source,
        {
            "Sid": "RunBuilds",
            "Effect": "Allow",
            "Action": ["codebuild:StartBuild", "codebuild:BatchGetBuilds"],
            "Resource": [f"{project}-check", f"{project}-publish"],
        },
    ]


@pytest.mark.parametrize(
    ("arn", "action"),
    [(CONNECTION, "codeconnections:UseConnection"), (OLD_CONNECTION, "codestar-connections:UseConnection")],
)
def test_the_pipeline_uses_its_connection_for_its_repository(arn: str, action: str) -> None:
    repository = action.replace("UseConnection", "FullRepositoryId")
    use = {
        "Sid": "UseConnection",
        "Effect": "Allow",
        "Action": action,
        "Resource": arn,
        "Condition": {"ForAllValues:StringEquals": {repository: "acme/airflow"}},
    }
    document = {"Version": "2012-10-17", "Statement": of_pipeline(use)}
    assert pipeline.pipeline_permissions(names(), None, arn, None) == document
    key = f"{repository.partition(':')[0]}:FullRepositoryId"
    for given, allowed in (({key: "acme/airflow"}, True), ({key: "acme/other"}, False), ({}, True)):
        assert (iam_policies.simulate([document], action, arn, given) == "allowed") is allowed


def test_the_pipeline_reads_its_codecommit_repository() -> None:
    document = pipeline.pipeline_permissions(names(CodeCommitSource(repository="airflow")), None, None, None)
    assert document["Statement"] == of_pipeline(
        {
            "Sid": "ReadRepository",
            "Effect": "Allow",
            "Action": [
                "codecommit:GetBranch",
                "codecommit:GetCommit",
                "codecommit:UploadArchive",
                "codecommit:GetUploadArchiveStatus",
                "codecommit:CancelUploadArchive",
            ],
            "Resource": "arn:aws:codecommit:eu-west-1:123456789012:airflow",
        }
    )


def test_the_pipeline_reads_its_zip_and_no_other() -> None:
    document = pipeline.pipeline_permissions(
        names(S3Source(bucket="uploads", key="team/airflow.zip")), None, None, None
    )
    assert document["Statement"] == of_pipeline(
        {
            "Sid": "SourceBucket",
            "Effect": "Allow",
            "Action": ["s3:GetBucketVersioning", "s3:GetBucketAcl", "s3:GetBucketLocation", "s3:ListBucket"],
            "Resource": "arn:aws:s3:::uploads",
        },
        {
            "Sid": "ReadSource",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:GetObjectVersion"],
            "Resource": "arn:aws:s3:::uploads/team/airflow.zip",
        },
    )


def test_with_an_approval_and_keys_the_pipeline_sends_to_the_topic_and_uses_each_key_for_its_own() -> None:
    given = pipeline.pipeline_permissions(names(approval=True), KEY, CONNECTION, TOPIC_KEY)
    statements = given["Statement"]
    topic_key = {
        "Sid": "TopicKey",
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": TOPIC_KEY,
        "Condition": {"StringEquals": {"kms:ViaService": "sns.eu-west-1.amazonaws.com"}},
    }
    approval = {"Sid": "TellThatAnApprovalWaits", "Effect": "Allow", "Action": "sns:Publish", "Resource": TOPIC}
    assert statements[4:] == [approval, topic_key, KEY_STATEMENT]
    assert TOPIC_KEY not in str(pipeline.pipeline_permissions(names(), KEY, CONNECTION, TOPIC_KEY))
    other = "arn:aws:sns:eu-west-1:123456789012:alerts"
    given = pipeline.pipeline_permissions(names(approval=True, topic_arn=other), None, CONNECTION, None)
    statements = given["Statement"]
    assert statements[4:] == [approval | {"Resource": other}]


@pytest.mark.parametrize("stage", ["check", "publish"])
def test_a_build_reads_the_source_and_writes_its_log_and_its_own_cache(stage: Any) -> None:
    log = f"arn:aws:logs:eu-west-1:123456789012:log-group:/mwaa/etl/pipeline/{stage}"
    assert pipeline.build_permissions(names(), stage, KEY) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "WriteLog",
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": [log, f"{log}:*"],
            },
            BUCKET_STATEMENT,
            {
                "Sid": "Artifacts",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:GetObjectVersion"],
                "Resource": f"{BUCKET}/*",
            },
            {"Sid": "KeepCache", "Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{BUCKET}/cache/{stage}/*"},
            KEY_STATEMENT,
        ],
    }


def test_the_rule_starts_this_pipeline_only() -> None:
    assert pipeline.start_permissions(names())["Statement"] == [
        {
            "Sid": "StartPipeline",
            "Effect": "Allow",
            "Action": "codepipeline:StartPipelineExecution",
            "Resource": "arn:aws:codepipeline:eu-west-1:123456789012:mwaa-etl",
        }
    ]


def test_eventbridge_may_tell_the_topic_and_encrypt_what_it_tells() -> None:
    by = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}}
    assert pipeline.topic(names())["Statement"] == [
        by | {"Sid": "EventBridge", "Action": "sns:Publish", "Resource": TOPIC}
    ]
    assert encryption_key.topic_key_policy(names())["Statement"][1:] == [
        by | {"Sid": "EventBridge", "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*"}
    ]
    assert "events.amazonaws.com" not in str(encryption_key.key_policy(names()))
