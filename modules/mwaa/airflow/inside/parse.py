# mypy: ignore-errors
"""Imports DAG files with the real Airflow, in processes forked from one that is warm.

Run by the Python of an Airflow environment: imports nothing but the standard library and that Airflow, and is not
typed, for it meets several Airflows. Reads one JSON object from standard input (`dags`, `plugins`, `files`, `jobs`),
writes one JSON object a line to standard output: first the plugins', then one for each file as it is done. Configured
as any Airflow: by its variables.

Airflow's own DAG processor forks for each file. Here a fork goes on with the next file as long as all is well, for a
fork costs more than most imports: what a file imported of the content is forgotten, what it changed in the interpreter
is put back. After a failure the fork ends; and a file that fails after others in the same fork is imported once more in
a fresh one, so that no file fails because of another. What takes a process down (a crash, Airflow's limits) costs only
the file that did it.
"""

import ast
import contextlib
import faulthandler
import functools
import gc
import importlib
import inspect
import json
import logging
import os
import re
import select
import signal
import socket
import sys
import tempfile
import time
import traceback
import types
import warnings

AIRFLOW_2 = False
CONTENT = ()  # (folder's name, its path with a slash at the end): where the user's own code lies
MWAA_HOME = "/usr/local/airflow/"
SEEN = {"network": [], "variables": [], "programs": [], "deprecations": []}
DAG_LINES = {}  # id(dag) -> where it was made
WARNED = []  # what Airflow has warned of, wherever
DEPRECATED = set()  # Airflow's modules that warn when they are imported


# -- where -------------------------------------------------------------------------------------------------------------


def location(filename, line):
    """The place in the content, or None for a file of Airflow, a package or Python itself."""
    for folder, path in CONTENT:
        if filename.startswith(path):
            return {"folder": folder, "file": filename[len(path) :], "line": line}
    return None


def caller():
    """The innermost line of the content that is running, or None: then Airflow itself or a package is at work."""
    frame = sys._getframe(1)
    while frame is not None:
        if found := location(frame.f_code.co_filename, frame.f_lineno):
            return found
        frame = frame.f_back
    return None


def deepest(error):
    """Where in the content an exception came from."""
    found = None
    if isinstance(error, SyntaxError) and error.filename:
        found = location(error.filename, error.lineno)
    for frame, line in traceback.walk_tb(error.__traceback__) if not found else ():
        found = location(frame.f_code.co_filename, line) or found
    return found


def saw(happening, /, **what):
    if place := caller():
        entry = {"where": place, **what}
        if entry not in SEEN[happening]:
            SEEN[happening].append(entry)


# -- what is watched ---------------------------------------------------------------------------------------------------


def watch_network():
    """Writes down whom top-level code wants to talk to, and lets nothing out."""

    def refused(target):
        saw("network", target=target)
        raise ConnectionRefusedError(f"mwaa check lets no DAG file reach the network: {target}")

    def hook(event, arguments):
        if event == "socket.connect" and getattr(arguments[0], "family", None) in (socket.AF_INET, socket.AF_INET6):
            address = arguments[1]
            refused(f"{address[0]}:{address[1]}" if isinstance(address, tuple) else str(address))
        elif event == "socket.getaddrinfo" and arguments[0] not in (None, "", b""):
            host = arguments[0].decode() if isinstance(arguments[0], bytes) else arguments[0]
            if not re.fullmatch(r"[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*|localhost", host) or caller():
                refused(f"{host}:{arguments[1]}" if arguments[1] else host)
        elif event == "socket.gethostbyname":
            if arguments[0] not in ("", "localhost", socket.gethostname()):
                refused(str(arguments[0]))
        elif event == "subprocess.Popen":
            saw("programs", program=os.fsdecode(arguments[0] or (arguments[1] or [""])[0]))
        elif event == "os.system":
            saw("programs", program=os.fsdecode(arguments[0]))

    sys.addaudithook(hook)


