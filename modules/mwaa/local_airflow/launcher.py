"""Starts the Airflow of a workspace and ends it: what `mwaa local airflow` and the demo stand on."""

import json
import os
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from mwaa.airflow_link.registration import Registration
from mwaa.config import Names, Workspace
from mwaa.embedded_aws import Embedded
from mwaa.local_airflow.errors import LocalAirflowError
from mwaa.local_airflow.supervisor_protocol import SupervisorArguments, SupervisorEvent, airflow_folder
from mwaa.operations.live_environment import find_environment
from mwaa.process import ToolError, end, started
from mwaa.progress import ReportDetail

_HERE = Path(__file__).resolve().parents[2]
_END_SECONDS = 20.0


@dataclass(slots=True)
class LocalAirflow:
    """An Airflow that runs. Rolls change its version and what is installed, never its address, user and password."""

    workspace: str
    registration: Registration
    """As it was when it began to serve."""
    logs: Path
    _process: subprocess.Popen[str] = field(repr=False)
    _failures: list[SupervisorEvent] = field(repr=False)
    _reader: threading.Thread = field(repr=False)

    @property
    def url(self) -> str:
        """Of its web interface."""
        return self.registration.address

    def wait(self) -> None:
        """Wait while it runs. Raises ToolError if it ended by itself."""
        self._process.wait()
        self._reader.join()
        raise _failure(self._failures, self._process.returncode, self.logs)


@contextmanager
def run_airflow(
    root: Path, here: Embedded, workspace: Workspace, say: ReportDetail, *, port: int | None = None
) -> Iterator[LocalAirflow]:
    """A real Airflow on loopback that serves the workspace's environment on the embedded AWS, in the block.

    Its content comes from the emulated source bucket. `say` is called with each step once, also later, from another
    thread. After the block no process of it is left, and the metadata stays for the next time.

    Raises LocalAirflowError when the workspace is not deployed there, ToolError when Airflow could not be started.
    """
    names = Names(workspace)
    _check_deployed(here, workspace, names.environment)
    port = _free_port(port)
    arguments = SupervisorArguments(
        str(root), workspace.name, names.environment, workspace.account, workspace.region, port
    )
    logs = airflow_folder(here, workspace.name) / "log"
    events: queue.Queue[SupervisorEvent | None] = queue.Queue()
    failures: list[SupervisorEvent] = []
    command = [sys.executable, "-m", "mwaa.local_airflow.supervisor", json.dumps(asdict(arguments))]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with started(command, _HERE, os.environ, grace=_END_SECONDS, **pipes) as process:
        # Both are read to their ends: a full pipe would stop the process.
        reader = threading.Thread(target=_read, args=(process, say, events, failures), daemon=True)
        reader.start()
        try:
            registration = _registration(events, failures, process, logs)
            yield LocalAirflow(workspace.name, registration, logs, process, failures, reader)
        finally:
            end(process, _END_SECONDS)


def _check_deployed(here: Embedded, workspace: Workspace, environment: str) -> None:
    mwaa = here.client("mwaa", workspace.account, workspace.region)
    found = find_environment(mwaa, environment)
    if found is None:
        text = f"workspace {workspace.name} is not deployed on the embedded AWS"
        raise LocalAirflowError(text, f"mwaa local up {workspace.name}")
    if found.status in ("CREATING", "CREATE_FAILED", "DELETING", "PENDING"):
        raise LocalAirflowError(f"environment {environment} is {found.status}", f"mwaa status {workspace.name}")


def _free_port(wanted: int | None) -> int:
    """The port wanted, if it is free, else any. Raises ToolError."""
    with socket.socket() as found:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind(("127.0.0.1", wanted or 0))
        except OSError as error:
            raise ToolError(f"port {wanted} cannot be used: {error.strerror}", "choose another, or none") from None
        return int(found.getsockname()[1])


def _read(
    process: "subprocess.Popen[str]",
    say: ReportDetail,
    events: "queue.Queue[SupervisorEvent | None]",
    failures: list[SupervisorEvent],
) -> None:
    """Pass on what the supervisor reports; its standard error holds a traceback, if it fails as it should not."""
    assert process.stdout
    assert process.stderr
    errors: list[str] = []
    beside = threading.Thread(target=lambda: errors.extend(process.stderr or ()), daemon=True)
    beside.start()
    for line in process.stdout:
        event = SupervisorEvent(**json.loads(line))
        match event.kind:
            case "say":
                say(event.text)
            case "failed":
                failures.append(event)
            case _:
                events.put(event)
    beside.join()
    if errors:
        failures.append(SupervisorEvent("failed", "".join(errors).strip()))
    events.put(None)


def _registration(
    events: "queue.Queue[SupervisorEvent | None]",
    failures: list[SupervisorEvent],
    process: "subprocess.Popen[str]",
    logs: Path,
) -> Registration:
    """Wait until Airflow serves. Raises ToolError if it ended before."""
    event = events.get()
    if event is None:
        raise _failure(failures, process.wait(), logs)
    given = json.loads(event.text)
    return Registration(**given | {"requirements": tuple(given["requirements"])})


def _failure(failures: list[SupervisorEvent], status: int, logs: Path) -> ToolError:
    if failures:
        return ToolError(failures[0].text, failures[0].fix)
    return ToolError(f"the local Airflow ended (status {status})", f"see {logs}")
