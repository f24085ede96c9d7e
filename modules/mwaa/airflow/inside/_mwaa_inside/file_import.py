# mypy: ignore-errors
"""Imports one DAG file with the real DagBag and the real serialization."""

import functools
import re
import sys
import time
import traceback
from pathlib import Path

from .failures import describe_failure, describe_text
from .observations import CONTENT, DAG_LINES, SEEN, is_airflow_2, location
from .watches import record_deprecation


def import_file(path, key):
    """Return the description of one file: its DAGs, its failure, and what its top-level code did."""
    errors = []
    real = traceback.format_exc

    def format_exc(*args, **kwargs):  # every release's DagBag formats what it catches: keep the exception itself
        errors.append(sys.exc_info()[1])
        return real(*args, **kwargs)

    traceback.format_exc = format_exc
    started = time.perf_counter()
    try:
        bag = _dag_bag(path)
    except BaseException as raised:  # with Airflow 2, sys.exit() in a file ends its processor
        error = describe_failure(raised, location(path, None))
        return {"key": key, "seconds": time.perf_counter() - started, "dags": [], "error": error, **SEEN}
    finally:
        traceback.format_exc = real
    seconds = time.perf_counter() - started
    for text in getattr(bag, "captured_warnings", {}).get(path, ()):
        if parts := re.fullmatch(r"(.+?):(\d+): ([\w.]+): (.*)", text, re.DOTALL):
            record_deprecation(parts[3].rpartition(".")[2], parts[4], parts[1], int(parts[2]))
    error = None
    if errors:
        error = describe_failure(errors[0], location(path, None))
    elif bag.import_errors:
        text = next(iter(bag.import_errors.values()))
        kind, colon, message = str(text).strip().splitlines()[-1].partition(": ")
        if not colon or not re.fullmatch(r"[\w.]+", kind):
            kind, message = "ImportError", str(text).strip()
        error = describe_text(kind, message, _only_dag_place() or location(path, None))
    dags = []
    for dag in bag.dags.values():
        try:
            _serialize(dag)
        except Exception as problem:
            if error is None:
                # The last exception says what cannot be serialized; the first one says of which DAG.
                error = describe_failure(problem, DAG_LINES.get(id(dag)) or location(path, None))
                error["kind"] = "SerializationError"
                error["where"] = DAG_LINES.get(id(dag)) or location(path, None)
        else:
            dags.append(_describe_dag(dag))
    return {"key": key, "seconds": seconds, "dags": sorted(dags, key=lambda dag: dag["dag_id"]), "error": error, **SEEN}


def _only_dag_place():
    """Return where the file's DAG was made, if it makes only one."""
    places = [place for place in DAG_LINES.values() if place]
    return places[0] if len(places) == 1 else None


def _dag_bag(path):
    if is_airflow_2():
        from airflow.models.dagbag import DagBag

        return DagBag(path, include_examples=False, load_op_links=False)
    try:
        from airflow.dag_processing.dagbag import BundleDagBag
    except ImportError:  # 3.0
        from airflow.models.dagbag import DagBag

        return DagBag(dag_folder=path, bundle_path=_dag_folder(), include_examples=False, load_op_links=False)
    return BundleDagBag(dag_folder=path, bundle_path=_dag_folder(), bundle_name="dags-folder", load_op_links=False)


@functools.cache
def _dag_folder():

    return Path(dict(CONTENT)["dags"])


def _serialize(dag):
    try:
        from airflow.serialization.serialized_objects import DagSerialization as Serialization
    except ImportError:
        from airflow.serialization.serialized_objects import SerializedDAG as Serialization
    return Serialization.to_dict(dag)


def _describe_dag(dag):
    timetable = dag.timetable
    stated = getattr(dag, "schedule", None) if not is_airflow_2() else dag.schedule_interval
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
