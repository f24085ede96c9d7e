"""One run of a DAG, for real, in this process's terminal: the release's own `airflow dags test`."""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from mwaa.airflow.python_environment import AirflowEnvironment
from mwaa.airflow.settings import DATABASE, airflow_environ, migrate
from mwaa.process import Say, ToolError, follow

_PROGRAM = Path(__file__).parent / "inside" / "command.py"


@dataclass(frozen=True, slots=True)
class DagTestTask:
    """A task of the run and the state it came to, empty if it never began; `map_index` is -1 for one not mapped."""

    task_id: str
    map_index: int
    state: str


@dataclass(frozen=True, slots=True)
class DagTestRun:
    """What became of the run, as Airflow's own metadata says: `state` is success or failed as a rule."""

    run_id: str
    state: str
    tasks: tuple[DagTestTask, ...]

    @property
    def succeeded(self) -> bool:
        return self.state == "success"


def run_dag_test(
    environment: AirflowEnvironment,
    dags: Path,
    plugins: Path | None,
    options: Mapping[str, str],
    exported: Mapping[str, str],
    dag_id: str,
    *,
    date: str | None,
    conf: str | None,
    line: Callable[[str], None],
    say: Say,
    base: Mapping[str, str] = os.environ,
) -> DagTestRun:
    """Runs the DAG once, for `date` (as Airflow reads it; default: now) with `conf` (JSON), in metadata of its own.

    `line` is given what Airflow and the tasks say. Whether the run succeeded is read from the metadata, for what the
    command's exit status means differs by release. The other arguments are those of `airflow_environ`; Python keeps
    bytecode beside the content, as everywhere, so give a copy.

    Raises ToolError when there was no run, such as for a DAG that Airflow does not find.
    """
    with tempfile.TemporaryDirectory(prefix="mwaa-run-", ignore_cleanup_errors=True) as folder:
        home = Path(os.path.realpath(folder))
        migrate(environment, home, say)
        there = plugins.resolve() if plugins else None
        environ = airflow_environ(environment, home, dags.resolve(), there, options, exported, base)
        command = [str(environment.python), "-P", str(_PROGRAM), "dags", "test", dag_id]
        say(f"running {dag_id} on Airflow {environment.airflow_version}")
        ended = follow([*command, *([date] if date else []), *(["--conf", conf] if conf else [])], home, environ, line)
        run = _newest(home / DATABASE, dag_id)
    if run is None:
        raise ToolError(f"Airflow ended with status {ended.status} before {dag_id} had a run; its last lines say why")
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
    return DagTestRun(
        row[0], row[1] or "", tuple(DagTestTask(task, index, state or "") for task, index, state in tasks)
    )
