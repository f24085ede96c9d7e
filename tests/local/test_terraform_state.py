import fcntl
import json
import subprocess
import sys
from pathlib import Path

import pytest
from mwaa.local import terraform_state
from mwaa.local.errors import DeployError


def test_managed_resources_are_counted_by_instance(tmp_path: Path) -> None:
    state = tmp_path / "dev.tfstate"
    resources = [
        {"mode": "managed", "type": "aws_s3_object", "name": "dags", "instances": [{}, {}]},
        {"mode": "managed", "type": "aws_vpc", "name": "main", "instances": [{}]},
        {"mode": "data", "type": "aws_region", "name": "x", "instances": [{}]},
    ]
    state.write_text(json.dumps({"version": 4, "resources": resources}))
    assert terraform_state.managed(state) == 3


def test_an_empty_state_holds_nothing(tmp_path: Path) -> None:
    state = tmp_path / "dev.tfstate"
    state.touch()
    assert terraform_state.managed(state) == 0


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 4}'])
def test_what_is_no_state_is_told(tmp_path: Path, text: str) -> None:
    state = tmp_path / "dev.tfstate"
    state.write_text(text)
    with pytest.raises(DeployError, match="is no Terraform state"):
        terraform_state.managed(state)


def _note(state: Path, operation: str) -> Path:
    note = state.with_name(f".{state.name}.lock.info")
    note.write_text(json.dumps({"ID": "x", "Operation": operation, "Who": "me@here"}))
    return note


def test_nothing_was_killed_where_no_note_lies(tmp_path: Path) -> None:
    assert terraform_state.killed(tmp_path / "dev.tfstate") is False


@pytest.mark.parametrize(("operation", "killed"), [("OperationTypeApply", True), ("OperationTypePlan", False)])
def test_the_note_of_a_dead_terraform_is_removed_and_read(tmp_path: Path, operation: str, killed: bool) -> None:
    state = tmp_path / "dev.tfstate"
    note = _note(state, operation)
    assert terraform_state.killed(state) is killed
    assert not note.exists()


def test_a_terraform_that_still_holds_the_state_is_waited_for_and_then_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terraform_state, "_ORPHAN_SECONDS", 0.3)
    state = tmp_path / "dev.tfstate"
    state.touch()
    note = _note(state, "OperationTypeApply")
    hold = (
        "import fcntl, sys; f = open(sys.argv[1], 'r+b'); fcntl.lockf(f, fcntl.LOCK_EX); print(1, flush=True); input()"
    )
    holder = subprocess.Popen([sys.executable, "-c", hold, str(state)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout
    holder.stdout.readline()
    try:
        with pytest.raises(DeployError, match="me@here"):
            terraform_state.killed(state)
        assert note.exists()
    finally:
        holder.communicate(b"\n")
    assert terraform_state.killed(state) is True


def test_looking_at_the_lock_leaves_it_free(tmp_path: Path) -> None:
    state = tmp_path / "dev.tfstate"
    state.touch()
    _note(state, "OperationTypeApply")
    terraform_state.killed(state)
    with state.open("r+b") as file:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
