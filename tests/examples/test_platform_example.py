"""The example of a platform: two accounts, three teams, five workspaces, each with its network and its state."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SUBNETS = ["subnet-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbbbbbbbbbb"]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The stacks by name."""
    root = tmp_path_factory.mktemp("example") / "platform"
    shutil.copytree(
        ROOT / "docs/examples/platform", root, ignore=shutil.ignore_patterns("__pycache__", "cdktf.out", ".mwaa")
    )
    environ = os.environ | {"PYTHONPATH": str(ROOT / "modules")}
    done = subprocess.run([sys.executable, "main.py"], cwd=root, env=environ, capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    return {path.parent.name: json.loads(path.read_text()) for path in root.glob("cdktf.out/stacks/*/cdk.tf.json")}


def test_each_workspace_is_in_its_account_with_its_state(platform: dict[str, dict[str, Any]]) -> None:
    found = {
        name: (
            document["provider"]["aws"][0]["allowed_account_ids"],
            document["terraform"].get("backend", {}).get("s3", {}).get("key")
            or document["terraform"]["cloud"]["workspaces"]["name"],
        )
        for name, document in platform.items()
    }
    dev, prod = ["111111111111"], ["222222222222"]
    assert found == {
        "analytics-dev": (dev, "analytics-dev/terraform.tfstate"),
        "analytics-prod": (prod, "mwaa-analytics-prod"),
        "ingest-dev": (dev, "ingest-dev/terraform.tfstate"),
        "ingest-prod": (prod, "ingest-prod/terraform.tfstate"),
        "risk-dev": (dev, "risk-dev/terraform.tfstate"),
    }


def test_three_workspaces_share_the_vpc_that_exists_and_two_that_of_ingest_prod(
    platform: dict[str, dict[str, Any]],
) -> None:
    subnets = {
        name: document["resource"]["aws_mwaa_environment"]["environment"]["network_configuration"]["subnet_ids"]
        for name, document in platform.items()
    }
    assert [subnets[name] for name in ("analytics-dev", "ingest-dev", "risk-dev")] == [SUBNETS] * 3
    assert all(one.startswith("${aws_subnet.") for one in subnets["ingest-prod"])
    assert all(one.startswith("${data.aws_subnet.") for one in subnets["analytics-prod"])
    assert platform["analytics-prod"]["data"]["aws_vpc"]["network_vpc"]["tags"] == {"Name": "mwaa-ingest-prod-vpc"}


def test_the_roles_of_the_runs_are_made_in_their_account(platform: dict[str, dict[str, Any]]) -> None:
    roles = {role.get("name") for role in platform["ingest-prod"]["resource"]["aws_iam_role"].values()}
    assert {"hcp-mwaa-analytics-prod-plan", "hcp-mwaa-analytics-prod-apply"} <= roles


def test_the_tool_of_the_team_with_its_own_repository_is_in_s3(platform: dict[str, dict[str, Any]]) -> None:
    with_tool = [name for name, one in platform.items() if "publish_tool_wheel" in one["resource"]["aws_s3_object"]]
    assert with_tool == ["risk-dev"]
