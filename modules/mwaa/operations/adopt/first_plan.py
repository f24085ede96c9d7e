"""What the first plan of an adopted workspace changes, announced before anybody plans."""

from collections.abc import Mapping
from dataclasses import dataclass

from mwaa.config import Workspace
from mwaa.operations.adopt.found_environment import FoundEnvironment, FoundLogGroup


@dataclass(frozen=True, slots=True)
class AnnouncedChange:
    """An attribute that the first apply changes in place, and why."""

    address: str
    attribute: str
    reason: str


def announced_changes(found: FoundEnvironment, workspace: Workspace) -> tuple[AnnouncedChange, ...]:
    """Return every change of the first plan, in the order of addresses. All are made in place.

    `workspace` is the one that was written for the environment. Its network, role, key and bucket are those that the
    environment has, and its name and endpoint management too: MWAA replaces an environment for nothing else.
    """
    changes: list[AnnouncedChange] = []
    for field, group in found.log_groups.items():
        if getattr(workspace.logging, field) is not None:
            changes += _log_group_changes(f"aws_cloudwatch_log_group.log_groups_{field}", group, found, workspace)
    address = "aws_mwaa_environment.environment"
    if workspace.airflow_configuration_options != found.environment.options:
        added = sorted(workspace.airflow_configuration_options.keys() - found.environment.options.keys())
        reason = f"adds {', '.join(added)}, which plugins need; MWAA restarts the environment's components"
        changes.append(AnnouncedChange(address, "airflow_configuration_options", reason))
    changes += _tag_changes(address, found.settings.tags, workspace)
    changes.append(AnnouncedChange(address, "timeouts", "how long Terraform waits; AWS does not know it"))
    return tuple(changes)


def _log_group_changes(
    address: str, group: FoundLogGroup, found: FoundEnvironment, workspace: Workspace
) -> list[AnnouncedChange]:
    changes = []
    if (key := found.settings.key_arn) != group.key_arn:
        reason = f"from {group.key_arn or 'a key of AWS'} to {key or 'a key of AWS'}: logs use the environment's key"
        changes.append(AnnouncedChange(address, "kms_key_id", reason))
    if (days := workspace.logging.retention_days) != group.retention_days:
        before = f"{group.retention_days} days" if group.retention_days else "unlimited"
        reason = f"from {before} to {days} days, the longest of the log groups: a workspace has one retention"
        changes.append(AnnouncedChange(address, "retention_in_days", reason))
    return changes + _tag_changes(address, group.tags, workspace)


def _tag_changes(address: str, before: Mapping[str, str], workspace: Workspace) -> list[AnnouncedChange]:
    after = {"managed-by": "terraform", "workspace": workspace.name} | workspace.tags
    added = sorted(key for key, value in after.items() if before.get(key) != value)
    removed = sorted(before.keys() - after.keys())
    reason = "; ".join(f"{verb} {', '.join(keys)}" for verb, keys in (("sets", added), ("removes", removed)) if keys)
    return [AnnouncedChange(address, "tags_all", reason)] if reason else []
