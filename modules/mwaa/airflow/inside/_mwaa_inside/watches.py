# mypy: ignore-errors
"""Watches on what top-level code does: network, programs, variables, connections, deprecations, DAGs."""

import functools
import os
import re
import signal
import socket
import sys
import warnings

from .observations import DAG_LINES, SEEN, WARNED, caller, is_airflow_2, location, record


def watch_network():
    """Record the network targets of top-level code, and refuse every connection; record the programs that it runs."""

    def refuse(target):
        record("network", target=target)
        raise ConnectionRefusedError(f"mwaa check lets no DAG file reach the network: {target}")

    def hook(event, arguments):
        if event == "socket.connect" and getattr(arguments[0], "family", None) in (socket.AF_INET, socket.AF_INET6):
            address = arguments[1]
            refuse(f"{address[0]}:{address[1]}" if isinstance(address, tuple) else str(address))
        elif event == "socket.getaddrinfo" and arguments[0] not in (None, "", b""):
            host = arguments[0].decode() if isinstance(arguments[0], bytes) else arguments[0]
            if not re.fullmatch(r"[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*|localhost", host) or caller():
                refuse(f"{host}:{arguments[1]}" if arguments[1] else host)
        elif event == "socket.gethostbyname":
            if arguments[0] not in ("", "localhost", socket.gethostname()):
                refuse(str(arguments[0]))
        elif event == "subprocess.Popen":
            record("programs", program=os.fsdecode(arguments[0] or (arguments[1] or [""])[0]))
        elif event == "os.system":
            record("programs", program=os.fsdecode(arguments[0]))

    sys.addaudithook(hook)


def watch_variables():
    """Record Variable.get and get_connection. Only AIRFLOW_VAR_* and AIRFLOW_CONN_* have values here."""
    from airflow.secrets.environment_variables import EnvironmentVariablesBackend

    if is_airflow_2():
        from airflow.secrets.metastore import MetastoreBackend

        MetastoreBackend.get_variable = lambda self, *args, **kwargs: None
        MetastoreBackend.get_connection = lambda self, *args, **kwargs: None
    else:
        from airflow.sdk.execution_time import task_runner

        task_runner.SUPERVISOR_COMMS = NoDagProcessor()
    _record_reads(EnvironmentVariablesBackend, "get_variable", "key", "variable")
    _record_reads(EnvironmentVariablesBackend, "get_conn_value", "conn_id", "connection")


def _record_reads(backend, method, argument, kind):
    original = getattr(backend, method)

    @functools.wraps(original)
    def recording(self, *args, **kwargs):
        name = args[0] if args else kwargs.get(argument)
        value = original(self, *args, **kwargs)
        record("variables", kind=kind, name=name, known=value is not None)
        return value

    setattr(backend, method, recording)


class NoDagProcessor:
    """Stands in for the DAG processor, which Airflow 3's files ask for variables and connections."""

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
    """Record the deprecations that are reported at lines of the content."""

    def show(message, category, filename, lineno, file=None, line=None):
        record_deprecation(category.__name__, str(message), filename, lineno)
        if category.__module__.startswith("airflow"):
            WARNED.append(category)

    warnings.simplefilter("always")
    warnings.showwarning = show


def record_deprecation(kind, message, filename, line):
    if ("Deprecat" in kind or "RemovedIn" in kind) and (place := location(filename, line)):
        entry = {"where": place, "kind": kind, "message": message}
        if entry not in SEEN["deprecations"]:
            SEEN["deprecations"].append(entry)


def watch_dags():
    """Record the line that makes each DAG: Airflow knows only its file."""
    from airflow.models.dag import DAG

    _record_lines(DAG)
    if not is_airflow_2():
        from airflow.sdk import DAG as SdkDAG

        if SdkDAG is not DAG:  # 3.0 has both, one derived from the other
            _record_lines(SdkDAG)


def _record_lines(dag_class):
    original = dag_class.__init__

    @functools.wraps(original)
    def init(self, *args, **kwargs):
        DAG_LINES[id(self)] = caller()
        original(self, *args, **kwargs)

    dag_class.__init__ = init


def ignore_segfault_handlers(original):
    """Wrap signal.signal so that it ignores SIGSEGV: Airflow 3 handles it in Python, and the process would hang."""

    def register(number, handler):
        return None if number == signal.SIGSEGV else original(number, handler)

    return register