def watch_variables():
    """Writes down Variable.get and get_connection; answers from AIRFLOW_VAR_* and AIRFLOW_CONN_*, else "not there"."""
    from airflow.secrets.environment_variables import EnvironmentVariablesBackend

    if AIRFLOW_2:
        from airflow.secrets.metastore import MetastoreBackend

        MetastoreBackend.get_variable = lambda self, *args, **kwargs: None
        MetastoreBackend.get_connection = lambda self, *args, **kwargs: None
    else:
        from airflow.sdk.execution_time import task_runner

        task_runner.SUPERVISOR_COMMS = NobodyThere()
    watched(EnvironmentVariablesBackend, "get_variable", "key", "variable")
    watched(EnvironmentVariablesBackend, "get_conn_value", "conn_id", "connection")


def watched(backend, method, argument, kind):
    original = getattr(backend, method)

    @functools.wraps(original)
    def recording(self, *args, **kwargs):
        name = args[0] if args else kwargs.get(argument)
        value = original(self, *args, **kwargs)
        saw("variables", kind=kind, name=name, known=value is not None)
        return value

    setattr(backend, method, recording)


class NobodyThere:
    """In the place of the DAG processor, which Airflow 3's files ask for variables and connections."""

    def send(self, message, *args, **kwargs):
        from airflow.sdk.exceptions import ErrorType
        from airflow.sdk.execution_time import comms

        kind = type(message).__name__
        if kind == "MaskSecret":
            return None
        errors = {"GetVariable": ErrorType.VARIABLE_NOT_FOUND, "GetConnection": ErrorType.CONNECTION_NOT_FOUND}
        name = getattr(message, "key", None) or getattr(message, "conn_id", "")
        detail = {"message": f"there is no metadata database to answer {kind} {name}".strip()}
        return comms.ErrorResponse(error=errors.get(kind, ErrorType.GENERIC_ERROR), detail=detail)

    async def asend(self, message, *args, **kwargs):
        return self.send(message)


def watch_warnings():
    """Deprecations told at lines of the content."""

    def show(message, category, filename, lineno, file=None, line=None):
        deprecated(category.__name__, str(message), filename, lineno)
        if category.__module__.startswith("airflow"):
            WARNED.append(category)

    warnings.simplefilter("always")
    warnings.showwarning = show


def deprecated(kind, message, filename, line):
    if ("Deprecat" in kind or "RemovedIn" in kind) and (place := location(filename, line)):
        entry = {"where": place, "kind": kind, "message": message}
        if entry not in SEEN["deprecations"]:
            SEEN["deprecations"].append(entry)


def watch_dags():
    """Where each DAG is made: Airflow knows its file alone."""
    from airflow.models.dag import DAG

    watched_dag(DAG)
    if not AIRFLOW_2:
        from airflow.sdk import DAG as OfTheSdk

        if OfTheSdk is not DAG:  # in 3.0 both are there, one made of the other
            watched_dag(OfTheSdk)


def watched_dag(dag_class):
    original = dag_class.__init__

    @functools.wraps(original)
    def init(self, *args, **kwargs):
        DAG_LINES[id(self)] = caller()
        original(self, *args, **kwargs)

    dag_class.__init__ = init


# -- plugins -----------------------------------------------------------------------------------------------------------


