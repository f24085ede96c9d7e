"""The Terraform of the pipeline."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from mwaa.config import (
    CodeCommitSource,
    ConnectionSource,
    Content,
    EncryptionKey,
    Names,
    Pipeline,
    S3Source,
    SourceBucket,
    Timeouts,
    Workspace,
)
from mwaa.config.pipeline import PATHS_LIMIT
from mwaa.constructs import buildspec

Make = Callable[..., Workspace]
Synthesize = Callable[..., dict[str, Any]]
GITHUB = ConnectionSource(provider="GitHub", repository="acme/airflow")
KEY = "arn:aws:kms:us-east-1:111111111111:key/11111111-2222-3333-4444-555555555555"
CONNECTION = "arn:aws:codeconnections:us-east-1:111111111111:connection/11111111-2222-3333-4444-555555555555"
TOPIC = "arn:aws:sns:us-east-1:111111111111:alerts"
HOST = "arn:aws:codeconnections:us-east-1:111111111111:host/git-0a1b2c3d"


@pytest.fixture
def resources(workspace: Make, synthesize: Synthesize) -> Callable[..., dict[str, Any]]:
    """`resources(source, pipeline={...}, **workspace)`: the resources of a workspace with a pipeline, by kind."""

    def make(source: Any = GITHUB, pipeline: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
        made = workspace(pipeline=Pipeline(source=source, **(pipeline or {})), **fields)
        found: dict[str, Any] = synthesize(made)["resource"]
        return found

    return make


def stages(resources: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The one action of each stage."""
    return {stage["name"]: stage["action"][0] for stage in resources["aws_codepipeline"]["pipeline"]["stage"]}


def without_metadata(resource: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in resource.items() if name not in ("//", "depends_on")}


def test_a_revision_is_checked_and_published_one_at_a_time(resources: Callable[..., Any]) -> None:
    made = resources()
    pipeline = made["aws_codepipeline"]["pipeline"]
    assert (pipeline["pipeline_type"], pipeline["execution_mode"]) == ("V2", "SUPERSEDED")
    actions = stages(made)
    assert list(actions) == ["Source", "Check", "Publish"]
    expected = [
        {"name": "MWAA_REVISION", "value": "#{source.CommitId}", "type": "PLAINTEXT"},
        {"name": "MWAA_RUN", "value": "#{codepipeline.PipelineExecutionId}", "type": "PLAINTEXT"},
    ]
    assert actions["Check"]["configuration"] == {"ProjectName": "${aws_codebuild_project.pipeline_check.name}"}
    assert actions["Publish"]["configuration"] == {
        "ProjectName": "${aws_codebuild_project.pipeline_publish.name}",
        "EnvironmentVariables": json.dumps(expected),
    }


def test_who_approves_sees_what_would_be_published_and_the_log_of_the_check(resources: Callable[..., Any]) -> None:
    actions = stages(resources(pipeline={"approval": True}))
    assert list(actions) == ["Source", "Check", "Approve", "Publish"]
    assert actions["Check"]["namespace"] == "check"
    assert actions["Approve"]["configuration"] == {
        "CustomData": "#{check.PLAN}",
        "ExternalEntityLink": "https://us-east-1.console.aws.amazon.com/codesuite/codebuild/111111111111/projects/"
        "mwaa-dev-check/build/#{check.BUILD}/log",
        "NotificationArn": "${aws_sns_topic.pipeline_topic.arn}",
    }


def test_a_push_that_changes_what_is_published_starts_the_pipeline(resources: Callable[..., Any]) -> None:
    made = resources(ConnectionSource(provider="GitHub", repository="acme/airflow", branch="live"))
    assert made["aws_codeconnections_connection"]["pipeline_connection"]["provider_type"] == "GitHub"
    source = stages(made)["Source"]
    assert source["provider"] == "CodeStarSourceConnection"
    assert source["configuration"] == {
        "ConnectionArn": "${aws_codeconnections_connection.pipeline_connection.arn}",
        "FullRepositoryId": "acme/airflow",
        "BranchName": "live",
        "OutputArtifactFormat": "CODE_ZIP",
        "DetectChanges": "false",
    }
    paths = ["dags/**", "plugins/**", "requirements.txt", "startup.sh", "environments/{dev.py,_**,**/_**}"]
    push = {"branches": {"includes": ["live"]}, "file_paths": {"includes": [*paths, "modules/**", "locks/publish.txt"]}}
    git = {"source_action_name": "Source", "push": [push]}
    trigger = [{"provider_type": "CodeStarSourceConnection", "git_configuration": git}]
    assert made["aws_codepipeline"]["pipeline"]["trigger"] == trigger
    assert "pipeline_start" not in made["aws_cloudwatch_event_rule"]


