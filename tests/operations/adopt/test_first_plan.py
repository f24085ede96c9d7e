"""The changes that are announced for the first plan of an adopted workspace."""

from collections.abc import Callable
from typing import Any

import pytest
from mwaa.config import Content, Logging, Workspace
from mwaa.operations.adopt.first_plan import announced_changes
from mwaa.operations.adopt.found_environment import FoundEnvironment, FoundLogGroup
from mwaa.operations.live_environment import LiveEnvironment, LiveSettings

ENVIRONMENT = "aws_mwaa_environment.environment"
TASK = "aws_cloudwatch_log_group.log_groups_task"
OURS = {"managed-by": "terraform", "workspace": "dev"}
KEY = "arn:aws:kms:us-east-1:111111111111:key/01234567-89ab-cdef-0123-456789abcdef"
ONLY_TASK = {"dag_processing": None, "scheduler": None, "webserver": None, "worker": None}


def found(
    *, tags: dict[str, str], group: FoundLogGroup, options: dict[str, str] | None = None, key: str | None = None
) -> FoundEnvironment:
    live = LiveEnvironment(
        name="etl",
        arn="",
        status="AVAILABLE",
        airflow_version="2.10.3",
        environment_class="mw1.small",
        webserver_url="",
        created_at=None,
        bucket="airflow-etl",
        dag_s3_path="dags",
        parts={},
        options=options or {},
        last_update=None,
    )
    settings = LiveSettings(
        execution_role_arn="arn:aws:iam::111111111111:role/etl",
        key_arn=key,
        subnet_ids=("subnet-0", "subnet-1"),
        security_group_ids=("sg-0",),
        sizes={},
        webserver_access_mode="PUBLIC_ONLY",
        endpoint_management="SERVICE",
        weekly_maintenance_window_start="SUN:03:00",
        logging={"task": "INFO", **ONLY_TASK},
        tags=tags,
    )
    return FoundEnvironment("111111111111", "us-east-1", live, settings, "vpc-0", {"task": group, "worker": group})


@pytest.fixture
def changes(workspace: Callable[..., Workspace]) -> Callable[..., list[tuple[str, str, str]]]:
    def of(environment: FoundEnvironment, **fields: Any) -> list[tuple[str, str, str]]:
        logging: dict[str, Any] = {**ONLY_TASK, "retention_days": 90}
        made = workspace(airflow_version="2.10.3", logging=Logging(**logging), **fields)
        return [(one.address, one.attribute, one.reason) for one in announced_changes(environment, made)]

    return of


def test_an_environment_as_the_workspace_wants_it_changes_only_what_terraform_keeps_for_itself(changes: Any) -> None:
    group = FoundLogGroup("airflow-etl-Task", 90, None, OURS)
    assert changes(found(tags=OURS, group=group), content=Content(plugins=None)) == [
        (ENVIRONMENT, "timeouts", "how long Terraform waits; AWS does not know it")
    ]


def test_tags_retention_key_and_options_are_announced_with_their_reason(changes: Any) -> None:
    group = FoundLogGroup("airflow-etl-Task", None, None, {"owner": "etl"})
    environment = found(tags={"team": "etl"}, group=group, key=KEY)
    assert changes(environment, tags={"team": "etl"}) == [
        (TASK, "kms_key_id", f"from a key of AWS to {KEY}: logs use the environment's key"),
        (
            TASK,
            "retention_in_days",
            "from unlimited to 90 days, the longest of the log groups: a workspace has one retention",
        ),
        (TASK, "tags_all", "sets managed-by, team, workspace; removes owner"),
        (
            ENVIRONMENT,
            "airflow_configuration_options",
            "adds core.lazy_load_plugins, which plugins need; MWAA restarts the environment's components",
        ),
        (ENVIRONMENT, "tags_all", "sets managed-by, workspace"),
        (ENVIRONMENT, "timeouts", "how long Terraform waits; AWS does not know it"),
    ]
