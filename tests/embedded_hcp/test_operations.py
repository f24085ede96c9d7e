"""`mwaa hcp sync` and `mwaa hcp run` against the embedded HCP Terraform, through pytfe."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mwaa.config import HcpTerraform, Workspace
from mwaa.failure import Failure
from mwaa.operations import hcp, hcp_run
from mwaa.operations.errors import AccessError
from mwaa.operations.hcp import HcpChange

from tests.embedded_hcp.conftest import HOST, Hcp

ROLE = "arn:aws:iam::111111111111:role/hcp"


@pytest.fixture
def of(workspace: Callable[..., Workspace]) -> Callable[..., Workspace]:
    """`of(name, **fields)`: a workspace that runs in HCP Terraform under that name."""

    def make(name: str, **fields: Any) -> Workspace:
        return workspace(name="dev", backend=HcpTerraform(**({"organization": "ops", "workspace": name} | fields)))

    return make


@pytest.fixture
def client(hcp: Hcp) -> Any:
    from mwaa.operations import hcp as operations

    return operations.connect(HOST, hcp.environ)


def test_without_a_token_the_variable_is_named() -> None:
    with pytest.raises(AccessError) as caught:
        hcp.connect("tfe.my-company.com", {})
    assert str(caught.value) == "there is no token for tfe.my-company.com"
    assert caught.value.fix == "export TF_TOKEN_tfe_my__company_com=... (a team or user token)"


def test_project_workspace_and_variables_are_made_once(hcp: Hcp, client: Any, of: Callable[..., Workspace]) -> None:
    from mwaa.operations.hcp import sync, variables_of

    workspace = of(
        "made",
        project="data platform",
        terraform_version="1.11.4",
        working_directory="terraform/stacks/dev",
        plan_role_arn=f"{ROLE}-plan",
        apply_role_arn=f"{ROLE}-apply",
        tags={"team": "data"},
    )
    made = [
        HcpChange("create", "project data platform"),
        HcpChange("create", "workspace made"),
        HcpChange("create", "variable TFC_AWS_PROVIDER_AUTH"),
        HcpChange("create", "variable TFC_AWS_PLAN_ROLE_ARN"),
        HcpChange("create", "variable TFC_AWS_APPLY_ROLE_ARN"),
    ]
    assert sync(workspace, client, variables_of(workspace), dry_run=True) == made
    assert hcp.service.store.workspace("ops", "made") is None
    assert sync(workspace, client, variables_of(workspace)) == made

    found = hcp.service.store.workspace("ops", "made")
    assert found
    assert hcp.service.store.projects[found.project].name == "data platform"
    assert found.tags == {"team": "data", "managed-by": "mwaa"}
    assert {name: found.settings[name] for name in ("execution-mode", "terraform-version", "working-directory")} == {
        "execution-mode": "remote",
        "terraform-version": "1.11.4",
        "working-directory": "terraform/stacks/dev",
    }
    assert {(one.key, one.value, one.category) for one in found.variables.values()} == {
        ("TFC_AWS_PROVIDER_AUTH", "true", "env"),
        ("TFC_AWS_PLAN_ROLE_ARN", f"{ROLE}-plan", "env"),
        ("TFC_AWS_APPLY_ROLE_ARN", f"{ROLE}-apply", "env"),
    }
    again = sync(workspace, client, variables_of(workspace))
    assert {change.action for change in again} == {"keep"}


def test_what_changed_is_updated_and_what_others_set_stays(hcp: Hcp, client: Any, of: Callable[..., Workspace]) -> None:
    from mwaa.operations.hcp import HcpVariable, sync

    sync(of("changed"), client, (HcpVariable("OURS", "1"), HcpVariable("THEIRS", "1")))
    found = hcp.service.store.workspace("ops", "changed")
    assert found
    theirs = next(one for one in found.variables.values() if one.key == "THEIRS")
    theirs.value, theirs.description = "by hand", "somebody's"
    changes = sync(of("changed", auto_apply=True), client, (HcpVariable("OURS", "2"), HcpVariable("THEIRS", "2")))
    assert changes == [
        HcpChange("update", "workspace changed", "auto-apply"),
        HcpChange("update", "variable OURS"),
        HcpChange("keep", "variable THEIRS", "set by somebody else"),
    ]
    assert {one.key: one.value for one in found.variables.values()} == {"OURS": "2", "THEIRS": "by hand"}


def test_a_workspace_that_others_made_is_left_alone(hcp: Hcp, client: Any, of: Callable[..., Workspace]) -> None:
    from mwaa.operations.hcp import sync
    from pytfe import models as tfe

    client.workspaces.create("ops", tfe.WorkspaceCreateOptions(name="foreign"))
    with pytest.raises(AccessError) as caught:
        sync(of("foreign", auto_apply=True), client, ())
    assert str(caught.value) == "the workspace ops/foreign was not made by mwaa: nothing was changed"
    found = hcp.service.store.workspace("ops", "foreign")
    assert found
    assert not found.settings.get("auto-apply")


def stack(folder: Path, document: dict[str, Any]) -> Path:
    folder.mkdir()
    (folder / "cdk.tf.json").write_text(json.dumps(document))
    return folder


def test_a_stack_is_uploaded_planned_and_applied(client: Any, of: Callable[..., Workspace], tmp_path: Path) -> None:
    from mwaa.operations.hcp import sync

    workspace = of("uploaded")
    sync(workspace, client, ())
    folder = stack(tmp_path / "stack", {"resource": {"terraform_data": {"one": {"input": "x"}}}})
    lines: list[str] = []
    planned = hcp_run.run(workspace, client, folder, "a plan", lines.append, plan_only=True)
    assert (planned.status, planned.has_changes) == ("planned_and_finished", True)
    assert "Plan: 1 to add, 0 to change, 0 to destroy." in lines

    lines.clear()
    waiting = hcp_run.run(workspace, client, folder, "waits", lines.append)
    assert waiting.status == "planned"
    client.runs.discard(waiting.run)

    lines.clear()
    applied = hcp_run.run(workspace, client, folder, "an apply", lines.append, auto_apply=True)
    assert (applied.status, applied.failed) == ("applied", False)
    assert "Apply complete! Resources: 1 added, 0 changed, 0 destroyed." in lines


def test_a_run_that_fails_shows_why(client: Any, of: Callable[..., Workspace], tmp_path: Path) -> None:
    from mwaa.operations.hcp import sync

    workspace = of("failing")
    sync(workspace, client, ())
    folder = stack(tmp_path / "stack", {"output": {"text": {"value": '${file("absent")}'}}})
    lines: list[str] = []
    ended = hcp_run.run(workspace, client, folder, "fails", lines.append, auto_apply=True)
    assert (ended.status, ended.failed) == ("errored", True)
    assert any("Invalid function argument" in line for line in lines)


def test_a_folder_without_a_stack_is_refused(client: Any, of: Callable[..., Workspace], tmp_path: Path) -> None:
    with pytest.raises(Failure, match="holds no synthesized stack") as caught:
        hcp_run.run(of("nothing"), client, tmp_path, "", lambda _line: None)
    assert caught.value.fix == "python main.py"
