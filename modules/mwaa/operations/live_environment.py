"""An environment as AWS describes it: the only reader of GetEnvironment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

PARTS = {"plugins": "Plugins", "requirements": "Requirements", "startup_script": "StartupScript"}
"""What an environment takes only through UpdateEnvironment: our name, and how MWAA's arguments begin."""

SIZES = {
    "min_workers": "MinWorkers",
    "max_workers": "MaxWorkers",
    "schedulers": "Schedulers",
    "min_webservers": "MinWebservers",
    "max_webservers": "MaxWebservers",
}
"""The sizes of an environment: our name, and MWAA's argument."""

LOGS = {
    "dag_processing": "DagProcessingLogs",
    "scheduler": "SchedulerLogs",
    "task": "TaskLogs",
    "webserver": "WebserverLogs",
    "worker": "WorkerLogs",
}
"""The logs of an environment: the field of `Logging`, and MWAA's argument."""

FAILED = frozenset({"CREATE_FAILED", "UPDATE_FAILED", "UNAVAILABLE"})
"""Statuses that need a person. UPDATE_FAILED is usable: MWAA restored the version before (botocore's service model)."""


class ObjectVersion(NamedTuple):
    """An object of the source bucket at one S3 version; `version` is empty where MWAA names none."""

    key: str
    version: str


@dataclass(frozen=True, slots=True)
class LastUpdate:
    """The newest update; `error` is MWAA's code and message, empty if it did not fail."""

    status: str
    created_at: datetime | None
    error: str
    source: str


@dataclass(frozen=True, slots=True)
class LiveEnvironment:
    """What GetEnvironment answers. While an update runs, these are still the values from before it."""

    name: str
    arn: str
    status: str
    airflow_version: str
    environment_class: str
    webserver_url: str
    created_at: datetime | None
    bucket: str
    dag_s3_path: str
    """The folder of the DAGs in the bucket, without slashes at its ends."""
    parts: Mapping[str, ObjectVersion]
    """By the names in PARTS; without those that the environment does not have."""
    options: Mapping[str, str]
    """Airflow configuration options."""
    last_update: LastUpdate | None

    @property
    def failed(self) -> bool:
        return self.status in FAILED

    def as_dict(self) -> dict[str, Any]:
        """Return what `mwaa status --json` prints; `objects` maps a path in the source bucket to its S3 version."""
        return {
            "name": self.name,
            "arn": self.arn,
            "status": self.status,
            "airflow_version": self.airflow_version,
            "environment_class": self.environment_class,
            "webserver_url": self.webserver_url,
            "created_at": self.created_at,
            "objects": self.objects,
            "last_update": self.last_update,
        }

    @property
    def objects(self) -> dict[str, str]:
        """The S3 version of each part, by its path in the source bucket."""
        return {part.key: part.version for part in self.parts.values() if part.version}


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """What else the environment runs with: the arguments of CreateEnvironment that a workspace declares."""

    dag_s3_path: str
    """As MWAA has it, maybe with a slash at its end."""
    execution_role_arn: str
    key_arn: str | None
    """The customer-managed key; None where a key of AWS encrypts."""
    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]
    sizes: Mapping[str, int]
    """Workers, schedulers and webservers by the names of `Workspace`."""
    webserver_access_mode: str
    endpoint_management: str
    weekly_maintenance_window_start: str
    worker_replacement_strategy: str
    """That of the last update; FORCED, MWAA's default, where it names none."""
    logging: Mapping[str, str | None]
    """Level of each log by the field of `Logging`; None where it is off."""
    log_levels: Mapping[str, str]
    """The level that MWAA keeps of each log, also of one that is off."""
    endpoint_services: Mapping[str, str]
    """The services of the environment's VPC endpoints, by `database` and `webserver`, as far as it has them."""
    tags: Mapping[str, str]
    """Without those of AWS, which begin with `aws:`."""


def find_environment(mwaa: Any, name: str) -> LiveEnvironment | None:
    """Return the environment of that name, or None if there is none. All other errors of boto3 pass."""
    try:
        return read_environment(mwaa, name)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise


def read_environment(mwaa: Any, name: str) -> LiveEnvironment:
    """Read an environment with `mwaa`, a boto3 client of that service, whose errors pass."""
    return _environment(mwaa.get_environment(Name=name)["Environment"])


def read_with_settings(mwaa: Any, name: str) -> tuple[LiveEnvironment, LiveSettings]:
    """Like `read_environment`, with the other arguments that the environment runs with, of the same moment."""
    found = mwaa.get_environment(Name=name)["Environment"]
    return _environment(found), _settings(found)


def _environment(found: Mapping[str, Any]) -> LiveEnvironment:
    host = found.get("WebserverUrl", "")
    return LiveEnvironment(
        name=found["Name"],
        arn=found.get("Arn", ""),
        status=found["Status"],
        airflow_version=found.get("AirflowVersion", ""),
        environment_class=found.get("EnvironmentClass", ""),
        webserver_url=f"https://{host}" if host else "",
        created_at=found.get("CreatedAt"),
        bucket=found.get("SourceBucketArn", "").rpartition(":")[2],
        dag_s3_path=found.get("DagS3Path", "").strip("/"),
        parts={
            part: ObjectVersion(found[f"{argument}S3Path"], found.get(f"{argument}S3ObjectVersion", ""))
            for part, argument in PARTS.items()
            if found.get(f"{argument}S3Path")
        },
        options=found.get("AirflowConfigurationOptions", {}),
        last_update=_last_update(found.get("LastUpdate")),
    )


def _last_update(found: Mapping[str, Any] | None) -> LastUpdate | None:
    if not found:
        return None
    error = found.get("Error") or {}
    return LastUpdate(
        status=found.get("Status", ""),
        created_at=found.get("CreatedAt"),
        error=": ".join(filter(None, (error.get("ErrorCode"), error.get("ErrorMessage")))),
        source=found.get("Source", ""),
    )


def _settings(found: Mapping[str, Any]) -> LiveSettings:
    network = found.get("NetworkConfiguration", {})
    logging = found.get("LoggingConfiguration", {})
    return LiveSettings(
        dag_s3_path=found.get("DagS3Path", ""),
        execution_role_arn=found.get("ExecutionRoleArn", ""),
        key_arn=found.get("KmsKey"),
        subnet_ids=tuple(network.get("SubnetIds", ())),
        security_group_ids=tuple(network.get("SecurityGroupIds", ())),
        sizes={field: found[argument] for field, argument in SIZES.items() if argument in found},
        webserver_access_mode=found.get("WebserverAccessMode", ""),
        endpoint_management=found.get("EndpointManagement", "SERVICE"),
        weekly_maintenance_window_start=found.get("WeeklyMaintenanceWindowStart", ""),
        worker_replacement_strategy=(found.get("LastUpdate") or {}).get("WorkerReplacementStrategy") or "FORCED",
        logging={field: _level(logging.get(argument, {})) for field, argument in LOGS.items()},
        log_levels={field: logging.get(argument, {}).get("LogLevel", "INFO") for field, argument in LOGS.items()},
        endpoint_services={
            what.lower(): service
            for what in ("Database", "Webserver")
            if (service := found.get(f"{what}VpcEndpointService"))
        },
        tags={key: value for key, value in found.get("Tags", {}).items() if not key.startswith("aws:")},
    )


def _level(log: Mapping[str, Any]) -> str | None:
    return log.get("LogLevel", "INFO") if log.get("Enabled") else None
