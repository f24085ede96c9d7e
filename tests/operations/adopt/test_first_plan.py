"""The changes that are announced for the first plan of an adopted workspace."""

from collections.abc import Callable
from typing import Any

import pytest
from mwaa.config import Content, Logging, Workspace
from mwaa.operations.adopt.first_plan import announced_changes
from mwaa.operations.adopt.found_environment import FoundEndpoint, FoundEnvironment, FoundLogGroup
from mwaa.operations.live_environment import LiveEnvironment, LiveSettings

ENVIRONMENT = "aws_mwaa_environment.environment"
TASK = "aws_cloudwatch_log_group.log_groups_task"
OURS = {"managed-by": "terraform", "workspace": "dev"}
KEY = "arn:aws:kms:us-east-1:111111111111:key/01234567-89ab-cdef-0123-456789abcdef"
ONLY_TASK = {"dag_processing": None, "scheduler": None, "webserver": None, "worker": None}


def found(
    *,
    tags: dict[str, str],
    group: FoundLogGroup,
    options: dict[str, str] | None = None,
    key: str | None = None,
    worker_level: str = "INFO",
    dag_s3_path: str = "dags",
    endpoint: FoundEndpoint | None = None,
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
        dag_s3_path=dag_s3_path,
        execution_role_arn="arn:aws:iam::111111111111:role/etl",
        key_arn=key,
        subnet_ids=("subnet-0", "subnet-1"),
        security_group_ids=("sg-0",),
        sizes={},
        webserver_access_mode="PUBLIC_ONLY",
        endpoint_management="SERVICE",
        weekly_maintenance_window_start="SUN:03:00",
        worker_replacement_strategy="FORCED",
        logging={"task": "INFO", **ONLY_TASK},
        log_levels=dict.fromkeys(("task", *ONLY_TASK), "INFO") | {"worker": worker_level},
        endpoint_services={},
        tags=tags,
    )
    return FoundEnvironment(
        account="111111111111",
        region="us-east-1",
        environment=live,
        settings=settings,
        vpc_id="vpc-0",
        vpc_owner="111111111111",
        log_groups={"task": group, "worker": group},
        endpoints={"database": endpoint} if endpoint else {},
        missing_parts=frozenset(),
    )


@pytest.fixture
def changes(workspace: Callable[..., Workspace]) -> Callable[..., list[tuple[Any, ...]]]:
    def of(environment: FoundEnvironment, **fields: Any) -> list[tuple[Any, ...]]:
        logging: dict[str, Any] = {**ONLY_TASK, "retention_days": 90}
        made = workspace(airflow_version="2.10.3", logging=Logging(**logging), **fields)
        return [
            (one.address, one.attribute, one.before, one.after, one.reason)
            for one in announced_changes(environment, made)
        ]

    return of


UPDATE = "MWAA updates the environment, which takes 20 to 30 minutes"
WAITS = {"create": "120m", "update": "90m", "delete": "90m"}
TIMEOUTS = (ENVIRONMENT, "timeouts", None, WAITS, "how long Terraform waits; AWS does not know it")


def test_an_environment_as_the_workspace_wants_it_changes_only_what_terraform_keeps_for_itself(changes: Any) -> None:
    group = FoundLogGroup("airflow-etl-Task", 90, None, OURS)
    assert changes(found(tags=OURS, group=group), content=Content(plugins=None)) == [TIMEOUTS]


def test_tags_retention_key_and_options_are_announced_with_their_reason(changes: Any) -> None:
    group = FoundLogGroup("airflow-etl-Task", None, None, {"owner": "etl"})
    environment = found(tags={"team": "etl"}, group=group, key=KEY)
    after = OURS | {"team": "etl"}
    assert changes(environment, tags={"team": "etl"}) == [
        (TASK, "kms_key_id", "", KEY, f"from a key of AWS to {KEY}: logs use the environment's key"),
        (
            TASK,
            "retention_in_days",
            0,
            90,
            "from unlimited to 90 days, the longest of the log groups: a workspace has one retention",
        ),
        (TASK, "tags", {"owner": "etl"}, {}, "sets managed-by, team, workspace; removes owner"),
        (TASK, "tags_all", {"owner": "etl"}, after, "sets managed-by, team, workspace; removes owner"),
        (
            ENVIRONMENT,
            "airflow_configuration_options",
            [],
            ["core.lazy_load_plugins"],
            f"adds core.lazy_load_plugins, which plugins need; {UPDATE}",
        ),
        (ENVIRONMENT, "tags_all", {"team": "etl"}, after, "sets managed-by, workspace"),
        TIMEOUTS,
    ]


def test_options_without_effect_and_the_level_of_a_log_that_is_off_are_announced_by_name(changes: Any) -> None:
    group = FoundLogGroup("airflow-etl-Task", 90, None, OURS)
    options = {"core.fernet_key": "a-secret", "core.parallelism": "8"}
    environment = found(tags=OURS, group=group, options=options, worker_level="CRITICAL")
    kept = {"core.parallelism": "8"}
    assert changes(environment, content=Content(plugins=None), airflow_configuration_options=kept) == [
        (
            ENVIRONMENT,
            "airflow_configuration_options",
            ["core.fernet_key", "core.parallelism"],
            ["core.parallelism"],
            f"removes core.fernet_key, without effect in this release of MWAA; {UPDATE}",
        ),
        (
            ENVIRONMENT,
            "logging_configuration.worker_logs.log_level",
            "CRITICAL",
            "INFO",
            f"the log is off, and MWAA wants a level all the same; {UPDATE}",
        ),
        TIMEOUTS,
    ]


def test_an_endpoint_of_the_owner_takes_the_environments_subnets_groups_and_a_name(changes: Any) -> None:
    group = FoundLogGroup("airflow-etl-Task", 90, None, OURS)
    subnets = frozenset({"subnet-0"})
    endpoint = FoundEndpoint("vpce-0", subnets, frozenset({"sg-9"}), True, {"Name": "theirs"})
    name = {"Name": "mwaa-dev-database"}
    address = "aws_vpc_endpoint.network_database_endpoint"
    assert changes(found(tags=OURS, group=group, endpoint=endpoint), content=Content(plugins=None)) == [
        TIMEOUTS,
        (address, "private_dns_enabled", True, False, "the environment's own name is served by MWAA"),
        (address, "security_group_ids", ["sg-9"], ["sg-0"], "from sg-9 to those of the environment"),
        (address, "subnet_ids", ["subnet-0"], ["subnet-0", "subnet-1"], "from subnet-0 to those of the environment"),
        (address, "tags", {"Name": "theirs"}, name, "sets Name, managed-by, workspace"),
        (address, "tags_all", {"Name": "theirs"}, OURS | name, "sets Name, managed-by, workspace"),
    ]


def test_a_slash_at_the_end_of_the_dag_folder_goes(changes: Any) -> None:
    group = FoundLogGroup("airflow-etl-Task", 90, None, OURS)
    assert changes(found(tags=OURS, group=group, dag_s3_path="dags/"), content=Content(plugins=None)) == [
        (ENVIRONMENT, "dag_s3_path", "dags/", "dags", f"the same folder, without the slash; {UPDATE}"),
        TIMEOUTS,
    ]
