"""A real Airflow on this machine for a workspace on the embedded AWS, fed from its bucket as MWAA feeds it."""

from collections.abc import Iterator

from modules.local.airflow.run import Run, Task, run_dag
from modules.local.airflow.serving import LocalAirflow, serving
from modules.local.aws import registration
from modules.local.aws.registration import Registration
from modules.local.embedded import Embedded

__all__ = ["LocalAirflow", "Registration", "Run", "Task", "run_dag", "running", "serving"]


def running(here: Embedded) -> Iterator[Registration]:
    """The local Airflows that serve environments of this embedded AWS."""
    return registration.running(here.folder)
