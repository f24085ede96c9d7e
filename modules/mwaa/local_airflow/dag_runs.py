"""Runs a DAG on the local Airflow as a person would in AWS, and watches it: through InvokeRestApi, with boto3."""

import ast
import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from mwaa.airflow_link import client, registration
from mwaa.airflow_link.registration import Registration
from mwaa.config import Names, Workspace
from mwaa.embedded_aws import Embedded
from mwaa.local_airflow.errors import LocalAirflowError
from mwaa.local_airflow.supervisor_protocol import airflow_folder
from mwaa.process import ToolError
from mwaa.progress import ReportDetail

_LOOK_SECONDS = 1.0
_ENDED = ("success", "failed")
_PREFIX = re.compile(r"^unusual_prefix_[0-9a-f]+_")
"""What Airflow puts before the module name of a DAG file, so that two of one name may be."""
_LINE_OF_2 = re.compile(r"^\[[^\]]+\] \{(?P<file>[^:}]+):\d+\} \w+ - (?P<text>.*)$")


@dataclass(frozen=True, slots=True)
class TaskInstance:
    """A task of a run: its state in the end (such as `success` or `skipped`), and the class of its operator."""

    name: str
    state: str
    operator: str
    said: tuple[str, ...]
    """What code of the workspace logged in it, without Airflow's own lines."""


@dataclass(frozen=True, slots=True)
class DagRun:
    dag: str
    name: str
    state: str
    """`success` or `failed`."""
    tasks: tuple[TaskInstance, ...]
    """In the order in which they ended."""
    requirements: tuple[str, ...]
    """The packages of requirements.txt that were installed, such as `holidays==0.109`."""


def run_dag(
    here: Embedded,
    workspace: Workspace,
    dag: str,
    say: ReportDetail,
    *,
    day: date | None = None,
    seconds: float = 300.0,
) -> DagRun:
    """Unpauses the DAG, starts a run of it and watches it to its end. `say` gets each change of a task's state.

    `day` is the day of the run's logical date, today unless given. Unpausing lets Airflow also start the run that the
    schedule asks for, as anywhere.

    Raises LocalAirflowError if no local Airflow runs for the workspace, ToolError if the DAG does not exist, cannot be
    run, or does not end within `seconds`.
    """
    names = Names(workspace)
    airflow = registration.find(here.folder, workspace.account, workspace.region, names.environment)
    if airflow is None:
        raise LocalAirflowError(f"no local Airflow runs for {workspace.name}", f"mwaa local airflow {workspace.name}")
    mwaa = here.client("mwaa", workspace.account, workspace.region)
    deadline = time.monotonic() + seconds

    def invoke(method: str, path: str, body: Any = None) -> Any:
        given = {"Name": names.environment, "Method": method, "Path": path} | ({"Body": body} if body else {})
        return mwaa.invoke_rest_api(**given)["RestApiResponse"]

    _await_dag(mwaa, invoke, dag, deadline)
    name = f"run-{secrets.token_hex(4)}"
    moment = datetime.now(UTC)
    if day:
        moment = datetime.combine(day, moment.timetz())
    # Queued before it is unpaused: so it comes before the run that the schedule asks for.
    invoke("POST", f"/dags/{dag}/dagRuns", {"dag_run_id": name, "logical_date": moment.isoformat()})
    invoke("PATCH", f"/dags/{dag}", {"is_paused": False})
    say(f"{dag}: run {name} for {moment:%Y-%m-%d}")
    state = _watch(airflow, dag, name, say, deadline)
    own = _own_files(airflow_folder(here, workspace.name))
    tasks = sorted(_tasks(airflow, dag, name), key=lambda task: task["end_date"] or "")
    return DagRun(dag, name, state, tuple(_task(airflow, task, own) for task in tasks), airflow.requirements)


def _await_dag(mwaa: Any, invoke: Callable[..., Any], dag: str, deadline: float) -> None:
    """Airflow knows a DAG some seconds after it has read its file."""
    while True:
        try:
            invoke("GET", f"/dags/{dag}")
            return
        except mwaa.exceptions.RestApiClientException as error:
            if error.response["RestApiStatusCode"] != 404:
                raise ToolError(f"Airflow refuses to show the DAG {dag}: {error.response['RestApiResponse']}") from None
        if time.monotonic() > deadline:
            broken = [one["stack_trace"].strip() for one in invoke("GET", "/importErrors")["import_errors"]]
            raise ToolError("\n".join([f"Airflow has no DAG {dag}", *broken]))
        time.sleep(_LOOK_SECONDS)


def _watch(airflow: Registration, dag: str, name: str, say: ReportDetail, deadline: float) -> str:
    seen: dict[str, str] = {}
    while True:
        run = _get(airflow, f"/dags/{dag}/dagRuns/{name}")
        for task in _tasks(airflow, dag, name):
            state = task["state"] or "waiting"
            if seen.get(task["task_id"], "waiting") != state and state not in ("scheduled", "queued"):
                say(f"{task['task_id']:<20} {state:<10} {task['operator']}")
                seen[task["task_id"]] = state
        if run["state"] in _ENDED:
            return str(run["state"])
        if time.monotonic() > deadline:
            raise ToolError(f"run {name} of {dag} is {run['state']} still", "see the log of the scheduler")
        time.sleep(_LOOK_SECONDS)


def _tasks(airflow: Registration, dag: str, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _get(airflow, f"/dags/{dag}/dagRuns/{name}/taskInstances")["task_instances"]
    return found


def _task(airflow: Registration, task: dict[str, Any], own: set[str]) -> TaskInstance:
    said: tuple[str, ...] = ()
    if task["try_number"]:
        path = f"/dags/{task['dag_id']}/dagRuns/{task['dag_run_id']}/taskInstances/{task['task_id']}"
        content = _get(airflow, f"{path}/logs/{task['try_number']}")["content"]
        lines = _lines_of_2(content, own) if airflow.major == 2 else _lines_of_3(content, own)
        said = tuple(lines)
    return TaskInstance(task["task_id"], task["state"], task["operator"], said)


def _get(airflow: Registration, path: str) -> Any:
    """Directly: InvokeRestApi takes paths of at most 64 characters, too short for the logs of most tasks."""
    try:
        response = client.call_api(airflow, "GET", path)
    except client.AirflowLinkError as error:
        raise ToolError(str(error)) from None
    if response.status != 200:
        raise ToolError(f"Airflow response {response.status} to GET {path}: {response.body.decode(errors='replace')}")
    return response.document()


def _own_files(folder: Path) -> set[str]:
    """Names of the workspace's Python files: log lines name the file that they come from."""
    return {path.name for top in ("dags", "plugins-*") for root in folder.glob(top) for path in root.rglob("*.py")}


def _lines_of_2(content: str, own: set[str]) -> Iterator[str]:
    """A text that is a Python list of (host, lines) pairs."""
    for _host, text in ast.literal_eval(content):
        for line in text.splitlines():
            if (found := _LINE_OF_2.match(line)) and found["file"] in own:
                yield found["text"]


def _lines_of_3(content: list[Any], own: set[str]) -> Iterator[str]:
    """Events; the early 3.0 releases name no file but the logger, which is named as the module."""
    for event in content:
        file = Path(event.get("filename", "")).name
        logger = _PREFIX.sub("", str(event.get("logger", "")))
        modules = {f"{part}.py" for part in logger.split(".")}
        from_own = file in own if file else bool(modules & own)
        if from_own and event.get("level") != "warning":
            yield str(event["event"])
