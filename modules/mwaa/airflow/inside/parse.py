# mypy: ignore-errors
"""Imports DAG files with the real Airflow, in processes forked from one that has imported it.

Run by the Python of an Airflow environment. Reads one JSON object from standard input (`dags`, `plugins`, `files`,
`jobs`), writes one JSON object a line to standard output: first that of the plugins, then one for each file as it is
done. Configured as any Airflow, by its variables.

Airflow's own DAG processor forks for each file. Here a fork goes on with the next file unless one fails, because a fork
costs more than most imports: modules that a file imported from the content are forgotten, and what it changed in the
interpreter is restored. After a failure the fork ends; and a file that fails after others in the same fork is imported
once more in a new one, so that no file fails because of another. A crash, or an import that exceeds Airflow's limits,
ends only the process of the file that caused it.
"""

import contextlib
import gc
import importlib
import json
import logging
import os
import signal
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, FOLDER)
from _mwaa_inside import forks, observations, plugin_loading, warm_up, watches  # noqa: E402

sys.path.remove(FOLDER)  # what lies here is not importable for DAG files
sys.dont_write_bytecode = False


def main():
    gc.disable()  # nothing lives long enough to be worth collecting
    warm_up.remember_signatures()
    request = json.load(sys.stdin)
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    observations.CONTENT.extend(
        (folder, os.path.join(os.path.realpath(request[folder]), ""))
        for folder in ("dags", "plugins")
        if request.get(folder)
    )

    import airflow
    from airflow import settings
    from airflow.configuration import conf

    for _, path in observations.CONTENT:
        if path.rstrip("/") not in sys.path:
            sys.path.append(path.rstrip("/"))
    settings.prepare_syspath_for_config_and_plugins()
    logging.disable(logging.CRITICAL)
    is_airflow_2 = observations.is_airflow_2()
    with contextlib.suppress(ImportError):
        importlib.import_module("airflow.models.dagbag" if is_airflow_2 else "airflow.dag_processing.dagbag")
    importlib.import_module("airflow.serialization.serialized_objects")
    watches.watch_variables()
    watches.watch_network()
    watches.watch_warnings()
    watches.watch_dags()
    signal.signal = watches.ignore_segfault_handlers(signal.signal)
    sys.dont_write_bytecode = True  # nothing is left beside the content; Airflow and packages keep theirs
    plugins = plugin_loading.load_plugins()
    sys.dont_write_bytecode = False
    plugins |= {name: list(seen) for name, seen in observations.SEEN.items()}

    def report(value):
        out.write(json.dumps(value, default=str) + "\n")

    report({"airflow": airflow.__version__, **plugins})
    observations.clear()

    dags = dict(observations.CONTENT)["dags"]
    imports = warm_up.find_imports({key: dags + key for key in request["files"]})
    took = warm_up.preimport({name for names in imports.values() for name in names})
    warm_up.import_sample()
    observations.clear()
    files = [(key, dags + key, sum(took.get(name, 0.0) for name in imports[key])) for key in request["files"]]
    own = conf.getfloat("core", "dagbag_import_timeout")
    whole = conf.getfloat("core" if is_airflow_2 else "dag_processor", "dag_file_processor_timeout")
    sys.dont_write_bytecode = True
    gc.freeze()
    forks.import_files(files, request["jobs"], max(own, whole), report)


if __name__ == "__main__":
    main()
