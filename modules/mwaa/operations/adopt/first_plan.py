"""What the first plan of an adopted workspace changes, announced before anybody plans."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mwaa.aws_facts.airflow_options import plugin_options
from mwaa.config import Names, Workspace
from mwaa.operations.adopt.found_environment import FoundEndpoint, FoundEnvironment, FoundLogGroup
from mwaa.operations.adopt.import_addresses import endpoint_address, log_group_address

_UPDATE = "MWAA updates the environment, which takes 20 to 30 minutes"
"""Source: MWAA user guide, update-environment."""


@dataclass(frozen=True, slots=True)
class AnnouncedChange:
    """An attribute that the first apply changes in place, and why.

    `before` and `after` are as Terraform's plan has them. Of Airflow's options they are the names, because a value may
    be a secret.
    """

    address: str
    attribute: str
    before: Any
    after: Any
    reason: str


def announced_changes(found: FoundEnvironment, workspace: Workspace) -> tuple[AnnouncedChange, ...]:
    """Return every change of the first plan, in the order of addresses. All are made in place.

    `workspace` is the one that was written for the environment. Its network, role, key and bucket are those that the
    environment has, and its name and endpoint management too: MWAA replaces an environment for nothing else.
    """
    names = Names(workspace)
    changes: list[AnnouncedChange] = []
    for field, group in found.log_groups.items():
        if getattr(workspace.logging, field) is not None:
            changes += _log_group_changes(log_group_address(field), group, found, names)
    changes += _environment_changes("aws_mwaa_environment.environment", found, names)
    for what, endpoint in found.endpoints.items():
        if endpoint:
            changes += _endpoint_changes(endpoint_address(what), what, endpoint, found, names)
    return tuple(changes)


def _environment_changes(address: str, found: FoundEnvironment, names: Names) -> Iterator[AnnouncedChange]:
    workspace = names.workspace
    before, after = found.environment.options, workspace.airflow_configuration_options
    if before != after:
        reason = f"{_describe_options(before, after, workspace.airflow_version)}; {_UPDATE}"
        yield AnnouncedChange(address, "airflow_configuration_options", sorted(before), sorted(after), reason)
    path = found.settings.dag_s3_path
    if path != workspace.content.dag_s3_path:
        reason = f"the same folder, without the slash; {_UPDATE}"
        yield AnnouncedChange(address, "dag_s3_path", path, workspace.content.dag_s3_path, reason)
    for field, level in found.settings.log_levels.items():
        if found.settings.logging[field] is None and level != "INFO":
            attribute = f"logging_configuration.{field}_logs.log_level"
            reason = f"the log is off, and MWAA wants a level all the same; {_UPDATE}"
            yield AnnouncedChange(address, attribute, level, "INFO", reason)
    yield from _tag_changes(address, found.settings.tags, {}, names)
    timeouts = workspace.timeouts.model_dump()
    reason = "how long Terraform waits; AWS does not know it"
    yield AnnouncedChange(address, "timeouts", None, timeouts, reason)


def _describe_options(before: Mapping[str, str], after: Mapping[str, str], airflow_version: str) -> str:
    added, removed = after.keys() - before.keys(), before.keys() - after.keys()
    needed = added & plugin_options(airflow_version).keys()
    texts = {
        "adds {}, which plugins need": needed,
        "adds {}, the present name of another": added - needed,
        "removes {}, without effect in this release of MWAA": removed,
    }
    return "; ".join(text.format(", ".join(sorted(options))) for text, options in texts.items() if options)


def _log_group_changes(
    address: str, group: FoundLogGroup, found: FoundEnvironment, names: Names
) -> Iterator[AnnouncedChange]:
    if (key := found.settings.key_arn) != group.key_arn:
        reason = f"from {group.key_arn or 'a key of AWS'} to {key or 'a key of AWS'}: logs use the environment's key"
        yield AnnouncedChange(address, "kms_key_id", group.key_arn or "", key or "", reason)
    if (days := names.workspace.logging.retention_days) != group.retention_days:
        before = f"{group.retention_days} days" if group.retention_days else "unlimited"
        reason = f"from {before} to {days} days, the longest of the log groups: a workspace has one retention"
        yield AnnouncedChange(address, "retention_in_days", group.retention_days or 0, days, reason)
    yield from _tag_changes(address, group.tags, {}, names)


def _endpoint_changes(
    address: str, what: str, endpoint: FoundEndpoint, found: FoundEnvironment, names: Names
) -> Iterator[AnnouncedChange]:
    if endpoint.has_private_dns:
        reason = "the environment's own name is served by MWAA"
        yield AnnouncedChange(address, "private_dns_enabled", True, False, reason)
    for attribute, after in (
        ("security_group_ids", found.settings.security_group_ids),
        ("subnet_ids", found.settings.subnet_ids),
    ):
        if (before := getattr(endpoint, attribute)) != set(after):
            reason = f"from {', '.join(sorted(before)) or 'none'} to those of the environment"
            yield AnnouncedChange(address, attribute, sorted(before), sorted(after), reason)
    yield from _tag_changes(address, endpoint.tags, names.name_tag(names.tag(what)), names)


def _tag_changes(
    address: str, before: Mapping[str, str], own: Mapping[str, str], names: Names
) -> Iterator[AnnouncedChange]:
    """Yield how the tags change. Those that a resource has beside the provider's default tags are `tags`."""
    default = names.default_tags
    after = {**default, **own}
    set_, removed = sorted(key for key in after if before.get(key) != after[key]), sorted(before.keys() - after.keys())
    reason = "; ".join(f"{verb} {', '.join(keys)}" for verb, keys in (("sets", set_), ("removes", removed)) if keys)
    beside = {key: value for key, value in before.items() if default.get(key) != value}
    if beside != own:
        yield AnnouncedChange(address, "tags", beside, dict(own), reason)
    if before != after:
        yield AnnouncedChange(address, "tags_all", dict(before), after, reason)
