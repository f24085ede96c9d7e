"""Why no local Airflow serves a workspace."""

from mwaa.failure import Failure


class LocalAirflowError(Failure):
    """The workspace is not deployed on the embedded AWS, or no local Airflow runs for it."""
