"""The values of an environment: the service's defaults, and the values after an update."""

import copy
from collections.abc import Mapping
from datetime import date
from typing import Any

from mwaa.aws_facts.environment_classes import ENVIRONMENT_CLASSES
from mwaa.aws_facts.logs import LOG_GROUP_SUFFIXES
from mwaa.aws_facts.releases import supported_versions

LOG_GROUPS = {
    "".join(part.capitalize() for part in field.split("_")) + "Logs": suffix
    for field, suffix in LOG_GROUP_SUFFIXES.items()
}
"""Field of the API's LoggingConfiguration -> suffix of the log group's name."""


def add_defaults(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return `parameters` with the service's defaults for everything else.

    Source: the acceptance tests of aws_mwaa_environment in github.com/hashicorp/terraform-provider-aws.
    """
    kind = ENVIRONMENT_CLASSES.get(parameters.get("EnvironmentClass", "mw1.small"), ENVIRONMENT_CLASSES["mw1.small"])
    # If only one end of an autoscaling pair is given, the other follows it.
    low, high = parameters.get("MinWebservers"), parameters.get("MaxWebservers")
    defaults: dict[str, Any] = {
        "AirflowVersion": supported_versions(date.today())[0],
        "AirflowConfigurationOptions": {},
        "EnvironmentClass": kind.name,
        "MinWorkers": 1,
        "MaxWorkers": max(kind.default_max_workers, parameters.get("MinWorkers", 1)),
        "Schedulers": kind.default_schedulers,
        "MinWebservers": min(kind.default_webservers, high or kind.default_webservers),
        "MaxWebservers": max(kind.default_webservers, low or kind.default_webservers),
        "WebserverAccessMode": "PRIVATE_ONLY",
        "WeeklyMaintenanceWindowStart": "SUN:03:00",
        "EndpointManagement": "SERVICE",
    }
    logging = {module: {"Enabled": module == "TaskLogs", "LogLevel": "INFO"} for module in LOG_GROUPS}
    logging |= {name: dict(value) for name, value in parameters.get("LoggingConfiguration", {}).items()}
    return defaults | copy.deepcopy(dict(parameters)) | {"LoggingConfiguration": logging}


def merge_changes(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values after an update: it replaces whole maps, and the given parts of logging and network."""
    wanted = copy.deepcopy(dict(values))
    for name, value in changes.items():
        match name:
            case "LoggingConfiguration" | "NetworkConfiguration":
                wanted[name] |= copy.deepcopy(value)
            case "Teams":
                teams = wanted.get("Teams", {}) | value.get("AddOrUpdate", {})
                wanted["Teams"] = {team: kept for team, kept in teams.items() if team not in value.get("Remove", [])}
            case "WorkerReplacementStrategy":
                pass  # belongs to the update, not to the environment
            case _:
                wanted[name] = copy.deepcopy(value)
    for path in ("PluginsS3Path", "RequirementsS3Path", "StartupScriptS3Path"):
        version = path.replace("Path", "ObjectVersion")
        if wanted.get(path) != values.get(path) and version not in changes:
            wanted.pop(version, None)  # it is one of the file before
    return wanted
