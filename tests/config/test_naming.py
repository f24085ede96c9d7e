from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mwaa.aws_facts.regions import REGIONS
from mwaa.config import Names, Naming, Network, OwnTags, Pipeline, Roles, S3Source, SourceBucket, Workspace
from mwaa.config.made_names import made_names
from mwaa.config.types import NAME_LIMIT

Make = Callable[..., Workspace]
PIPELINE = Pipeline(source=S3Source(bucket="sources", key="content.zip"))


def test_names_and_arns_of_a_workspace(workspace: Make) -> None:
    names = Names(workspace(name="analytics-dev", region="ap-northeast-2"))
    assert {
        name: getattr(names, name) for name in dir(type(names)) if isinstance(vars(type(names)).get(name), property)
    } == {
        "bucket": "airflow-analytics-dev-111111111111-ap-northeast-2",
        "bucket_arn": "arn:aws:s3:::airflow-analytics-dev-111111111111-ap-northeast-2",
        "default_tags": {"managed-by": "terraform", "workspace": "analytics-dev"},
        "environment": "mwaa-analytics-dev",
        "environment_arn": "arn:aws:airflow:ap-northeast-2:111111111111:environment/mwaa-analytics-dev",
        "execution_role": "mwaa-analytics-dev-execution",
        "execution_role_arn": "arn:aws:iam::111111111111:role/mwaa-analytics-dev-execution",
        "made_roles": ["arn:aws:iam::111111111111:role/mwaa-analytics-dev-*"],
        "role_prefix": "mwaa-",
        "flow_log_group": "/mwaa/analytics-dev/vpc-flow-logs",
        "flow_logs_role": "mwaa-analytics-dev-flow-logs",
        "key_alias": "alias/mwaa-analytics-dev",
        "log_group_arns": [
            f"arn:aws:logs:ap-northeast-2:111111111111:log-group:airflow-mwaa-analytics-dev-{log}{part}"
            for log in ("DAGProcessing", "Scheduler", "Task", "WebServer", "Worker")
            for part in ("", ":*")
        ],
        "log_groups": {
            "dag_processing": "airflow-mwaa-analytics-dev-DAGProcessing",
            "scheduler": "airflow-mwaa-analytics-dev-Scheduler",
            "task": "airflow-mwaa-analytics-dev-Task",
            "webserver": "airflow-mwaa-analytics-dev-WebServer",
            "worker": "airflow-mwaa-analytics-dev-Worker",
        },
        "artifact_bucket": "mwaa-ci-analytics-dev-111111111111-ap-northeast-2",
        "artifact_bucket_arn": "arn:aws:s3:::mwaa-ci-analytics-dev-111111111111-ap-northeast-2",
        "partition": "aws",
        "pipeline": "mwaa-analytics-dev",
        "pipeline_arn": "arn:aws:codepipeline:ap-northeast-2:111111111111:mwaa-analytics-dev",
        "pipeline_failure_rule": "mwaa-analytics-dev-pipeline-failed",
        "pipeline_role": "mwaa-analytics-dev-pipeline",
        "pipeline_start_rule": "mwaa-analytics-dev-pipeline-start",
        "pipeline_start_role": "mwaa-analytics-dev-pipeline-start",
        "pipeline_topic": "mwaa-analytics-dev-pipeline",
        "pipeline_topic_arn": "arn:aws:sns:ap-northeast-2:111111111111:mwaa-analytics-dev-pipeline",
        "publishing_lock": ".mwaa/publishing.json",
        "publishing_prefix": ".mwaa/",
        "releases_prefix": ".mwaa/releases/",
        "service_suffix": "amazonaws.com",
        "tool_prefix": ".mwaa/tool/",
    }
    assert names.arn("logs", "log-group:x:*") == "arn:aws:logs:ap-northeast-2:111111111111:log-group:x:*"
    assert names.tag("vpc") == "mwaa-analytics-dev-vpc"
    assert names.build_project("check") == "mwaa-analytics-dev-check"
    assert names.build_project_arn("publish") == (
        "arn:aws:codebuild:ap-northeast-2:111111111111:project/mwaa-analytics-dev-publish"
    )
    assert names.build_log_group("publish") == "/mwaa/analytics-dev/pipeline/publish"
    assert names.build_cache("check") == "cache/check"
    assert names.rule_arn("x") == "arn:aws:events:ap-northeast-2:111111111111:rule/x"


def test_names_in_china_are_of_its_partition(workspace: Make) -> None:
    names = Names(workspace(region="cn-northwest-1"))
    assert names.partition == "aws-cn"
    assert names.service_suffix == "amazonaws.com.cn"
    assert names.bucket_arn == "arn:aws-cn:s3:::airflow-dev-111111111111-cn-northwest-1"
    assert names.execution_role_arn == "arn:aws-cn:iam::111111111111:role/mwaa-dev-execution"
    assert names.environment_arn == "arn:aws-cn:airflow:cn-northwest-1:111111111111:environment/mwaa-dev"
    assert names.arn("sqs", "*") == "arn:aws-cn:sqs:cn-northwest-1:111111111111:*"