def load_plugins():
    from airflow import plugins_manager

    failures = {}
    original = importlib.machinery.SourceFileLoader.exec_module

    def exec_module(self, module):
        try:
            return original(self, module)
        except BaseException as error:
            failures[self.path] = error
            raise

    importlib.machinery.SourceFileLoader.exec_module = exec_module
    try:
        plugins_manager.ensure_plugins_loaded()
        # What Airflow does before it parses: macros and listeners become importable.
        integrate = getattr(plugins_manager, "integrate_macros_plugins", None)
        if integrate:
            integrate()
    finally:
        importlib.machinery.SourceFileLoader.exec_module = original
    if hasattr(plugins_manager, "_get_plugins"):
        plugins, errors = plugins_manager._get_plugins()
    else:
        plugins, errors = plugins_manager.plugins or [], plugins_manager.import_errors
    failed = []
    for path, message in errors.items():
        error = failures.get(path)
        if error is None:
            failed.append(failure_of_text("", str(message), location(path, None)))
        else:
            failed.append(failure_of(error, location(path, None)))
    return {
        "plugins": [
            {"name": plugin.name, "macros": [getattr(macro, "__name__", str(macro)) for macro in plugin.macros or ()]}
            for plugin in plugins
            if "PluginsDirectorySource" in type(plugin.source).__name__
        ],
        "errors": failed,
    }


# -- one file ----------------------------------------------------------------------------------------------------------


def failure_of(error, fallback=None):
    """What is told of an exception that hindered an import."""
    kind = type(error).__name__
    message = str(error)
    if isinstance(error, SyntaxError):
        message = error.msg
    if isinstance(error, KeyError) and error.args:
        message = str(error.args[0])
    if kind == "AirflowTaskTimeout":
        kind, message = "Timeout", message.splitlines()[0]
    return {
        "kind": kind,
        "message": message,
        "where": deepest(error) or fallback,
        "module": getattr(error, "name", None) if isinstance(error, ImportError) else None,
        "name": imported_name(error),
        "unproved": unproved(error),
        "trace": told(error),
    }


def failure_of_text(kind, message, where):
    return {
        "kind": kind,
        "message": message,
        "where": where,
        "module": None,
        "name": None,
        "unproved": "",
        "trace": "",
    }


def imported_name(error):
    """X of `from module import X`, where module has no X."""
    if not isinstance(error, ImportError) or isinstance(error, ModuleNotFoundError):
        return None
    found = re.search(r"cannot import name '([^']+)'", str(error))
    return found and found[1]


def told(error):
    """The traceback as far as it runs through the content: the rest is Airflow's and the packages' own."""
    if isinstance(error, SyntaxError):
        return "".join(traceback.format_exception_only(error)).strip()
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if location(frame.filename, frame.lineno)]
    return "".join([*traceback.format_list(frames), *traceback.format_exception_only(error)]).strip()


def chain(error):
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def unproved(error):
    """Why this failure says nothing about MWAA: the file needs what only a running environment has. Empty: it does."""
    for one in chain(error):
        if isinstance(one, FileNotFoundError) and str(one.filename or "").startswith(MWAA_HOME):
            path = str(one.filename)
            there = any(
                path.startswith(f"{MWAA_HOME}{folder}/") and os.path.exists(here + path[len(f"{MWAA_HOME}{folder}/") :])
                for folder, here in CONTENT
            )
            return f"reads {path}, which {'the content has' if there else 'is not in the content'}"
        if isinstance(one, ConnectionRefusedError) and "mwaa check lets no DAG file" in str(one):
            return f"needs the network: {str(one).rsplit(': ', 1)[1]}"
        if "no such table" in str(one) and type(one).__name__ == "OperationalError":
            return "reads Airflow's metadata database"
    # A default was not given: the exception is Airflow's own for what is not there, and differs by release.
    missing = [seen for seen in SEEN["variables"] if not seen["known"]]
    text = " ".join(str(one) for one in chain(error))
    for seen in reversed(missing):
        named = re.search(rf"(?<![\w-]){re.escape(str(seen['name']))}(?![\w-])", text)
        if named or f"{seen['kind'].upper()}_NOT_FOUND" in text:  # all that Airflow 3.0 says
            return f"needs the {seen['kind']} {seen['name']}"
    network = [entry["target"] for entry in SEEN["network"]]
    of_aws = type(error).__module__.startswith(("botocore", "boto3"))  # which asks the network for credentials first
    if network and (of_aws or any(target in text for target in network)):
        return f"needs the network: {network[-1]}"
    return ""


