"""The workspace file of a live environment: every value that is not the default, and nothing else.

What the environment uses and the workspace cannot own (VPC, security groups, role, key, bucket) is referred to.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from mwaa import config
from mwaa.aws_facts.airflow_options import renamed_option, why_without_effect
from mwaa.aws_facts.environment_classes import ENVIRONMENT_CLASSES
from mwaa.aws_facts.logs import LOG_RETENTION_DAYS
from mwaa.aws_facts.releases import RELEASES
from mwaa.config import ConfigurationError, Content, Logging, Workspace
from mwaa.config.declaration import Declaration
from mwaa.config.discovery import located_problems
from mwaa.operations.adopt.content import FILES
from mwaa.operations.adopt.found_environment import FoundEnvironment
from mwaa.operations.adopt.python_source import Call, write_assignment, write_import
from mwaa.operations.live_environment import PARTS


def content_folder(name: str) -> str:
    """Return the folder in the project that takes the content of the adopted workspace of that name."""
    return f"content/{name}"


def write_workspace_file(found: FoundEnvironment, name: str) -> str:
    """Return the text of `environments/<name>.py`."""
    workspace = declare(found, name)
    title = f'"""Environment {found.environment.name}, which existed before this project."""\n'
    imports = write_import("mwaa", set(workspace.names()))
    return f"{title}\n{imports}\n{write_assignment('workspace', workspace)}"


def build_workspace(found: FoundEnvironment, name: str) -> Workspace:
    """Return the workspace that the file declares. Raises ConfigurationError where no workspace can be so."""
    try:
        workspace: Workspace = _build(declare(found, name))
        return workspace.with_name(name)
    except ValidationError as error:
        where = f"the environment {found.environment.name} in AWS"
        raise ConfigurationError(located_problems(error)).in_file(where) from None


def _build(value: Any) -> Any:
    if not isinstance(value, Call):
        return value
    return getattr(config, value.name)(**{name: _build(part) for name, part in value.arguments.items()})


def declare(found: FoundEnvironment, name: str) -> Call:
    """Return the workspace that describes the environment."""
    live, settings = found.environment, found.settings
    arguments: dict[str, Any] = {
        "account": found.account,
        "region": found.region,
        "airflow_version": live.airflow_version,
        "environment_class": live.environment_class,
        "environment_name": live.name,
        "network": _network(found),
        "source_bucket": Call("SourceBucket", {"create": False, "name": live.bucket}),
        "execution_role": Call("ExecutionRole", {"arn": settings.execution_role_arn}),
        "content": Call("Content", _content(found, name)),
    }
    if settings.key_arn:
        arguments["encryption_key"] = Call("EncryptionKey", {"arn": settings.key_arn})
    arguments |= _sizes(found)
    for field in ("webserver_access_mode", "endpoint_management", "worker_replacement_strategy"):
        if (value := getattr(settings, field)) != _default(Declaration, field):
            arguments[field] = value
    if settings.weekly_maintenance_window_start:
        arguments["weekly_maintenance_window_start"] = settings.weekly_maintenance_window_start
    if logging := _logging(found):
        arguments["logging"] = Call("Logging", logging)
    if options := current_options(live.options, live.airflow_version):
        arguments["airflow_configuration_options"] = options
    if settings.tags:
        arguments["tags"] = dict(sorted(settings.tags.items()))
    return Call("Workspace", arguments)


def current_options(options: Mapping[str, str], airflow_version: str) -> dict[str, str]:
    """Return the options that have an effect in MWAA, sorted, under their names in this release of Airflow."""
    major, current = RELEASES[airflow_version].major, dict[str, str]()
    for option, value in options.items():
        name = renamed_option(option, major)
        name = option if name is None else name
        if name and why_without_effect(option) is None and (name == option or name not in options):
            current[name] = value
    return dict(sorted(current.items()))


def _network(found: FoundEnvironment) -> Call:
    arguments: dict[str, Any] = {
        "vpc_id": found.vpc_id,
        "private_subnet_ids": found.settings.subnet_ids,
        "security_group_ids": found.settings.security_group_ids,
    }
    if found.vpc_owner != found.account:
        arguments["owner_account"] = found.vpc_owner
    return Call("ExistingNetwork", arguments)


def _content(found: FoundEnvironment, name: str) -> dict[str, Any]:
    """Return the arguments of Content: the environment's content is in the bucket, and stays as it is until a publish.

    Publishing owns it, so that no apply uploads or deletes an object. What the environment lacks is None.
    """
    folder, live = content_folder(name), found.environment
    arguments: dict[str, Any] = {"dags": f"{folder}/dags"}
    arguments |= {part: f"{folder}/{FILES[part]}" if part in live.parts else None for part in PARTS}
    places = {"dag_s3_path": live.dag_s3_path} | {f"{part}_s3_path": stored.key for part, stored in live.parts.items()}
    arguments |= {field: key for field, key in places.items() if key != _default(Content, field)}
    return arguments | {"owner": "PUBLISH"}


def _sizes(found: FoundEnvironment) -> dict[str, int]:
    """Return the sizes that differ from those of the class."""
    limits = ENVIRONMENT_CLASSES[found.environment.environment_class]
    defaults = {
        "min_workers": _default(Declaration, "min_workers"),
        "max_workers": limits.default_max_workers,
        "schedulers": limits.default_schedulers,
        "min_webservers": limits.default_webservers,
        "max_webservers": limits.default_webservers,
    }
    return {field: size for field, size in found.settings.sizes.items() if size != defaults[field]}


def _logging(found: FoundEnvironment) -> dict[str, Any]:
    """Return the arguments of Logging. Its one retention is the longest of the log groups, so that no line is lost."""
    levels = found.settings.logging
    arguments: dict[str, Any] = {field: level for field, level in levels.items() if level != _default(Logging, field)}
    groups = [group for field, group in found.log_groups.items() if levels.get(field)]
    if groups:
        days = max(one.retention_days or LOG_RETENTION_DAYS[-1] for one in groups)  # none: for ever
        if days != _default(Logging, "retention_days"):
            arguments["retention_days"] = days
    return arguments


def _default(model: Any, field: str) -> Any:
    return model.model_fields[field].default
