"""Environments that plain calls of the API made, read on the embedded AWS and written as a workspace."""

from pathlib import Path
from typing import Any

import pytest
from mwaa.failure import Failure
from mwaa.operations.adopt.content import ContentCopy, read_content
from mwaa.operations.adopt.found_environment import FoundEnvironment, FoundLogGroup, find
from mwaa.operations.adopt.import_addresses import import_addresses
from mwaa.operations.adopt.workspace_file import write_workspace_file

from tests.operations.adopt.conftest import REGION, Client


def _create(client: Client, account: str, arguments: dict[str, Any]) -> FoundEnvironment:
    client("mwaa").create_environment(**arguments)
    return find(arguments["Name"], client, account, REGION)


def test_a_plain_environment_is_written_with_what_it_uses_and_nothing_else(
    client: Client, account: str, arguments: dict[str, Any]
) -> None:
    found = _create(client, account, arguments | {"Name": "plain"})
    subnets, (group,) = found.settings.subnet_ids, found.settings.security_group_ids
    assert (
        write_workspace_file(found, "etl")
        == f'''"""Environment plain, which existed before this project."""

from mwaa import (
    Content,
    ExecutionRole,
    ExistingNetwork,
    Logging,
    SourceBucket,
    Workspace,
)

workspace = Workspace(
    account="{account}",
    region="eu-west-1",
    airflow_version="3.0.6",
    environment_class="mw1.small",
    environment_name="plain",
    network=ExistingNetwork(
        vpc_id="{found.vpc_id}",
        private_subnet_ids=("{subnets[0]}", "{subnets[1]}"),
        security_group_ids=("{group}",),
    ),
    source_bucket=SourceBucket(create=False, name="airflow-{account}-eu-west-1"),
    execution_role=ExecutionRole(arn="arn:aws:iam::{account}:role/mwaa"),
    content=Content(
        dags="content/etl/dags",
        plugins="content/etl/plugins",
        requirements=None,
        startup_script=None,
        owner="PUBLISH",
    ),
    webserver_access_mode="PRIVATE_ONLY",
    weekly_maintenance_window_start="SUN:03:00",
    logging=Logging(
        dag_processing=None,
        scheduler=None,
        webserver=None,
        worker=None,
        retention_days=3653,
    ),
)
'''
    )
    assert import_addresses(found) == {
        "aws_mwaa_environment.environment": "plain",
        "aws_cloudwatch_log_group.log_groups_task": "airflow-plain-Task",
        "aws_s3_object.artifacts_plugins": f"airflow-{account}-eu-west-1/plugins.zip",
    }


def test_every_value_that_is_not_the_default_is_written(
    client: Client, account: str, arguments: dict[str, Any]
) -> None:
    version = client("s3").list_object_versions(Bucket=f"airflow-{account}-{REGION}", Prefix="requirements.txt")
    logs = dict.fromkeys(("DagProcessingLogs", "SchedulerLogs", "WebserverLogs", "WorkerLogs"), "WARNING")
    logging = {name: {"Enabled": True, "LogLevel": level} for name, level in (logs | {"TaskLogs": "DEBUG"}).items()}
    names = ("DAGProcessing", "Scheduler", "Task", "WebServer", "Worker")
    for number, name in enumerate(names):
        client("logs").create_log_group(logGroupName=f"airflow-full-{name}", tags={"team": "etl"})
        client("logs").put_retention_policy(logGroupName=f"airflow-full-{name}", retentionInDays=(7, 90)[number % 2])
    found = _create(
        client,
        account,
        arguments
        | {
            "Name": "full",
            "EnvironmentClass": "mw1.medium",
            "MinWorkers": 2,
            "MaxWorkers": 12,
            "Schedulers": 3,
            "WebserverAccessMode": "PUBLIC_ONLY",
            "WeeklyMaintenanceWindowStart": "TUE:02:30",
            "RequirementsS3Path": "requirements.txt",
            "RequirementsS3ObjectVersion": version["Versions"][0]["VersionId"],
            "AirflowConfigurationOptions": {"core.parallelism": "8"},
            "LoggingConfiguration": logging,
            "Tags": {"team": "etl"},
        },
    )
    text = write_workspace_file(found, "full")
    assert (
        text.partition("    content=")[2]
        == """Content(
        dags="content/full/dags",
        plugins="content/full/plugins",
        requirements="content/full/requirements.txt",
        startup_script=None,
        owner="PUBLISH",
    ),
    min_workers=2,
    max_workers=12,
    schedulers=3,
    weekly_maintenance_window_start="TUE:02:30",
    logging=Logging(task="DEBUG", retention_days=90),
    airflow_configuration_options={"core.parallelism": "8"},
    tags={"team": "etl"},
)
"""
    )
    assert found.log_groups["scheduler"] == FoundLogGroup("airflow-full-Scheduler", 90, None, {"team": "etl"})
    assert set(import_addresses(found)) == {
        "aws_mwaa_environment.environment",
        *(f"aws_cloudwatch_log_group.log_groups_{field}" for field in found.log_groups),
        "aws_s3_object.artifacts_plugins",
        "aws_s3_object.artifacts_requirements",
    }


def test_the_content_is_read_whole_and_never_over_a_folder_that_exists(
    client: Client, account: str, arguments: dict[str, Any], tmp_path: Path
) -> None:
    bucket = f"airflow-{account}-{REGION}"
    for key in ("dags/etl.py", "dags/team/sql/load.sql"):
        client("s3").put_object(Bucket=bucket, Key=key, Body=key.encode())
    found = _create(client, account, arguments | {"Name": "content"})
    folder = tmp_path / "content" / "etl"
    report: list[Any] = []
    assert read_content(found, client("s3"), folder, report.append) == ContentCopy((), has_plugins=True)
    assert [step.text for step in report] == [f"copying the DAGs from s3://{bucket}/dags", "copying plugins.zip"]
    files = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}
    assert files == {
        "dags/etl.py": "dags/etl.py",
        "dags/team/sql/load.sql": "dags/team/sql/load.sql",
        "plugins/team.py": "",
    }
    with pytest.raises(Failure, match="exists already"):
        read_content(found, client("s3"), folder, report.append)