def parse(path, key):
    """Everything that is to be known of one file, with the real DagBag and the real serialization."""
    errors = []
    real = traceback.format_exc

    def format_exc(*args, **kwargs):  # DagBag formats what it catches, in every release: here it can be seen whole
        errors.append(sys.exc_info()[1])
        return real(*args, **kwargs)

    traceback.format_exc = format_exc
    started = time.perf_counter()
    try:
        bag = dagbag(path)
    except BaseException as raised:  # Airflow 2 lets a file's sys.exit() end its processor
        error = failure_of(raised, location(path, None))
        return {"key": key, "seconds": time.perf_counter() - started, "dags": [], "error": error, **SEEN}
    finally:
        traceback.format_exc = real
    seconds = time.perf_counter() - started
    for text in getattr(bag, "captured_warnings", {}).get(path, ()):
        if parts := re.fullmatch(r"(.+?):(\d+): ([\w.]+): (.*)", text, re.DOTALL):
            deprecated(parts[3].rpartition(".")[2], parts[4], parts[1], int(parts[2]))
    error = None
    if errors:
        error = failure_of(errors[0], location(path, None))
    elif bag.import_errors:
        text = next(iter(bag.import_errors.values()))
        kind, colon, message = str(text).strip().splitlines()[-1].partition(": ")
        if not colon or not re.fullmatch(r"[\w.]+", kind):
            kind, message = "ImportError", str(text).strip()
        error = failure_of_text(kind, message, of_message(message) or location(path, None))
    dags = []
    for dag in bag.dags.values():
        try:
            to_dict(dag)
        except Exception as problem:
            if error is None:
                # The chain ends in what could not be written; the first says for which DAG.
                error = failure_of(problem, DAG_LINES.get(id(dag)) or location(path, None))
                error["kind"] = "SerializationError"
                error["where"] = DAG_LINES.get(id(dag)) or location(path, None)
        else:
            dags.append(described(dag))
    return {"key": key, "seconds": seconds, "dags": sorted(dags, key=lambda dag: dag["dag_id"]), "error": error, **SEEN}


def of_message(message):
    """Where the DAG was made that Airflow names in the message, as far as only one fits."""
    places = [place for place in DAG_LINES.values() if place]
    return places[0] if len(places) == 1 else None


def dagbag(path):
    if AIRFLOW_2:
        from airflow.models.dagbag import DagBag

        return DagBag(path, include_examples=False, load_op_links=False)
    try:
        from airflow.dag_processing.dagbag import BundleDagBag
    except ImportError:  # 3.0
        from airflow.models.dagbag import DagBag

        return DagBag(dag_folder=path, bundle_path=_dags(), include_examples=False, load_op_links=False)
    return BundleDagBag(dag_folder=path, bundle_path=_dags(), bundle_name="dags-folder", load_op_links=False)


@functools.cache
def _dags():
    from pathlib import Path

    return Path(dict(CONTENT)["dags"])


def to_dict(dag):
    try:
        from airflow.serialization.serialized_objects import DagSerialization as Serialization
    except ImportError:
        from airflow.serialization.serialized_objects import SerializedDAG as Serialization
    return Serialization.to_dict(dag)


def described(dag):
    timetable = dag.timetable
    stated = getattr(dag, "schedule", None) if not AIRFLOW_2 else dag.schedule_interval
    if type(timetable).__name__ == "NullTimetable":
        schedule = ""
    elif isinstance(stated, str):
        schedule = stated
    else:
        summary = getattr(timetable, "summary", None)
        schedule = summary if isinstance(summary, str) else type(timetable).__name__
    return {
        "dag_id": dag.dag_id,
        "where": DAG_LINES.get(id(dag)),
        "tasks": len(dag.tasks),
        "schedule": schedule,
        "tags": sorted(dag.tags or ()),
    }


def ignoring_segfaults(original):
    """Airflow 3 catches SIGSEGV in Python, which never gets to run: the process would hang instead of ending."""

    def register(number, handler):
        return None if number == signal.SIGSEGV else original(number, handler)

    return register