def test_paths_that_are_written_are_the_only_ones(resources: Callable[..., Any]) -> None:
    made = resources(ConnectionSource(provider="GitHub", repository="acme/airflow", paths=["etl/**", "${x}"]))
    [push] = made["aws_codepipeline"]["pipeline"]["trigger"][0]["git_configuration"]["push"]
    assert push["file_paths"] == {"includes": ["etl/**", "$${x}"]}


@pytest.mark.parametrize(
    ("content", "file", "expected"),
    [
        (Content(), "environments/dev.py", ["dags/**", "plugins/**", "requirements.txt", "startup.sh"]),
        (
            Content(dags="a[1]*", plugins=None, requirements=None, startup_script="x{y}.sh"),
            "environments/analytics/dev.py",
            [r"a\[1\]\*/**", r"x\{y\}.sh"],
        ),
    ],
)
def test_by_default_content_workspace_and_tool_are_watched(content: Content, file: str, expected: list[str]) -> None:
    from mwaa.constructs.pipeline_source import default_paths

    own = file.removeprefix("environments/")
    tool = [f"environments/{{{own},_**,**/_**}}", "modules/**", "locks/publish.txt"]
    assert default_paths(content, file) == [*expected, *tool]
    assert len(default_paths(content, file)) <= PATHS_LIMIT


def test_a_connection_that_exists_is_used_and_none_is_made(resources: Callable[..., Any]) -> None:
    made = resources(
        ConnectionSource(provider="AzureDevOps", repository="acme/data/airflow", connection_arn=CONNECTION)
    )
    assert "aws_codeconnections_connection" not in made
    assert stages(made)["Source"]["configuration"]["ConnectionArn"] == CONNECTION


def test_a_connection_to_a_host_names_the_host_alone(resources: Callable[..., Any]) -> None:
    made = resources(ConnectionSource(provider="GitLabSelfManaged", repository="acme/airflow", host_arn=HOST))
    assert without_metadata(made["aws_codeconnections_connection"]["pipeline_connection"]) == {
        "name": "mwaa-dev",
        "host_arn": HOST,
    }


def test_a_change_in_codecommit_starts_the_pipeline_by_a_rule(resources: Callable[..., Any]) -> None:
    made = resources(CodeCommitSource(repository="airflow", branch="live"))
    source = stages(made)["Source"]
    assert (source["provider"], source["configuration"]) == (
        "CodeCommit",
        {"RepositoryName": "airflow", "BranchName": "live", "PollForSourceChanges": "false"},
    )
    assert "trigger" not in made["aws_codepipeline"]["pipeline"]
    assert json.loads(made["aws_cloudwatch_event_rule"]["pipeline_start"]["event_pattern"]) == {
        "source": ["aws.codecommit"],
        "detail-type": ["CodeCommit Repository State Change"],
        "resources": ["arn:aws:codecommit:us-east-1:111111111111:airflow"],
        "detail": {
            "event": ["referenceCreated", "referenceUpdated"],
            "referenceType": ["branch"],
            "referenceName": ["live"],
        },
    }
    assert without_metadata(made["aws_cloudwatch_event_target"]["pipeline_start_target"]) == {
        "rule": "${aws_cloudwatch_event_rule.pipeline_start.name}",
        "target_id": "target",
        "arn": "${aws_codepipeline.pipeline.arn}",
        "role_arn": "${aws_iam_role.pipeline_start_role.arn}",
    }


def test_an_upload_to_s3_starts_the_pipeline_by_a_rule_and_is_its_revision(resources: Callable[..., Any]) -> None:
    made = resources(S3Source(bucket="uploads", key="team/airflow.zip"))
    actions = stages(made)
    assert (actions["Source"]["provider"], actions["Source"]["configuration"]) == (
        "S3",
        {"S3Bucket": "uploads", "S3ObjectKey": "team/airflow.zip", "PollForSourceChanges": "false"},
    )
    assert "#{source.VersionId}" in actions["Publish"]["configuration"]["EnvironmentVariables"]
    assert json.loads(made["aws_cloudwatch_event_rule"]["pipeline_start"]["event_pattern"]) == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": ["uploads"]}, "object": {"key": ["team/airflow.zip"]}},
    }


