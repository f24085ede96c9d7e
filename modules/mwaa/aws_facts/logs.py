"""MWAA's log groups and the retention that CloudWatch Logs takes."""

from collections.abc import Mapping
from types import MappingProxyType

LOG_RETENTION_DAYS: tuple[int, ...] = (
    # CloudWatch Logs, API PutRetentionPolicy, parameter retentionInDays
    (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
)


LOG_GROUP_SUFFIXES: Mapping[str, str] = MappingProxyType(
    {
        # field of `Logging` -> end of the log group's name, `airflow-<environment>-<suffix>`. UG monitoring-airflow
        "dag_processing": "DAGProcessing",
        "scheduler": "Scheduler",
        "task": "Task",
        "webserver": "WebServer",
        "worker": "Worker",
    }
)