# -- before the first fork ---------------------------------------------------------------------------------------------


def imports_of_all(paths):
    """The modules that each file imports at its top level. Reading the syntax of all of them would take long: only that
    of files which seem to import what no file before them does is read."""
    certain, imports = set(), {}
    for key, path in paths.items():
        seeming = set()
        with contextlib.suppress(OSError), open(path, "rb") as file:
            text = file.read()
            names = re.findall(rb"^(?:from[ \t]+([\w.]+)[ \t]+import|import[ \t]+([\w.]+))", text, re.MULTILINE)
            seeming = {(source or module).decode(errors="replace") for source, module in names}
            if not seeming <= certain:
                certain |= imports_in(text)
        imports[key] = seeming
    return {key: seeming & certain for key, seeming in imports.items()}


def imports_in(text):
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return set()  # its own parse will tell
    names = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


def is_content(name):
    """Whether the module would come from the content: that must be imported anew by each file, as on MWAA."""
    top = name.partition(".")[0]
    return any(os.path.exists(f"{path}{top}") or os.path.exists(f"{path}{top}.py") for _, path in CONTENT)


def preimport(names):
    """Imports what packages the files want, once. The seconds each took, but for Airflow's own, which MWAA's DAG
    processor imports beforehand as well."""
    took = {}
    for name in sorted(names):
        if is_content(name) or name in sys.modules:
            continue
        started = time.perf_counter()
        # Whatever is wrong with it, the file that imports it meets as well, and is told so with its line.
        warned = len(WARNED)
        with contextlib.suppress(BaseException):
            importlib.import_module(name)
        # Each file that imports it shall be told. Airflow 2 has modules without a file: these warn at each use, and
        # taken away they would not come again.
        if len(WARNED) > warned and name.startswith("airflow.") and getattr(sys.modules.get(name), "__file__", None):
            DEPRECATED.add(name)
            del sys.modules[name]
        if not name.startswith("airflow"):
            took[name] = time.perf_counter() - started
    return took


SAMPLE = """
from datetime import datetime
{imports}

with DAG("dag", start_date=datetime(2026, 1, 1), schedule="@daily", tags=["tag"], params={{"p": 1}}) as dag:
    @task
    def first(ds=None):
        return ds

    with TaskGroup("group"):
        EmptyOperator(task_id="second", retries=2) >> EmptyOperator(task_id="third", outlets=[])
    first() >> EmptyOperator(task_id="last")
"""
SAMPLE_IMPORTS = (
    """from airflow.decorators import task
from airflow.models.dag import DAG
from airflow.operators.empty import EmptyOperator
from airflow.utils.task_group import TaskGroup""",
    """from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TaskGroup, task""",
)


def remember_signatures():
    """Airflow asks for the same signatures for every task that it serializes: a fifth of the time."""
    original = inspect.signature
    remembered = functools.lru_cache(maxsize=4096)(original)

    @functools.wraps(original)
    def signature(obj, **kwargs):
        return remembered(obj) if isinstance(obj, types.FunctionType) and not kwargs else original(obj, **kwargs)

    inspect.signature = signature