def test_a_failure_is_told_with_the_page_of_the_execution(resources: Callable[..., Any]) -> None:
    made = resources(pipeline={"notify": ["data@example.com", "ops@example.com"]})
    assert json.loads(made["aws_cloudwatch_event_rule"]["pipeline_failure"]["event_pattern"]) == {
        "source": ["aws.codepipeline"],
        "detail-type": ["CodePipeline Pipeline Execution State Change"],
        "detail": {"pipeline": ["mwaa-dev"], "state": ["FAILED"]},
    }
    target = made["aws_cloudwatch_event_target"]["pipeline_failure_target"]
    assert target["arn"] == "${aws_sns_topic.pipeline_topic.arn}"
    assert json.loads(target["input_transformer"]["input_template"]) == (
        "Pipeline mwaa-dev failed: this revision was not published to mwaa-dev. "
        "https://us-east-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/mwaa-dev/executions/<execution>"
        "/visualization"
    )
    assert target["input_transformer"]["input_paths"] == {"execution": "$.detail.execution-id"}
    expected = made["aws_sns_topic_subscription"]["pipeline_subscriptions"]
    assert (expected["protocol"], list(expected["for_each"])) == ("email", ["data@example.com", "ops@example.com"])


def test_a_topic_that_exists_is_told_and_none_is_made(resources: Callable[..., Any]) -> None:
    topic = "arn:aws:sns:us-east-1:111111111111:alerts"
    made = resources(pipeline={"topic_arn": topic, "approval": True})
    assert "aws_sns_topic" not in made
    assert made["aws_cloudwatch_event_target"]["pipeline_failure_target"]["arn"] == topic
    assert stages(made)["Approve"]["configuration"]["NotificationArn"] == topic


def test_the_builds_run_their_own_buildspecs_with_their_own_roles_logs_and_caches(
    resources: Callable[..., Any], workspace: Make
) -> None:
    made = resources()
    names = Names(workspace())
    assert "${CODEBUILD_BUILD_ID" in buildspec.check(names).text()  # Terraform would read it as a template
    for stage, spec in (("check", buildspec.check(names)), ("publish", buildspec.publish(names))):
        project = made["aws_codebuild_project"][f"pipeline_{stage}"]
        assert project["source"] == {"type": "CODEPIPELINE", "buildspec": spec.text().replace("${", "$${")}
        assert project["environment"] == {
            "type": "LINUX_CONTAINER",
            "compute_type": {"check": "BUILD_GENERAL1_MEDIUM", "publish": "BUILD_GENERAL1_SMALL"}[stage],
            "image": "aws/codebuild/amazonlinux-x86_64-standard:6.0",
        }
        assert project["service_role"] == f"${{aws_iam_role.pipeline_{stage}_role.arn}}"
        assert project["cache"] == {"type": "S3", "location": f"${{aws_s3_bucket.pipeline_artifacts.id}}/cache/{stage}"}
        log = made["aws_cloudwatch_log_group"][f"pipeline_{stage}_log"]
        assert (log["name"], log["retention_in_days"]) == (f"/mwaa/dev/pipeline/{stage}", 30)


def test_only_the_publish_build_may_write_to_the_source_bucket(resources: Callable[..., Any]) -> None:
    made = resources()["aws_iam_role_policy"]
    writing = {
        name
        for name, policy in made.items()
        for statement in json.loads(policy["policy"])["Statement"]
        if "airflow-dev-111111111111" in str(statement.get("Resource")) and "s3:PutObject" in statement["Action"]
    }
    assert writing == {"pipeline_publish_role_policy"}


@pytest.mark.parametrize(
    ("fields", "minutes"),
    [({}, 120), ({"worker_replacement_strategy": "GRACEFUL"}, 810), ({"timeouts": Timeouts(update="48h")}, 2160)],
)
def test_publishing_may_take_as_long_as_an_update(
    fields: dict[str, Any], minutes: int, resources: Callable[..., Any]
) -> None:
    assert resources(**fields)["aws_codebuild_project"]["pipeline_publish"]["build_timeout"] == minutes


def test_revisions_on_their_way_are_private_and_expire_even_with_deletion_protection(
    resources: Callable[..., Any],
) -> None:
    made = resources()
    bucket = made["aws_s3_bucket"]["pipeline_artifacts"]
    assert (bucket["bucket"], bucket["force_destroy"]) == ("mwaa-ci-dev-111111111111-us-east-1", True)
    assert "lifecycle" not in bucket
    kinds = [kind for kind in made if any(name.startswith("pipeline_artifacts") for name in made[kind])]
    assert {"aws_s3_bucket_public_access_block", "aws_s3_bucket_policy", "aws_s3_bucket_ownership_controls"} < {*kinds}
    [rule] = made["aws_s3_bucket_lifecycle_configuration"]["pipeline_artifacts_lifecycle"]["rule"]
    assert rule["expiration"] == [{"days": 30}]
    assert rule["noncurrent_version_expiration"] == [{"noncurrent_days": 1}]


