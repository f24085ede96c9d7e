"""A run in HCP Terraform from a synthesized stack (the API-driven way): upload, plan, apply, and the logs meanwhile.

The remote machine needs neither Python nor Node: what is uploaded is the stack's own folder, its assets with it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mwaa.config import HcpTerraform, Workspace
from mwaa.failure import Failure
from mwaa.operations.errors import AccessError

if TYPE_CHECKING:
    from pytfe import TFEClient

_POLL_SECONDS = 1.0
_LOG_BYTES = 65536
_MARKS = "\x02\x03"
"""What a log begins and ends with: STX, ETX."""
_OVER = frozenset({"applied", "canceled", "discarded", "errored", "planned_and_finished", "policy_soft_failed"})
_WAITING = frozenset({"planned", "policy_checked", "cost_estimated", "policy_override", "planned_and_saved"})


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended, or that it waits to be confirmed: its id, status, and its page."""

    run: str
    status: str
    has_changes: bool
    url: str

    @property
    def failed(self) -> bool:
        return self.status in ("canceled", "discarded", "errored", "policy_soft_failed")


def run(
    workspace: Workspace,
    client: "TFEClient",
    folder: Path,
    message: str,
    report: Callable[[str], None],
    *,
    plan_only: bool = False,
    auto_apply: bool = False,
) -> RunResult:
    """Upload `folder` and follow the run; `report` gets each line of its logs.

    Without `auto_apply` it returns when the plan waits to be confirmed. Raises AccessError when HCP Terraform refuses,
    Failure when the folder holds no stack.
    """
    from pytfe.errors import TFEError

    backend = workspace.backend
    assert isinstance(backend, HcpTerraform), backend
    if not (folder / "cdk.tf.json").is_file():
        raise Failure(f"{folder} holds no synthesized stack", "python main.py")
    try:
        return _run(backend, client, folder, message, report, plan_only=plan_only, auto_apply=auto_apply)
    except TFEError as error:
        raise AccessError(
            f"HCP Terraform ({backend.hostname}) refused: {error}", f"mwaa hcp sync {workspace.name}"
        ) from error


def _run(
    backend: HcpTerraform,
    client: "TFEClient",
    folder: Path,
    message: str,
    report: Callable[[str], None],
    *,
    plan_only: bool,
    auto_apply: bool,
) -> RunResult:
    from pytfe import models as tfe

    found = client.workspaces.read(backend.workspace or "", organization=backend.organization)
    version = client.configuration_versions.create(
        found.id, tfe.ConfigurationVersionCreateOptions(auto_queue_runs=False, speculative=plan_only)
    )
    client.configuration_versions.upload(version.upload_url or "", str(folder))
    while client.configuration_versions.read(version.id).status not in ("uploaded", "errored"):
        time.sleep(_POLL_SECONDS)
    options = tfe.RunCreateOptions(
        workspace=tfe.Workspace(id=found.id),
        configuration_version=tfe.ConfigurationVersion(id=version.id),
        message=message,
        plan_only=plan_only,
        auto_apply=auto_apply,
    )
    begun = client.runs.create(options)
    url = f"https://{backend.hostname}/app/{backend.organization}/workspaces/{backend.workspace}/runs/{begun.id}"
    report(f"run {begun.id}: {url}")
    shown = {"plan": 0, "apply": 0}
    while True:
        current = client.runs.read(begun.id)
        for phase, address in (("plan", _log_of_plan(client, current)), ("apply", _log_of_apply(client, current))):
            shown[phase] = _show_log(client, address, shown[phase], report)
        status = _text(current.status)
        if status in _OVER or (status in _WAITING and not auto_apply):
            return RunResult(begun.id, status, bool(current.has_changes), url)
        time.sleep(_POLL_SECONDS)


def _log_of_plan(client: "TFEClient", run: object) -> str:
    plan = getattr(run, "plan", None)
    return client.plans.read(plan.id).log_read_url or "" if plan else ""


def _log_of_apply(client: "TFEClient", run: object) -> str:
    apply = getattr(run, "apply", None)
    if not apply or _text(getattr(run, "status", "")) not in ("applying", "applied", "errored", "canceled"):
        return ""
    return client.applies.read(apply.id).log_read_url or ""


def _show_log(client: "TFEClient", address: str, offset: int, report: Callable[[str], None]) -> int:
    """Report the whole lines of a log beyond `offset`; return where the next call goes on (pytfe reads no logs yet)."""
    if not address:
        return offset
    while True:
        answer = client._transport.request(
            "GET", address, params={"offset": offset, "limit": _LOG_BYTES}, include_auth=False
        )
        data: bytes = answer.content
        end = len(data) if data.endswith(b"\x03") else data.rfind(b"\n") + 1
        if not end:
            return offset
        for line in data[:end].decode(errors="replace").strip(_MARKS).splitlines():
            report(line)
        offset += end


def _text(value: object) -> str:
    return str(getattr(value, "value", value))
