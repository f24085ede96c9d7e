"""A real Airflow on this machine for a workspace on the embedded AWS, fed from its bucket as MWAA feeds it."""

from collections.abc import Iterator

from mwaa.airflow_link import registration
from mwaa.airflow_link.registration import Registration
from mwaa.embedded_aws import Embedded
from mwaa.local_airflow.dag_runs import DagRun, TaskInstance, run_dag
from mwaa.local_airflow.launcher import LocalAirflow, run_airflow

__all__ = ["DagRun", "LocalAirflow", "Registration", "TaskInstance", "list_airflows", "run_airflow", "run_dag"]


def list_airflows(embedded: Embedded) -> Iterator[Registration]:
    """Return the local Airflows that serve environments of this embedded AWS."""
    return registration.list_running(embedded.folder)
