"""A real Airflow on this machine for a workspace on the embedded AWS, fed from its bucket as MWAA feeds it."""

from collections.abc import Iterator

from mwaa.airflow_link import registration
from mwaa.airflow_link.registration import Registration
from mwaa.embedded_aws.control import Embedded
from mwaa.local_airflow.dag_runs import Run, Task, run_dag
from mwaa.local_airflow.serving import LocalAirflow, serving

__all__ = ["LocalAirflow", "Registration", "Run", "Task", "run_dag", "running", "serving"]


def running(here: Embedded) -> Iterator[Registration]:
    """The local Airflows that serve environments of this embedded AWS."""
    return registration.running(here.folder)