def test_the_key_of_the_workspace_encrypts_what_is_on_the_way_and_the_topic_has_its_own(
    resources: Callable[..., Any],
) -> None:
    made = resources(encryption_key=EncryptionKey(arn=KEY))
    [store] = made["aws_codepipeline"]["pipeline"]["artifact_store"]
    assert store["encryption_key"] == {"id": KEY, "type": "KMS"}
    assert made["aws_sns_topic"]["pipeline_topic"]["kms_master_key_id"] == "${aws_kms_key.pipeline_topic_key.arn}"
    [statement] = [
        one
        for one in json.loads(made["aws_kms_key"]["pipeline_topic_key"]["policy"])["Statement"]
        if one["Principal"] == {"Service": "events.amazonaws.com"}
    ]
    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    other = resources(encryption_key=EncryptionKey(arn=KEY), pipeline={"topic_arn": TOPIC})
    assert not {"aws_kms_key", "aws_sns_topic"} & other.keys()
    for stage in ("check", "publish"):
        assert made["aws_codebuild_project"][f"pipeline_{stage}"]["encryption_key"] == KEY
        assert made["aws_cloudwatch_log_group"][f"pipeline_{stage}_log"]["kms_key_id"] == KEY


def test_without_a_pipeline_there_is_nothing_of_it(workspace: Make, synthesize: Synthesize) -> None:
    document = synthesize(workspace())
    assert not {"aws_codepipeline", "aws_codebuild_project", "aws_sns_topic"} & document["resource"].keys()
    assert "removed" not in document


def test_a_content_repository_gets_the_tool_and_the_workspace_from_the_source_bucket(
    resources: Callable[..., Any],
) -> None:
    made = resources(pipeline={"content_only": True})
    objects = {name: item for name, item in made["aws_s3_object"].items() if name.startswith("publish_tool")}
    prefix, folder = ".mwaa/tool/", "assets/tool/"
    assert {name: (item["key"], item["source"]) for name, item in objects.items()} == {
        f"publish_tool_{name}": (f"{prefix}{file}", f"{folder}{file}")
        for name, file in (
            ("wheel", "mwaa-0.1.0-py3-none-any.whl"),
            ("lock", "publish.txt"),
            ("workspace", "mwaa.json"),
        )
    }
    [push] = made["aws_codepipeline"]["pipeline"]["trigger"][0]["git_configuration"]["push"]
    assert push["file_paths"] == {"includes": ["dags/**", "plugins/**", "requirements.txt", "startup.sh"]}
    spec = json.loads(made["aws_codebuild_project"]["pipeline_publish"]["source"]["buildspec"])
    tool = "/tmp/mwaa-tool"
    install = ".venv/bin/python -m pip install --quiet --disable-pip-version-check"
    bucket = "airflow-dev-111111111111-us-east-1"
    assert spec["phases"]["install"]["commands"] == [
        f"aws s3 cp --only-show-errors --recursive s3://{bucket}/{prefix} {tool}",
        "python -m venv .venv",
        f"{install} --require-hashes --no-deps --requirement {tool}/publish.txt",
        f"{install} --no-deps --no-index {tool}/*.whl",
    ]
    assert spec["env"]["variables"] == {
        "PIP_CACHE_DIR": "/tmp/cache/pip",
        "UV_CACHE_DIR": "/tmp/cache/uv",
        "MWAA_WORKSPACE_FILE": f"{tool}/mwaa.json",
    }
    denied = {
        "Sid": "KeepTool",
        "Effect": "Deny",
        "Action": ["s3:PutObject", "s3:DeleteObject"],
        "Resource": f"arn:aws:s3:::{bucket}/{prefix}*",
    }
    statements = json.loads(made["aws_iam_role_policy"]["pipeline_publish_role_policy"]["policy"])["Statement"]
    assert denied in statements


def test_the_tool_is_uploaded_to_a_source_bucket_that_exists_if_that_is_versioned(
    resources: Callable[..., Any],
) -> None:
    made = resources(
        pipeline={"content_only": True}, source_bucket=SourceBucket(name="airflow-of-the-company", create=False)
    )
    item = made["aws_s3_object"]["publish_tool_wheel"]
    assert item["bucket"] == "${data.aws_s3_bucket.source_bucket.id}"
    [postcondition] = item["lifecycle"]["postcondition"]
    assert postcondition["condition"] == '${self.version_id != "" && self.version_id != "null"}'
