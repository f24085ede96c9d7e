"""Checks of an environment's values that need nothing else of the account. The limits are in `mwaa.aws_facts`.

AWS publishes few of the messages. Where none is known, the text names the allowed values as the user guide does.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from mwaa.aws_facts.airflow_options import BLOCKED_OPTIONS
from mwaa.aws_facts.environment_classes import ENVIRONMENT_CLASSES
from mwaa.aws_facts.regions import GRACEFUL_UNAVAILABLE_REGIONS
from mwaa.aws_facts.releases import RELEASES, supported_versions
from mwaa.embedded_aws.mwaa.exceptions import ValidationException
from mwaa.embedded_aws.settings import EmbeddedSettings

_PATHS = {
    "PluginsS3Path": "PluginsS3ObjectVersion",
    "RequirementsS3Path": "RequirementsS3ObjectVersion",
    "StartupScriptS3Path": "StartupScriptS3ObjectVersion",
}
_PUBLIC_AND_PRIVATE_SINCE = (3, 2, 1)


def check(values: Mapping[str, Any], settings: EmbeddedSettings) -> None:
    """Raise ValidationException if MWAA refuses an environment with these (complete) values."""
    release = RELEASES.get(values["AirflowVersion"])
    if release is None:
        allowed = ", ".join(supported_versions(date.today()))
        raise ValidationException(f"Airflow version {values['AirflowVersion']} is not supported. Supported: {allowed}")
    _check_class(values, settings)
    if values["WebserverAccessMode"] == "PUBLIC_AND_PRIVATE" and release.numbers < _PUBLIC_AND_PRIVATE_SINCE:
        raise ValidationException(
            f"WebserverAccessMode PUBLIC_AND_PRIVATE requires Apache Airflow 3.2.1 or later, not {release.version}"
        )
    blocked = sorted(set(values["AirflowConfigurationOptions"]) & set(BLOCKED_OPTIONS))
    if blocked:
        raise ValidationException(f"Airflow configuration options cannot be set: {', '.join(blocked)}")
    for path, version in _PATHS.items():
        if values.get(path) and not values.get(version):
            raise ValidationException(f"{version} is required when {path} is specified")
        if values.get(version) and not values.get(path):
            raise ValidationException(f"{path} is required when {version} is specified")
    for path in ("DagS3Path", *_PATHS):
        if values.get(path, "").startswith("/"):
            raise ValidationException(f"{path} must be relative to the bucket: {values[path]}")


def check_new(values: Mapping[str, Any]) -> None:
    """Raise ValidationException if MWAA no longer creates environments with this release."""
    if values["AirflowVersion"] not in supported_versions(date.today()):
        raise ValidationException(
            f"Airflow version {values['AirflowVersion']} is not supported. "
            f"Supported: {', '.join(supported_versions(date.today()))}"
        )


def check_change(values: Mapping[str, Any], changes: Mapping[str, Any], region: str) -> None:
    """Raise ValidationException if MWAA refuses these changes of an existing environment."""
    if "AirflowVersion" in changes and changes["AirflowVersion"] != values["AirflowVersion"]:
        _check_step(values["AirflowVersion"], changes["AirflowVersion"])
    for path in _PATHS:
        if values.get(path) and changes.get(path) == "":
            raise ValidationException(f"{path} cannot be removed. Specify the path of an empty file instead.")
    if changes.get("WorkerReplacementStrategy") == "GRACEFUL" and region in GRACEFUL_UNAVAILABLE_REGIONS:
        raise ValidationException(f"WorkerReplacementStrategy GRACEFUL is not available in {region}")


def _check_class(values: Mapping[str, Any], settings: EmbeddedSettings) -> None:
    kind = ENVIRONMENT_CLASSES.get(values["EnvironmentClass"])
    if kind is None:
        allowed = ", ".join(ENVIRONMENT_CLASSES)
        raise ValidationException(
            f"Environment class {values['EnvironmentClass']} is not supported. Supported: {allowed}"
        )
    most_webservers = max(kind.webservers[0], min(kind.webservers[1], settings.quota("webservers")))
    most_workers = max(kind.workers[0], min(kind.workers[1], settings.quota("workers")))
    ranges = {
        "Schedulers": kind.schedulers,
        "MinWebservers": (kind.webservers[0], most_webservers),
        "MaxWebservers": (kind.webservers[0], most_webservers),
        "MinWorkers": (kind.workers[0], most_workers),
        "MaxWorkers": (kind.workers[0], most_workers),
    }
    for name, (least, most) in ranges.items():
        if not least <= values[name] <= most:
            allowed = f"{least}" if least == most else f"between {least} and {most}"
            raise ValidationException(f"{name} must be {allowed} for {kind.name}: {values[name]}")
    for low, high in (("MinWorkers", "MaxWorkers"), ("MinWebservers", "MaxWebservers")):
        if values[low] > values[high]:
            raise ValidationException(f"{low} ({values[low]}) must not be greater than {high} ({values[high]})")


def _check_step(old: str, new: str) -> None:
    """Raise ValidationException if MWAA does not upgrade in place from `old` to `new`. UG upgrading-environment."""
    check_new({"AirflowVersion": new})
    before, after = RELEASES[old], RELEASES[new]
    crossing = {before.major, after.major} == {2, 3}
    two = before if before.major == 2 else after
    if before.major != after.major and not (crossing and two.numbers[:2] == (2, 11)):
        raise ValidationException(f"Environments cannot be changed from Airflow {old} to {new}: go through 2.11 first")
