"""What MWAA says of a workspace's environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from mwaa.config import Names
from mwaa.operations.access import told

FAILED = frozenset({"CREATE_FAILED", "UPDATE_FAILED", "UNAVAILABLE"})
"""Statuses that need a person. UPDATE_FAILED is usable: MWAA restored the version before (botocore's service model)."""


@dataclass(frozen=True, slots=True)
class LastUpdate:
    """The newest update; `error` is MWAA's code and message, empty if it did not fail."""

    status: str
    created_at: datetime | None
    error: str
    source: str


@dataclass(frozen=True, slots=True)
class Status:
    """An environment as GetEnvironment describes it. `objects` maps a path in the source bucket to its S3 version."""

    name: str
    arn: str
    status: str
    airflow_version: str
    environment_class: str
    webserver_url: str
    created_at: datetime | None
    objects: dict[str, str]
    last_update: LastUpdate | None

    @property
    def failed(self) -> bool:
        return self.status in FAILED


def status(names: Names, mwaa: Any) -> Status | None:
    """Asks `mwaa`, a boto3 client of that service; None if there is no such environment. Raises AccessError."""
    with told(names.workspace.region):
        try:
            found = mwaa.get_environment(Name=names.environment)["Environment"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise
    host = found.get("WebserverUrl", "")
    return Status(
        name=found["Name"],
        arn=found.get("Arn", ""),
        status=found["Status"],
        airflow_version=found.get("AirflowVersion", ""),
        environment_class=found.get("EnvironmentClass", ""),
        webserver_url=f"https://{host}" if host else "",
        created_at=found.get("CreatedAt"),
        objects={
            found[f"{kind}S3Path"]: found[f"{kind}S3ObjectVersion"]
            for kind in ("Plugins", "Requirements", "StartupScript")
            if found.get(f"{kind}S3Path") and found.get(f"{kind}S3ObjectVersion")
        },
        last_update=last_update(found.get("LastUpdate")),
    )


def last_update(found: Mapping[str, Any] | None) -> LastUpdate | None:
    """What GetEnvironment says of the newest update."""
    if not found:
        return None
    error = found.get("Error") or {}
    return LastUpdate(
        status=found.get("Status", ""),
        created_at=found.get("CreatedAt"),
        error=": ".join(filter(None, (error.get("ErrorCode"), error.get("ErrorMessage")))),
        source=found.get("Source", ""),
    )
