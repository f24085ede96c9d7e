"""Terraform's state in a local file: what is in it, and whether the Terraform that wrote it last was killed.

Terraform holds an operating-system lock on the file, which ends with the process, and beside the file writes a note
that it removes when it ends in order. Source: hashicorp/terraform, internal/states/statemgr/filesystem.go.
"""

import fcntl
import json
import time
from pathlib import Path

from mwaa.local.errors import DeployError

_ORPHAN_SECONDS = 30


def managed(state: Path) -> int:
    """How many resources Terraform keeps in a state file (format version 4). Raises DeployError if it is none."""
    return count_managed(state.read_bytes(), str(state))


def count_managed(text: bytes, name: str) -> int:
    """Return how many resources Terraform manages in the text of a state. Raises DeployError if it is none."""
    try:
        resources = json.loads(text)["resources"] if text else []
        return sum(len(resource["instances"]) for resource in resources if resource["mode"] == "managed")
    except (ValueError, KeyError, TypeError) as error:
        raise DeployError(f"{name} is no Terraform state: {error!r}", "mwaa local down") from None


def killed(state: Path) -> bool:
    """Whether an earlier apply or destroy was killed; the note that it left is removed.

    A Terraform that outlived the command that started it is waited for: it soon notices that nobody listens.
    Raises DeployError if it does not end.
    """
    note = state.with_name(f".{state.name}.lock.info")
    if not note.exists():
        return False
    deadline = time.monotonic() + _ORPHAN_SECONDS
    while _held(state):
        if time.monotonic() > deadline:
            raise DeployError(f"another Terraform holds {state}: {_read(note)}", "wait for it, or end that process")
        time.sleep(0.2)
    was_applying = "Apply" in _read(note)
    note.unlink(missing_ok=True)
    return was_applying


def _read(note: Path) -> str:
    return note.read_text(encoding="utf-8", errors="replace") if note.exists() else ""


def _held(state: Path) -> bool:
    if not state.exists():
        return False
    with state.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the kind of lock that Terraform takes
        except OSError:
            return True
        return False
