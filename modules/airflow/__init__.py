"""The real Airflow of a release on this machine: its environment, and what is run in it."""

from modules.airflow.dags import Run, run_once
from modules.airflow.environment import AirflowEnvironment, ready
from modules.airflow.home import environ_of, migrated
from modules.airflow.parsing import Parsed, ParsedDag, ParsedFile, parse_dags
from modules.airflow.startup import Startup, exported

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
