# mypy: ignore-errors
"""Work done once before the first fork, so that no fork repeats it: imports of packages, a first DAG, signatures."""

import ast
import contextlib
import functools
import importlib
import inspect
import os
import re
import sys
import tempfile
import time
import types

from .file_import import import_file
from .observations import CONTENT, DEPRECATED, WARNED, is_airflow_2


def find_imports(paths):
    """Return the modules that each file imports at its top level.

    Parsing the syntax of all files takes too long: only files that seem to import something new are parsed.
    """
    certain, imports = set(), {}
    for key, path in paths.items():
        seeming = set()
        with contextlib.suppress(OSError), open(path, "rb") as file:
            text = file.read()
            names = re.findall(rb"^(?:from[ \t]+([\w.]+)[ \t]+import|import[ \t]+([\w.]+))", text, re.MULTILINE)
            seeming = {(source or module).decode(errors="replace") for source, module in names}
            if not seeming <= certain:
                certain |= _top_level_imports(text)
        imports[key] = seeming
    return {key: seeming & certain for key, seeming in imports.items()}


def _top_level_imports(text):
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return set()  # its own import reports it
    names = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


def _is_content(name):
    """Return whether the content has the module: each file must import it by itself, as on MWAA."""
    top = name.partition(".")[0]
    return any(os.path.exists(f"{path}{top}") or os.path.exists(f"{path}{top}.py") for _, path in CONTENT)


def preimport(names):
    """Import the packages that the files import, once. Return the seconds that each took, without Airflow's own
    modules, which MWAA's DAG processor imports beforehand as well."""
    took = {}
    for name in sorted(names):
        if _is_content(name) or name in sys.modules:
            continue
        started = time.perf_counter()
        # If it fails, it fails in the file that imports it as well, which is reported with its line.
        warned = len(WARNED)
        with contextlib.suppress(BaseException):
            importlib.import_module(name)
        # Every file that imports it must see its warning. Airflow 2 has modules without a file: these warn at each use,
        # and could not be imported a second time.
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
    """Cache inspect.signature: Airflow reads the same signatures for each task, which is a fifth of the time."""
    original = inspect.signature
    remembered = functools.lru_cache(maxsize=4096)(original)

    @functools.wraps(original)
    def signature(obj, **kwargs):
        return remembered(obj) if isinstance(obj, types.FunctionType) and not kwargs else original(obj, **kwargs)

    inspect.signature = signature


def import_sample():
    """Import a sample DAG, so that forks inherit what Airflow loads for the first one: providers, links, timetables."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "sample_dag.py")
        with open(path, "w") as file:
            file.write(SAMPLE.format(imports=SAMPLE_IMPORTS[0 if is_airflow_2() else 1]))
        with contextlib.suppress(Exception):  # only time is lost, and the files report the same failure
            import_file(path, path)
    for name in [name for name in sys.modules if name.startswith("unusual_prefix_")]:
        del sys.modules[name]
