"""Checks of an environment's values that need nothing else of the account. The limits are in `mwaa.aws_facts`.

AWS publishes few of the messages. Where none is known, the text names the allowed values as the user guide does.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from mwaa.aws_facts.airflow_options import blocked_options
from mwaa.aws_facts.environment_classes import ENVIRONMENT_CLASSES, inverted_pairs, size_violations
from mwaa.aws_facts.regions import GRACEFUL_UNAVAILABLE_REGIONS
from mwaa.aws_facts.release_steps import BRIDGE, is_in_place
from mwaa.aws_facts.releases import PUBLIC_AND_PRIVATE_SINCE, RELEASES, supported_versions
from mwaa.embedded_aws.mwaa.exceptions import ValidationException
from mwaa.embedded_aws.refusals import refuses
from mwaa.embedded_aws.settings import EmbeddedSettings

_PATHS = {
    "PluginsS3Path": "PluginsS3ObjectVersion",
    "RequirementsS3Path": "RequirementsS3ObjectVersion",
    "StartupScriptS3Path": "StartupScriptS3ObjectVersion",
}


def check(values: Mapping[str, Any], settings: EmbeddedSettings) -> None:
    """Raise ValidationException if MWAA refuses an environment with these (complete) values."""
    release = RELEASES.get(values["AirflowVersion"])
    if release is None:
        allowed = ", ".join(supported_versions(date.today()))
        raise ValidationException(f"Airflow version {values['AirflowVersion']} is not supported. Supported: {allowed}")
    _check_class(values, settings)
    if values["WebserverAccessMode"] == "PUBLIC_AND_PRIVATE" and not release.offers_public_and_private:
        raise ValidationException(
            "WebserverAccessMode PUBLIC_AND_PRIVATE requires Apache Airflow "
            f"{PUBLIC_AND_PRIVATE_SINCE} or later, not {release.version}"
        )
    if blocked := blocked_options(values["AirflowConfigurationOptions"]):
        raise ValidationException(f"Airflow configuration options cannot be set: {', '.join(blocked)}")
    for path, version in _PATHS.items():
        if values.get(version) and not values.get(path):
            raise ValidationException(f"{path} is required when {version} is specified")
    for path in ("DagS3Path", *_PATHS):
        if values.get(path, "").startswith("/"):
            raise ValidationException(f"{path} must be relative to the bucket: {values[path]}")


@refuses("CreateEnvironment, TagResource")
def refuse_tags_of_aws(tags: Mapping[str, str]) -> None:
    """A tag whose key begins with `aws:`."""
    for key in tags:
        if key.lower().startswith("aws:"):
            raise ValidationException(f"Tag keys that begin with aws: are reserved: {key}")


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
    limits = kind.limits_within(workers=settings.quota("workers"), webservers=settings.quota("webservers"))
    sizes = {field: values[_argument(field)] for field in limits}
    for wrong in size_violations(sizes, limits):
        allowed = f"{wrong.low}" if wrong.low == wrong.high else f"between {wrong.low} and {wrong.high}"
        raise ValidationException(f"{_argument(wrong.field)} must be {allowed} for {kind.name}: {wrong.value}")
    for low, high in inverted_pairs(sizes):
        raise ValidationException(
            f"{_argument(low)} ({sizes[low]}) must not be greater than {_argument(high)} ({sizes[high]})"
        )


def _argument(field: str) -> str:
    """Return CreateEnvironment's name of a size: MinWorkers for `min_workers`."""
    return field.title().replace("_", "")


def _check_step(old: str, new: str) -> None:
    """Raise ValidationException if MWAA does not upgrade in place from `old` to `new`. UG upgrading-environment."""
    check_new({"AirflowVersion": new})
    if not is_in_place(RELEASES[old], RELEASES[new]):
        raise ValidationException(
            f"Environments cannot be changed from Airflow {old} to {new}: go through {BRIDGE} first"
        )
