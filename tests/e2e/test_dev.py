"""The dev workspace: deployed, unchanged, changed byte by byte, destroyed."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from mwaa.config import Names
from mwaa.local.progress import Done, Finished


@pytest.fixture(scope="module")
def deployed(project: Any) -> Any:
    project.up("dev")
    project.names = Names(project.workspace("dev"))
    return project


@pytest.fixture
def client(deployed: Any) -> Any:
    return partial(deployed.client, "dev")


@pytest.fixture
def restored(deployed: Any) -> Iterator[Any]:
    """The project, whose content is afterwards as it was."""
    kept = {
        path: path.read_bytes() for folder in ("dags", "plugins") for path in (deployed.root / folder).rglob("*.py")
    }
    yield deployed
    for path, content in kept.items():
        path.write_bytes(content)


def test_the_environment_is_available_as_the_workspace_says(deployed: Any, client: Any) -> None:
    environment = client("mwaa").get_environment(Name="mwaa-dev")["Environment"]
    objects = client("s3").list_object_versions(Bucket=deployed.names.bucket)["Versions"]
    versions = {item["Key"]: item["VersionId"] for item in objects if item["IsLatest"]}
    wanted = {
        "Status": "AVAILABLE",
        "AirflowVersion": "3.2.1",
        "EnvironmentClass": "mw1.micro",
        "Schedulers": 1,
        "MaxWorkers": 1,
        "MaxWebservers": 1,
        "ExecutionRoleArn": deployed.names.execution_role_arn,
        "SourceBucketArn": deployed.names.bucket_arn,
        "PluginsS3ObjectVersion": versions["plugins.zip"],
        "RequirementsS3ObjectVersion": versions["requirements.txt"],
        "StartupScriptS3ObjectVersion": versions["startup.sh"],
        "Tags": {"managed-by": "terraform", "workspace": "dev", "team": "data-platform", "stage": "dev"},
    }
    assert {name: environment.get(name) for name in wanted} == wanted


def test_every_resource_was_reported_as_it_was_made(deployed: Any) -> None:
    made = [event.address for event in deployed.events if isinstance(event, Done)]
    finished = next(event for event in deployed.events if isinstance(event, Finished))
    assert len(made) == len(set(made)) == finished.add > 40
    assert any(address.startswith("aws_mwaa_environment.environment") for address in made)


def test_log_groups_were_there_first_with_their_retention(client: Any) -> None:
    groups = client("logs").describe_log_groups(logGroupNamePrefix="airflow-mwaa-dev-")["logGroups"]
    assert {group["logGroupName"]: group["retentionInDays"] for group in groups} == {
        f"airflow-mwaa-dev-{suffix}": 30 for suffix in ("DAGProcessing", "Scheduler", "Task", "WebServer", "Worker")
    }


def test_a_second_plan_is_empty_also_when_every_date_has_changed(restored: Any) -> None:
    for folder in ("dags", "plugins"):
        for path in (restored.root / folder).rglob("*"):
            os.utime(path, (1_000_000_000, 1_000_000_000))
    for name in ("requirements.txt", "startup.sh"):
        os.utime(restored.root / name, (1_000_000_000, 1_000_000_000))
    assert restored.changes("dev") == {}


def test_a_shell_with_the_printed_exports_plans_with_cdktf_on_the_same_state(deployed: Any) -> None:
    """`eval "$(mwaa local env dev)"`, then plain `cdktf diff dev` in the project's own cdktf.out."""
    command = 'eval "$(mwaa local env dev)" && npx cdktf diff dev --skip-provider-lock'
    environ = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "CI": "1"}
    done = subprocess.run(
        ["sh", "-c", command], cwd=deployed.root, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", done.stdout)
    assert "No changes. Your infrastructure matches the configuration." in plain


def test_one_byte_of_a_plugin_changes_one_object_and_the_environment(restored: Any) -> None:
    plugin = next((restored.root / "plugins").rglob("*.py"))
    plugin.write_bytes(plugin.read_bytes() + b"\n")
    assert restored.changes("dev") == {
        "aws_s3_object.artifacts_plugins": ["update"],
        "aws_mwaa_environment.environment": ["update"],
    }


def test_a_changed_dag_changes_its_object_alone(restored: Any) -> None:
    dag = restored.root / "dags" / "daily_orders.py"
    dag.write_bytes(dag.read_bytes() + b"\n")
    assert restored.changes("dev") == {'aws_s3_object.artifacts_dags["dags/daily_orders.py"]': ["update"]}


def test_publishing_takes_over_what_terraform_uploaded_and_nothing_is_deleted(deployed: Any, client: Any) -> None:
    def versions() -> dict[str, str]:
        return {
            item["Key"]: item["VersionId"]
            for item in client("s3").list_object_versions(Bucket=deployed.names.bucket)["Versions"]
        }

    before, file = versions(), deployed.root / "environments" / "dev.py"
    text = file.read_text(encoding="utf-8").replace("import Network", "import Content, Network")
    file.write_text(
        text.replace("Workspace(\n", 'Workspace(\n    content=Content(owner="PUBLISH"),\n'), encoding="utf-8"
    )
    assert set(map(tuple, deployed.changes("dev").values())) == {("forget",)}
    deployed.up("dev")
    assert versions() == before
    (deployed.root / "plugins" / "another.py").write_text("", encoding="utf-8")
    (deployed.root / "dags" / "daily_orders.py").unlink()
    assert deployed.changes("dev") == {}


def test_destroy_leaves_nothing_behind(deployed: Any, client: Any) -> None:
    deployed.destroy("dev")
    assert client("mwaa").list_environments()["Environments"] == []
    assert client("s3").list_buckets()["Buckets"] == []
    assert client("logs").describe_log_groups()["logGroups"] == []
    roles = [role["RoleName"] for role in client("iam").list_roles()["Roles"]]
    assert [name for name in roles if not name.startswith("AWSServiceRole")] == []
    ec2 = client("ec2")
    assert [vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"] if not vpc["IsDefault"]] == []
    assert ec2.describe_addresses()["Addresses"] == []
    assert [item for item in ec2.describe_vpc_endpoints()["VpcEndpoints"] if item["State"] != "deleted"] == []
    gateways = ec2.describe_nat_gateways()["NatGateways"]
    assert [gateway for gateway in gateways if gateway["State"] not in ("deleting", "deleted")] == []