def warm():
    """Parses a DAG here: what Airflow finds out at its first one (providers, links, timetables), the forks know."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "sample_dag.py")
        with open(path, "w") as file:
            file.write(SAMPLE.format(imports=SAMPLE_IMPORTS[0 if AIRFLOW_2 else 1]))
        with contextlib.suppress(Exception):  # only time is lost, and the files themselves will tell
            parse(path, path)
    for name in [name for name in sys.modules if name.startswith("unusual_prefix_")]:
        del sys.modules[name]


# -- all files ---------------------------------------------------------------------------------------------------------


FILES_PER_FORK = 50  # so that memory stays bounded: nothing is collected in a fork
LAST_WORDS_SECONDS = 2.0


class Surroundings:
    """What a file may change and the next one must not see."""

    def __init__(self):
        self.modules, self.path, self.environ = set(sys.modules), list(sys.path), dict(os.environ)
        self.folder, self.arguments = os.getcwd(), list(sys.argv)

    def restore(self):
        for name in set(sys.modules) - self.modules:
            module = sys.modules[name]
            file = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), "")
            if name in DEPRECATED or name.startswith("unusual_prefix_") or location(os.path.join(file, ""), None):
                del sys.modules[name]
        if dict(os.environ) != self.environ:
            os.environ.clear()
            os.environ.update(self.environ)
        sys.path[:] = self.path
        sys.argv[:] = self.arguments
        os.chdir(self.folder)
        for seen in SEEN.values():
            seen.clear()
        DAG_LINES.clear()


class Fork:
    """A process that imports files one after the other, as long as it is told to and all is well."""

    def __init__(self, limit):
        self.limit = limit
        self.said = tempfile.TemporaryFile()  # noqa: SIM115 (closed when the fork is dismissed)
        self.job = None
        self.done = 0
        self.answer = b""
        self.late = False
        reading, self.telling = os.pipe()
        self.listening, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            status = 1
            try:
                os.close(self.telling)
                os.close(self.listening)
                self.work(reading, writing)
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(status)
        os.close(reading)
        os.close(writing)

    def work(self, reading, writing):
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        os.dup2(self.said.fileno(), 1)
        os.dup2(self.said.fileno(), 2)
        faulthandler.enable(self.said, all_threads=False)
        before = Surroundings()
        with os.fdopen(reading) as requests, os.fdopen(writing, "wb") as answers:
            for line in requests:
                key, path = json.loads(line)
                answers.write(json.dumps(parse(path, key), default=str).encode() + b"\n")
                answers.flush()
                before.restore()

    def give(self, job):
        self.job = job
        self.answer = b""
        self.started = time.monotonic()
        self.deadline = self.started + self.limit
        os.write(self.telling, json.dumps(job[:2]).encode() + b"\n")

    def heard(self):
        """The whole answer, b"" if the process has ended, None if there is more to come."""
        part = os.read(self.listening, 1 << 16)
        self.answer += part
        return self.answer if not part or part.endswith(b"\n") else None

    def stop(self):
        """It has nothing more to do: it ends by itself, and is not waited for until the end."""
        os.close(self.telling)
        os.close(self.listening)
        self.said.close()

    def wreck(self, status):
        """What is told of a file that took its process down."""
        self.said.seek(0)
        said = self.said.read().decode(errors="replace")
        self.stop()
        where = None
        for file, line in re.findall(r'File "(.+?)", line (\d+)', said):  # faulthandler: the innermost first
            where = where or location(file, int(line))
        if self.late:
            kind, message = "Timeout", f"it was still being imported after {self.limit:g} seconds, and was ended"
        elif status < 0:
            kind, message = "Crash", f"it ended its process by {signal.Signals(-status).name}"
        else:
            kind, message = "Crash", f"it ended its process with status {status}"
        key = self.job[0]
        error = failure_of_text(kind, message, where or {"folder": "dags", "file": key, "line": None})
        error["trace"] = said[-4000:].strip()
        seconds = time.monotonic() - self.started
        return {"key": key, "seconds": seconds, "dags": [], "error": error, **{name: [] for name in SEEN}}


def run(files, jobs, limit, report):
    """Imports `files` (key, path, seconds to add), `jobs` at once."""
    waiting = list(reversed(files))
    forks = {}
    resting = []  # told to end
    again = set()

    def stop(*_):
        for pid in (*forks, *resting):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        os._exit(1)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)

    def doubtful(fork, result):
        """Whether it may have failed because of files before it. Not where it would take as long again to know."""
        error = result["error"]
        return error and error["kind"] != "Timeout" and fork.done > 1 and fork.job[0] not in again

    def dismiss(fork):
        del forks[fork.pid]
        fork.stop()
        resting.append(fork.pid)

    while waiting or forks:
        while waiting and len(forks) < jobs:
            fork = Fork(limit)
            forks[fork.pid] = fork
            fork.give(waiting.pop())
        soonest = min(fork.deadline for fork in forks.values()) - time.monotonic()
        ready, _, _ = select.select([fork.listening for fork in forks.values()], [], [], min(max(soonest, 0), 0.5))
        for fork in list(forks.values()):
            answer = fork.heard() if fork.listening in ready else None
            if answer:
                result = json.loads(answer)
                fork.done += 1
                if doubtful(fork, result):
                    again.add(fork.job[0])
                    waiting.append(fork.job)
                    dismiss(fork)
                    continue
                result["seconds"] += fork.job[2]
                report(result)
                if not waiting or result["error"] or fork.done == FILES_PER_FORK or waiting[-1][0] in again:
                    dismiss(fork)
                else:
                    fork.give(waiting.pop())
                continue
            if fork.deadline <= time.monotonic():
                # First the signal at which faulthandler tells where the file was; then the one that none survives.
                os.kill(fork.pid, signal.SIGKILL if fork.late else signal.SIGABRT)
                fork.deadline += LAST_WORDS_SECONDS
                fork.late = True
            ended, status = os.waitpid(fork.pid, 0 if answer == b"" else os.WNOHANG)
            if ended:
                del forks[fork.pid]
                fork.done += 1
                result = fork.wreck(os.waitstatus_to_exitcode(status))
                if doubtful(fork, result):
                    again.add(fork.job[0])
                    waiting.append(fork.job)
                else:
                    report(result)
    for pid in resting:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def main():
    global AIRFLOW_2, CONTENT
    gc.disable()  # nothing here lives long enough to be worth a search
    remember_signatures()
    request = json.load(sys.stdin)
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    CONTENT = tuple(
        (folder, os.path.join(os.path.realpath(request[folder]), ""))
        for folder in ("dags", "plugins")
        if request.get(folder)
    )

    import airflow
    from airflow import settings
    from airflow.configuration import conf

    AIRFLOW_2 = airflow.__version__.startswith("2.")
    for _, path in CONTENT:
        if path.rstrip("/") not in sys.path:
            sys.path.append(path.rstrip("/"))
    settings.prepare_syspath_for_config_and_plugins()
    logging.disable(logging.CRITICAL)
    dagbag_module = "airflow.models.dagbag" if AIRFLOW_2 else "airflow.dag_processing.dagbag"
    with contextlib.suppress(ImportError):
        importlib.import_module(dagbag_module)
    importlib.import_module("airflow.serialization.serialized_objects")
    watch_variables()
    watch_network()
    watch_warnings()
    watch_dags()
    signal.signal = ignoring_segfaults(signal.signal)
    sys.dont_write_bytecode = True  # nothing is left beside the content; Airflow and packages keep theirs
    plugins = load_plugins()
    sys.dont_write_bytecode = False
    plugins |= {name: list(seen) for name, seen in SEEN.items()}

    def report(value):
        out.write(json.dumps(value, default=str) + "\n")

    report({"airflow": airflow.__version__, **plugins})
    for seen in SEEN.values():
        seen.clear()

    dags = dict(CONTENT)["dags"]
    imports = imports_of_all({key: dags + key for key in request["files"]})
    took = preimport({name for names in imports.values() for name in names})
    warm()
    DAG_LINES.clear()
    for seen in SEEN.values():
        seen.clear()
    files = [(key, dags + key, sum(took.get(name, 0.0) for name in imports[key])) for key in request["files"]]
    own = conf.getfloat("core", "dagbag_import_timeout")
    whole = conf.getfloat("core" if AIRFLOW_2 else "dag_processor", "dag_file_processor_timeout")
    sys.dont_write_bytecode = True
    gc.freeze()
    run(files, request["jobs"], max(own, whole), report)


if __name__ == "__main__":
    main()
