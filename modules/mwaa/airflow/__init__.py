"""The real Airflow of a release on this machine: its environment, and what is run in it."""

from mwaa.airflow.dag_test import DagTestRun, run_dag_test
from mwaa.airflow.parsing import ParsedContent, ParsedDag, ParsedFile, parse_dags
from mwaa.airflow.python_environment import AirflowEnvironment, ensure_environment
from mwaa.airflow.settings import AirflowSetup, airflow_environ, content_environ, migrate
from mwaa.airflow.startup_exports import StartupExports, run_for_exports

__all__ = [
    "AirflowEnvironment",
    "AirflowSetup",
    "DagTestRun",
    "ParsedContent",
    "ParsedDag",
    "ParsedFile",
    "StartupExports",
    "airflow_environ",
    "content_environ",
    "ensure_environment",
    "migrate",
    "parse_dags",
    "run_dag_test",
    "run_for_exports",
]
