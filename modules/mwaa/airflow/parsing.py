"""Every DAG file of some content, imported by the real Airflow of its release."""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from mwaa.airflow.settings import AirflowSetup, airflow_environ, content_environ, write_config
from mwaa.aws_facts.airflow_options import variable_name
from mwaa.process import ToolError, started

_PROGRAM = Path(__file__).parent / "inside" / "parse.py"

Folder = Literal["dags", "plugins"]


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the content: `file` is POSIX, from the DAG folder or that of the plugins, as `folder` says."""

    folder: Folder
    file: str
    line: int | None


@dataclass(frozen=True, slots=True)
class ImportFailure:
    """Why a file has no DAGs, and the line of the content where it failed.

    `kind` is the exception's name; or Timeout (stopped at Airflow's own limit), Crash (its process ended), or
    SerializationError (Airflow could not store the DAG). `module` is what an ImportError could not import, `name` what
    it lacks in it. `unproved`, when not empty, says what the file needed that only a running environment has (a
    variable, a connection, the network, a file under MWAA's own path): then it may well work on MWAA, and what comes
    after that line is unknown. `trace` is the traceback's part in the content.
    """

    kind: str
    message: str
    where: Place
    module: str | None
    name: str | None
    unproved: str
    trace: str


@dataclass(frozen=True, slots=True)
class NetworkCall:
    """Top-level code that wanted to talk to `target` (host:port). It was refused."""

    where: Place
    target: str


@dataclass(frozen=True, slots=True)
class VariableRead:
    """Top-level code that read an Airflow variable or connection; `known`: AIRFLOW_VAR_* or AIRFLOW_CONN_* had it."""

    where: Place
    kind: Literal["variable", "connection"]
    name: str
    known: bool


@dataclass(frozen=True, slots=True)
class ProgramRun:
    """Top-level code that ran another program. It was run."""

    where: Place
    program: str


@dataclass(frozen=True, slots=True)
class Deprecation:
    """What Airflow or a package says will be removed."""

    where: Place
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class ParsedDag:
    """A DAG as Airflow would store it. `where` is the line that made it; `schedule` is what Airflow shows of it."""

    dag_id: str
    where: Place | None
    tasks: int
    schedule: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """One file of the DAG folder. `seconds` is what its import takes Airflow, packages but Airflow's own included."""

    key: str
    seconds: float
    dags: tuple[ParsedDag, ...]
    error: ImportFailure | None
    network: tuple[NetworkCall, ...]
    variables: tuple[VariableRead, ...]
    programs: tuple[ProgramRun, ...]
    deprecations: tuple[Deprecation, ...]


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin that Airflow registered, and its macros by name."""

    name: str
    macros: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ParsedPlugins:
    """The result of loading the plugins folder."""

    plugins: tuple[Plugin, ...]
    errors: tuple[ImportFailure, ...]
    network: tuple[NetworkCall, ...]
    variables: tuple[VariableRead, ...]
    programs: tuple[ProgramRun, ...]
    deprecations: tuple[Deprecation, ...]


@dataclass(frozen=True, slots=True)
class ParsedContent:
    """`files` are in the order of their keys."""

    files: tuple[ParsedFile, ...]
    plugins: ParsedPlugins


def parse_dags(
    setup: AirflowSetup,
    files: Sequence[str],
    *,
    jobs: int | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> ParsedContent:
    """Import each of `files` (POSIX paths below the DAG folder) with Airflow's DagBag, and serialize its DAGs.

    Files are imported in separate processes, `jobs` at a time (default: the number of processors), so that a file
    can neither break another's import nor exceed Airflow's limits, `core.dagbag_import_timeout` and
    `dag_file_processor_timeout`. Network access is refused and there is no metadata database. `progress` is called
    with the number of files done and the number of all files, at every tenth of them. Of `setup.base` content sees what
    `content_environ` lets through.

    Raises ToolError if Airflow itself does not start, for example with options that it rejects.
    """
    with tempfile.TemporaryDirectory(prefix="mwaa-parse-") as folder:
        home = Path(os.path.realpath(folder))
        write_config(home)
        own = home / "home"
        own.mkdir()
        setup = replace(setup.resolved(), base=content_environ(own, setup.base))
        request = {
            "dags": str(setup.dags),
            "plugins": str(setup.plugins) if setup.plugins else None,
            "files": sorted(files),
            "jobs": jobs or os.cpu_count() or 1,
        }
        command = [str(setup.environment.python), "-P", str(_PROGRAM)]
        environ = airflow_environ(setup, home) | _FOR_PARSING
        answers = _answers(command, home, environ, json.dumps(request), lambda done: _tenth(done, len(files), progress))
    plugins_answer, *others = answers
    parsed = sorted((_file(answer) for answer in others), key=lambda file: file.key)
    return ParsedContent(tuple(parsed), _plugins(plugins_answer))


def _tenth(done: int, of: int, progress: Callable[[int, int], None]) -> None:
    """Report every tenth of the files: where progress is printed as lines, one for each file is too much."""
    if done and done * 10 // of != (done - 1) * 10 // of:
        progress(done, of)


_FOR_PARSING = {
    variable_name("core.dagbag_import_error_tracebacks"): "True",  # how failures are seen: see inside/parse.py
    variable_name("core.lazy_load_plugins"): "True",  # inside/parse.py loads them itself, under its eyes
    variable_name("secrets.backend"): "",  # it would ask AWS
    variable_name("workers.secrets_backend"): "",
    variable_name("logging.logging_level"): "CRITICAL",
    "AWS_MAX_ATTEMPTS": "1",  # no call gets through: no use in trying again
    # Credentials, so that boto3 looks for none, and a top-level call is reported with the service that it calls.
    "AWS_ACCESS_KEY_ID": "mwaa-check",
    "AWS_SECRET_ACCESS_KEY": "mwaa-check",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def _answers(
    command: list[str], home: Path, environ: Mapping[str, str], request: str, done: Callable[[int], None]
) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = []
    with (
        (home / "said").open("w+") as said,
        started(command, home, environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said) as process,
    ):
        assert process.stdin
        assert process.stdout
        try:
            process.stdin.write(request)
            process.stdin.close()
        except BrokenPipeError:
            pass  # it has ended: its status and words say why
        for line in process.stdout:
            answers.append(json.loads(line))
            done(len(answers) - 1)
        status = process.wait()
        said.seek(0)
        words = said.read().strip()
    if status or not answers:
        raise ToolError(f"Airflow did not start (exit status {status}):\n{words}")
    return answers


def _place(value: dict[str, Any]) -> Place:
    return Place(value["folder"], value["file"], value["line"])


def _failure(value: dict[str, Any]) -> ImportFailure:
    texts = {name: value[name] for name in ("kind", "message", "module", "name", "unproved", "trace")}
    return ImportFailure(where=_place(value["where"]), **texts)


def _seen(value: dict[str, Any]) -> dict[str, Any]:
    kinds = {"network": NetworkCall, "variables": VariableRead, "programs": ProgramRun, "deprecations": Deprecation}
    return {
        name: tuple(kind(**(entry | {"where": _place(entry["where"])})) for entry in value[name])
        for name, kind in kinds.items()
    }


def _file(value: dict[str, Any]) -> ParsedFile:
    dags = tuple(
        ParsedDag(
            dag["dag_id"],
            _place(dag["where"]) if dag["where"] else None,
            dag["tasks"],
            dag["schedule"],
            tuple(dag["tags"]),
        )
        for dag in value["dags"]
    )
    error = _failure(value["error"]) if value["error"] else None
    return ParsedFile(value["key"], value["seconds"], dags, error, **_seen(value))


def _plugins(value: dict[str, Any]) -> ParsedPlugins:
    plugins = tuple(Plugin(plugin["name"], tuple(plugin["macros"])) for plugin in value["plugins"])
    return ParsedPlugins(plugins, tuple(_failure(error) for error in value["errors"]), **_seen(value))
