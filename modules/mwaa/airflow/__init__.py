"""The real Airflow of a release on this machine: its environment, and what is run in it."""

from mwaa.airflow.dag_test import Run, run_once
from mwaa.airflow.parsing import Parsed, ParsedDag, ParsedFile, parse_dags
from mwaa.airflow.python_environment import AirflowEnvironment, ready
from mwaa.airflow.settings import environ_of, migrated
from mwaa.airflow.startup_exports import Startup, exported

__all__ = [
    "AirflowEnvironment",
    "Parsed",
    "ParsedDag",
    "ParsedFile",
    "Run",
    "Startup",
    "environ_of",
    "exported",
    "migrated",
    "parse_dags",
    "ready",
    "run_once",
]
