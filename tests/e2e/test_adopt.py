"""Adoption of two environments that this project did not make, in one VPC with other things.

One was made by calls of the API, as by the AWS CLI; the other by another team's Terraform.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mwaa import embedded_aws
from mwaa.embedded_aws import EmbeddedSettings
from mwaa.project_layout import EMBEDDED_OUTPUT

ACCOUNT, REGION = "111111111111", "ap-northeast-2"
"""Those of the example workspace, whose shell is used."""
MADE = {"etl": {"aws_cloudwatch_log_group.log_groups_task": "airflow-Live_ETL-Task"}, "bi-reports": {}}
"""What each environment lacks, and the stack makes: its log group was deleted."""
OTHER_TEAM = Path(__file__).parents[1] / "fixtures/other_team/main.tf"


def _run(folder: Path, environ: dict[str, str], *command: str) -> str:
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _make_by_calls(client: Any, prepare: Any) -> dict[str, Any]:
    """Make an environment with calls, and what lives beside it in the VPC; returns the arguments."""
    arguments: dict[str, Any] = prepare(client, ACCOUNT, REGION)
    s3, subnets = client("s3"), arguments["NetworkConfiguration"]["SubnetIds"]
    bucket = f"airflow-{ACCOUNT}-{REGION}"
    s3.put_object(Bucket=bucket, Key="dags/etl.py", Body=b"")
    s3.put_object(Bucket=bucket, Key="dags/sql/load.sql", Body=b"select 1")
    vpc = client("ec2").describe_subnets(SubnetIds=subnets)["Subnets"][0]["VpcId"]
    client("ec2").create_security_group(GroupName="others", Description="of others", VpcId=vpc)
    client("ec2").run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, SubnetId=subnets[0])
    client("logs").create_log_group(logGroupName="airflow-Live_ETL-Worker", tags={"owner": "etl"})
    client("mwaa").create_environment(
        **arguments
        | {
            "Name": "Live_ETL",
            "AirflowVersion": "2.10.3",
            "AirflowConfigurationOptions": {"core.executor": "CeleryExecutor", "smtp.smtp_password": "hunter2hunter"},
            "LoggingConfiguration": {
                "SchedulerLogs": {"Enabled": False, "LogLevel": "ERROR"},
                "WorkerLogs": {"Enabled": True, "LogLevel": "WARNING"},
            },
        },
        Tags={"team": "etl"},
    )
    client("logs").delete_log_group(logGroupName="airflow-Live_ETL-Task")
    return arguments


def _make_by_terraform(folder: Path, environ: dict[str, str], client: Any, arguments: dict[str, Any]) -> None:
    folder.mkdir()
    (folder / "main.tf").write_text(OTHER_TEAM.read_text("utf-8"))
    subnets = arguments["NetworkConfiguration"]["SubnetIds"]
    variables = {
        "region": REGION,
        "vpc_id": client("ec2").describe_subnets(SubnetIds=subnets)["Subnets"][0]["VpcId"],
        "subnet_ids": subnets,
    }
    (folder / "terraform.tfvars.json").write_text(json.dumps(variables))
    _run(folder, environ, "terraform", "init", "-input=false")
    _run(folder, environ, "terraform", "apply", "-input=false", "-auto-approve")


def _inventory(client: Any) -> dict[str, Any]:
    """What is in the account, of the kinds that a stack makes."""
    ec2, reservations = client("ec2"), client("ec2").describe_instances()["Reservations"]
    return {
        "vpcs": sorted(one["VpcId"] for one in ec2.describe_vpcs()["Vpcs"]),
        "subnets": sorted(one["SubnetId"] for one in ec2.describe_subnets()["Subnets"]),
        "groups": sorted(one["GroupId"] for one in ec2.describe_security_groups()["SecurityGroups"]),
        "endpoints": sorted(one["VpcEndpointId"] for one in ec2.describe_vpc_endpoints()["VpcEndpoints"]),
        "instances": [item["InstanceId"] for part in reservations for item in part["Instances"]],
        "roles": sorted(one["RoleName"] for one in client("iam").list_roles()["Roles"]),
        "buckets": sorted(one["Name"] for one in client("s3").list_buckets()["Buckets"]),
        "keys": sorted(one["KeyId"] for one in client("kms").list_keys()["Keys"]),
        "log groups": sorted(one["logGroupName"] for one in client("logs").describe_log_groups()["logGroups"]),
        "environments": client("mwaa").list_environments()["Environments"],
    }


def _planned(plan: dict[str, Any]) -> dict[str, Any]:
    """What a plan does, in the words of `mwaa adopt --json`; everything else in it fails the test."""
    found: dict[str, Any] = {"imports": {}, "created": [], "changes": []}
    for resource in plan["resource_changes"]:
        change, address = resource["change"], resource["address"]
        if resource["mode"] == "data" and change["actions"] == ["read"]:
            continue
        assert change["actions"] in (["no-op"], ["update"], ["create"]), resource
        if change["actions"] == ["create"]:
            found["created"].append(address)
            continue
        found["imports"][address] = change["importing"]["id"]
        unknown = {name for name, value in change["after_unknown"].items() if value is True}
        assert not unknown, (address, unknown)
        found["changes"] += [
            {"address": address, "attribute": attribute, "before": before, "after": after}
            for attribute, before, after in _differences(change["before"], change["after"])
        ]
    return found


def _differences(before: Any, after: Any, prefix: str = "") -> Any:
    """Yield the attributes that differ, those inside a block by their path."""
    for name in before.keys() | after.keys():
        one, two = before.get(name), after.get(name)
        if one == two:
            continue
        if isinstance(one, list) and isinstance(two, list) and isinstance(one[0], dict):
            for inside_one, inside_two in zip(one, two, strict=True):
                yield from _differences(inside_one, inside_two, f"{prefix}{name}.")
        elif name == "airflow_configuration_options":
            yield name, sorted(one or {}), sorted(two or {})
        else:
            yield f"{prefix}{name}", one, two


def _sorted(changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(changes, key=lambda one: (one["address"], one["attribute"]))


@pytest.fixture(scope="module")
def adopted(project: Any, prepare: Any) -> Any:
    """A project with two adopted environments: clients, the shell, and what each adoption printed."""
    settings = EmbeddedSettings(create_seconds=0, update_seconds=0, delete_seconds=0)
    here = embedded_aws.start(project.root, settings=settings)

    def client(service: str) -> Any:
        return here.client(service, ACCOUNT, REGION)

    environ = project.environ(project.workspace("dev"))
    _make_by_terraform(project.root / "other-team", environ, client, _make_by_calls(client, prepare))
    before = [client("mwaa").get_environment(Name=name)["Environment"] for name in ("Live_ETL", "reports")]
    words = {
        "etl": ("Live_ETL", "--region", REGION, "--name", "etl"),
        "bi-reports": ("reports", "--name", "bi/reports"),
    }
    printed = {
        name: json.loads(_run(project.root, environ, sys.executable, "-m", "mwaa", "adopt", *arguments, "--json"))
        for name, arguments in words.items()
    }
    after = [client("mwaa").get_environment(Name=name)["Environment"] for name in ("Live_ETL", "reports")]
    assert after == before
    return client, environ, printed


@pytest.mark.parametrize("name", ["etl", "bi-reports"])
def test_the_first_plan_is_what_was_announced_and_the_second_is_empty(project: Any, adopted: Any, name: str) -> None:
    client, environ, printed = adopted
    announced, inventory = printed[name], _inventory(client)
    folder = project.root / EMBEDDED_OUTPUT / "stacks" / name
    out = {"CDKTF_OUTDIR": str(project.root / EMBEDDED_OUTPUT)}
    _run(project.root, environ | out, sys.executable, "main.py")
    _run(folder, environ, "terraform", "init", "-input=false")

    planned = _planned(project.plan(name))
    changes = [{key: value for key, value in one.items() if key != "reason"} for one in announced["changes"]]
    assert planned["imports"] == announced["imports"]
    assert planned["created"] == announced["created"] == list(MADE[name])
    assert _sorted(planned["changes"]) == _sorted(changes)

    _run(folder, environ, "terraform", "apply", "-input=false", "plan")
    assert project.changes(name) == {}
    (project.root / announced["imports_file"]).unlink()
    assert project.changes(name) == {}
    inventory["log groups"] = sorted([*inventory["log groups"], *MADE[name].values()])
    assert _inventory(client) == inventory


def test_an_environment_is_adopted_once(project: Any, adopted: Any) -> None:
    _, environ, _ = adopted
    for words, expected in (
        (("--name", "etl"), "environments/etl.py exists already, and nothing is overwritten\n"),
        (("--name", "etl2"), "the environment Live_ETL belongs to the workspace etl already (environments/etl.py)\n"),
    ):
        command = [sys.executable, "-m", "mwaa", "adopt", "Live_ETL", *words]
        again = subprocess.run(
            command, cwd=project.root, env=environ | {"NO_COLOR": "1"}, capture_output=True, text=True
        )
        assert (again.returncode, again.stdout) == (1, "")
        assert expected in again.stderr
