"""One real run of a DAG in this terminal: the release's own `airflow dags test`."""

import os
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from mwaa.airflow.settings import DATABASE, AirflowSetup, airflow_environ, migrate
from mwaa.process import ToolError, follow
from mwaa.progress import ReportDetail

_PROGRAM = Path(__file__).parent / "inside" / "command.py"


@dataclass(frozen=True, slots=True)
class DagTestTask:
    """A task of the run and its last state, empty if it never started; `map_index` is -1 for an unmapped task."""

    task_id: str
    map_index: int
    state: str


@dataclass(frozen=True, slots=True)
class DagTestRun:
    """A run as Airflow's metadata has it: `state` is usually success or failed."""

    run_id: str
    state: str
    tasks: tuple[DagTestTask, ...]

    @property
    def succeeded(self) -> bool:
        return self.state == "success"


def run_dag_test(
    setup: AirflowSetup,
    dag_id: str,
    *,
    date: str | None,
    conf: str | None,
    line: Callable[[str], None],
    say: ReportDetail,
) -> DagTestRun:
    """Run the DAG once, for `date` (as Airflow reads it; default: now) with `conf` (JSON), in a database of its own.

    `line` is called with each line that Airflow and the tasks print. Whether the run succeeded is read from the
    metadata, because the meaning of the command's exit status differs by release. Python keeps bytecode beside the
    content, so pass a copy of it.

    Raises ToolError if there was no run, for example because Airflow does not find the DAG.
    """
    with tempfile.TemporaryDirectory(prefix="mwaa-run-", ignore_cleanup_errors=True) as folder:
        home = Path(os.path.realpath(folder))
        migrate(setup.environment, home, say)
        environ = airflow_environ(setup.resolved(), home)
        command = [str(setup.environment.python), "-P", str(_PROGRAM), "dags", "test", dag_id]
        say(f"running {dag_id} on Airflow {setup.environment.airflow_version}")
        ended = follow([*command, *([date] if date else []), *(["--conf", conf] if conf else [])], home, environ, line)
        run = _newest(home / DATABASE, dag_id)
    if run is None:
        raise ToolError(f"Airflow ended with status {ended.status} before {dag_id} had a run; see its last lines")
    return run


def _newest(database: Path, dag_id: str) -> DagTestRun | None:
    with closing(sqlite3.connect(database)) as connection:
        row = connection.execute(
            "select run_id, state from dag_run where dag_id = ? order by id desc limit 1", (dag_id,)
        ).fetchone()
        if row is None:
            return None
        tasks = connection.execute(
            "select task_id, map_index, state from task_instance where dag_id = ? and run_id = ? "
            "order by start_date is null, start_date, task_id, map_index",
            (dag_id, row[0]),
        ).fetchall()
    run_id, state = row
    return DagTestRun(run_id, state or "", tuple(DagTestTask(task, index, end or "") for task, index, end in tasks))
