"""Runs, asked for by the real `terraform` with an unmodified `cloud` block, and done by it in an empty folder."""

import io
import json
import os
import signal
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from mwaa.embedded_hcp.records import ConfigurationVersion, Variable
from mwaa.embedded_hcp.resources.runs import queue_run

from tests.embedded_hcp.conftest import TOKEN, Client, Hcp

DATA = {
    "variable": {"text": {"default": "first"}},
    "resource": {"terraform_data": {"one": {"input": "${var.text}"}}},
    "output": {"text": {"value": "${terraform_data.one.output}"}},
}


def held(gate: Path) -> dict[str, object]:
    """A configuration whose apply says that it began, and ends when the file `gate` exists."""
    command = f"echo began; until [ -e {gate} ]; do sleep 0.1; done; echo over"
    provisioner = {"local-exec": {"command": command}}
    return {"resource": {"terraform_data": {"one": {"provisioner": [provisioner]}}}}


def wait_until(is_so: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def applied(client: Client) -> str:
    return client.run.apply.log.read(0, 1 << 20).decode()


def test_plan_apply_and_destroy_run_remotely_and_the_state_is_never_on_the_client(hcp: Hcp) -> None:
    client = hcp.client("whole-life", DATA)
    client.terraform("init")
    planned = client.terraform("plan")
    assert "Plan: 1 to add, 0 to change, 0 to destroy." in planned
    assert (client.run.status, client.run.plan_only, client.run.plan.additions) == ("planned_and_finished", True, 1)

    printed = client.terraform("apply", "-auto-approve")
    assert "terraform_data.one: Creation complete" in printed
    assert 'text = "first"' in printed
    assert client.run.status == "applied"
    assert client.terraform("output", "-raw", "text") == "first"
    assert "No changes." in client.terraform("plan")

    printed = client.terraform("apply", "-auto-approve", "-var", "text=second")
    assert "Apply complete! Resources: 0 added, 1 changed, 0 destroyed." in printed
    assert client.terraform("output", "-raw", "text") == "second"

    client.terraform("destroy", "-auto-approve")
    state = client.workspace.current_state
    assert state
    assert state.state
    assert json.loads(state.state)["resources"] == []
    assert client.workspace.locked_by is None
    assert "terraform_data" not in client.on_disk()


def test_a_run_has_only_what_was_uploaded_and_no_other_program(hcp: Hcp) -> None:
    command = 'echo "PATH=$PATH"; echo *; command -v python3 python node || echo "no other program"'
    configuration = {"resource": {"terraform_data": {"one": {"provisioner": [{"local-exec": {"command": command}}]}}}}
    client = hcp.client("bare", configuration)
    (client.folder / "assets").mkdir()
    (client.folder / "assets" / "dag.py").write_text("x = 1\n")
    (client.folder / ".terraformignore").write_text("secret.txt\n")
    (client.folder / "secret.txt").write_text("not for the run\n")
    client.terraform("init")
    client.terraform("apply", "-auto-approve")
    said = [line.partition("(local-exec): ")[2] for line in applied(client).splitlines() if "(local-exec): " in line]
    assert said[0].startswith('Executing: ["/bin/sh"')
    path, listed, programs = said[1:]
    assert path.endswith("/bin")
    assert ":" not in path.removeprefix("PATH=")
    assert listed == "assets main.tf.json tfplan"
    assert programs == "no other program"
    assert not Path(path.removeprefix("PATH=")).parent.exists()


def test_variables_of_the_workspace_reach_the_run(hcp: Hcp) -> None:
    configuration = {
        "variable": {"plain": {}, "list": {"type": "list(string)"}, "from_environment": {}},
        "output": {"all": {"value": '${var.plain} ${join(",", var.list)} ${var.from_environment}'}},
    }
    client = hcp.client("variables", configuration)
    client.terraform("init")
    for variable in (
        Variable("plain", 'a "quoted" ${text}', "terraform"),
        Variable("list", '["b", "c"]', "terraform", hcl=True),
        Variable("TF_VAR_from_environment", "d", "env", sensitive=True),
    ):
        client.workspace.variables[variable.id] = variable
    client.workspace.variables[next(iter(client.workspace.variables))].value = 'a "quoted" text'
    client.terraform("apply", "-auto-approve")
    assert client.terraform("output", "-raw", "all") == 'a "quoted" text b,c d'


def test_two_runs_of_a_workspace_queue(hcp: Hcp, tmp_path: Path) -> None:
    client = hcp.client("queue", held(tmp_path / "gate"))
    client.terraform("init")
    first = client.start("apply", "-auto-approve")
    wait_until(lambda: bool(client.workspace.runs) and "began" in applied(client))
    second = client.start("apply", "-auto-approve")
    wait_until(lambda: len(client.workspace.runs) == 2)
    assert [run.status for run in client.workspace.runs] == ["applying", "pending"]
    assert second.stdout
    seen = iter(second.stdout.readline, "")
    assert any("Waiting for 1 run(s) to finish before being queued..." in line for line in seen)
    (tmp_path / "gate").touch()
    for process in (first, second):
        process.communicate(timeout=120)
        assert process.returncode == 0
    assert [run.status for run in client.workspace.runs] == ["applied", "planned_and_finished"]


def test_a_locked_workspace_keeps_a_run_waiting_until_it_is_unlocked(hcp: Hcp) -> None:
    client = hcp.client("locked", DATA)
    client.terraform("init")
    client.workspace.locked_by, client.workspace.lock_reason = "user", "locked by a person"
    waiting = client.start("apply", "-auto-approve")
    wait_until(lambda: bool(client.workspace.runs))
    time.sleep(1)
    assert client.run.status == "pending"
    client.terraform("force-unlock", "-force", "acme/locked")
    printed, _ = waiting.communicate(timeout=120)
    assert "Waiting for the manually locked workspace to be unlocked..." in printed
    assert client.run.status == "applied"


def test_a_killed_run_ends_with_an_error_and_can_be_run_again(hcp: Hcp, tmp_path: Path) -> None:
    client = hcp.client("killed", held(tmp_path / "gate"))
    client.terraform("init")
    going = client.start("apply", "-auto-approve")
    wait_until(lambda: bool(client.workspace.runs) and "began" in applied(client))
    (process,) = hcp.service.worker._processes.values()
    os.killpg(process.pid, signal.SIGKILL)
    going.communicate(timeout=60)
    assert "Operation failed: terraform was killed by signal 9" in applied(client)
    assert (client.run.status, client.workspace.locked_by) == ("errored", None)

    (tmp_path / "gate").touch()
    client.terraform("apply", "-auto-approve")
    assert client.run.status == "applied"


def test_a_failed_plan_is_shown_and_frees_the_workspace(hcp: Hcp) -> None:
    client = hcp.client("wrong", {"output": {"text": {"value": '${file("absent")}'}}})
    client.terraform("init")
    printed = client.terraform("apply", "-auto-approve", status=1)
    assert "Invalid function argument" in printed
    assert (client.run.status, client.workspace.locked_by) == ("errored", None)


def test_a_saved_plan_waits_and_is_applied_or_discarded(hcp: Hcp) -> None:
    client = hcp.client("saved", DATA)
    client.terraform("init")
    client.terraform("plan", "-out=first")
    assert client.run.status == "planned_and_saved"
    client.terraform("apply", "first")
    assert client.run.status == "applied"
    client.terraform("plan", "-out=second", "-var=text=other")
    hcp.service.worker.discard(client.run)
    assert "Saved plan is discarded" in client.terraform("apply", "second", status=1)


@pytest.mark.parametrize("force", [False, True])
def test_a_run_is_canceled(hcp: Hcp, force: bool, tmp_path: Path) -> None:
    client = hcp.client(f"canceled-{force}", held(tmp_path / "gate"))
    client.terraform("init")
    going = client.start("apply", "-auto-approve")
    wait_until(lambda: bool(client.workspace.runs) and "began" in applied(client))
    hcp.service.worker.cancel(client.run, force=force)
    going.communicate(timeout=60)
    wait_until(lambda: client.run.is_final)
    assert (client.run.status, client.workspace.locked_by) == ("canceled", None)


def test_a_local_state_moves_to_the_workspace(hcp: Hcp) -> None:
    client = hcp.client("moved", DATA)
    cloud = (client.folder / "main.tf.json").read_text()
    (client.folder / "main.tf.json").write_text(json.dumps(DATA))
    client.terraform("init")
    client.terraform("apply", "-auto-approve")
    local = json.loads((client.folder / "terraform.tfstate").read_text())
    (client.folder / "main.tf.json").write_text(cloud)
    client.terraform("init", answers="yes\n")
    state = client.workspace.current_state
    assert state
    assert json.loads(state.state or b"")["resources"] == local["resources"]
    assert "No changes." in client.terraform("plan")


def test_a_wrong_token_is_refused(hcp: Hcp) -> None:
    client = hcp.client("token", DATA)
    assert "unauthorized" in client.terraform("init", status=1, TF_TOKEN_app_terraform_io=f"{TOKEN}x").lower()


def test_an_upload_that_leaves_its_folder_fails_the_run(hcp: Hcp) -> None:
    client = hcp.client("upload", DATA)
    client.terraform("init")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("../outside.tf")
        member.size = 2
        archive.addfile(member, io.BytesIO(b"{}"))
    version = ConfigurationVersion(client.workspace.id, False, False, True, packed.getvalue())
    hcp.service.store.configurations[version.id] = version
    run = queue_run(hcp.service, client.workspace, version, {}, "")
    wait_until(lambda: run.is_final)
    assert run.status == "errored"
    assert "the upload cannot be unpacked" in run.plan.log.read(0, 1000).decode()