def test_names_that_were_written_are_kept(workspace: Make) -> None:
    names = Names(workspace(environment_name="Airflow_1", source_bucket=SourceBucket(name="airflow-data")))
    assert names.environment == "Airflow_1"
    assert names.log_groups["task"] == "airflow-Airflow_1-Task"
    assert names.bucket == "airflow-data"
    assert names.execution_role == "mwaa-dev-execution"


@pytest.mark.parametrize("region", sorted(REGIONS))
def test_the_longest_name_fits_a_bucket_in_every_region(region: str, workspace: Make) -> None:
    longest = workspace(name="a" * NAME_LIMIT, region=region)
    assert workspace(region=region, source_bucket=SourceBucket(name=Names(longest).bucket))


@pytest.mark.parametrize("region", sorted(REGIONS))
def test_the_longest_name_fits_everything_around_a_pipeline(region: str, workspace: Make) -> None:
    names = Names(workspace(name="a" * NAME_LIMIT, region=region))
    assert len(names.artifact_bucket) <= 63
    assert len(names.pipeline) <= 32  # a connection's name
    roles = (
        names.pipeline_role,
        names.pipeline_start_rule,
        names.build_project("check"),
        names.build_project("publish"),
    )
    assert max(map(len, (*roles, names.pipeline_failure_rule))) <= 64


def test_a_longer_name_would_fit_no_bucket_in_the_longest_region() -> None:
    assert max(len(f"airflow-{'a' * NAME_LIMIT}-{'1' * 12}-{region}") for region in REGIONS) == 63


@given(name=st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True))
def test_a_valid_name_makes_valid_names_of_everything(name: str) -> None:
    required = {"region": "us-east-1", "airflow_version": "3.2.1", "environment_class": "mw1.small"}
    names = Names(Workspace(account="111111111111", **required).with_name(name))
    # Names written by hand pass the same checks as these.
    again = Workspace(
        account="111111111111",
        environment_name=names.environment,
        source_bucket=SourceBucket(name=names.bucket),
        **required,
    )
    assert (again.environment_name, again.source_bucket.name) == (names.environment, names.bucket)
    assert max(len(names.execution_role), len(names.flow_logs_role)) <= 64


def test_a_pattern_renames_everything(workspace: Make) -> None:
    naming = Naming(
        pattern="acme-{workspace}-{kind}",
        source_bucket="airflow-acme-{workspace}",
        artifact_bucket="acme-ci-{workspace}-{region}",
        log_group="/acme/{workspace}/{kind}",
    )
    network = Network(flow_logs=True)
    default = Names(workspace(pipeline=PIPELINE, network=network))
    names = Names(
        workspace(pipeline=PIPELINE, network=network, naming=naming, roles=Roles(path="/data/", name_prefix="app-"))
    )
    assert [(kind.what, name) for kind, name, _ in made_names(names)] == [
        ("environment", "acme-dev"),
        ("source bucket", "airflow-acme-dev"),
        ("IAM role", "app-acme-dev-execution"),
        ("security group", "acme-dev-environment"),
        ("IAM role", "app-acme-dev-flow-logs"),
        ("log group", "/acme/dev/vpc-flow-logs"),
        ("S3 bucket", "acme-ci-dev-us-east-1"),
        ("pipeline", "acme-dev"),
        ("IAM role", "app-acme-dev-pipeline"),
        ("SNS topic", "acme-dev-pipeline"),
        ("build project", "acme-dev-check"),
        ("build project", "acme-dev-publish"),
        ("IAM role", "app-acme-dev-check"),
        ("IAM role", "app-acme-dev-publish"),
        ("log group", "/acme/dev/pipeline/check"),
        ("log group", "/acme/dev/pipeline/publish"),
        ("EventBridge rule", "acme-dev-pipeline-failed"),
        ("EventBridge rule", "acme-dev-pipeline-start"),
        ("IAM role", "app-acme-dev-pipeline-start"),
    ]
    assert len(list(made_names(default))) == len(list(made_names(names)))
    assert names.made_roles == ["arn:aws:iam::111111111111:role/data/app-acme-dev-*"]
    assert names.role_prefix == "app-acme-"


@pytest.mark.parametrize(
    ("pattern", "environment", "role"),
    [
        ("{kind}-acme-{workspace}", "acme-dev", "flow-logs-acme-dev"),
        ("acme-{kind}-{workspace}-{region}", "acme-dev-us-east-1", "acme-flow-logs-dev-us-east-1"),
        ("{workspace}_{kind}", "dev", "dev_flow-logs"),
    ],
)
def test_the_kind_may_stand_anywhere(workspace: Make, pattern: str, environment: str, role: str) -> None:
    names = Names(workspace(naming=Naming(pattern=pattern)))
    assert (names.environment, names.flow_logs_role) == (environment, role)


def test_our_tags_are_renamed_or_left_out(workspace: Make) -> None:
    names = Names(workspace(own_tags=OwnTags(managed_by=None, workspace="acme:workspace", name="acme:name")))
    assert names.default_tags == {"acme:workspace": "dev"}
    assert names.network_tag("platform", "vpc") == {"acme:name": "mwaa-platform-vpc"}
    assert Names(workspace(own_tags=OwnTags(name=None))).name_tag("x") == {}
