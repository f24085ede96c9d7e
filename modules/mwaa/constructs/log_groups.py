"""The environment's log groups, made before MWAA makes them itself without retention, key or owner."""

from typing import Any

from mwaa.config import Names
from mwaa.provider import Construct, Part, aws, resource


def log_group(scope: Construct, id: str, names: Names, name: str, key_arn: str | None) -> Any:
    """A log group with the workspace's retention and key, which stays while deletion protection is on."""
    return resource(
        aws.cloudwatch_log_group.CloudwatchLogGroup,
        scope,
        id,
        name=name,
        retention_in_days=names.workspace.logging.retention_days,
        kms_key_id=key_arn,
        lifecycle={"prevent_destroy": True} if names.workspace.deletion_protection else None,
    )


class LogGroups(Part):
    """One log group for each log that is on. `by_module` maps the field of `Logging` to the log group."""

    def __init__(self, scope: Construct, id: str, names: Names, key_arn: str | None) -> None:
        super().__init__(scope, id)
        logging = names.workspace.logging
        self.by_module: dict[str, Any] = {
            module: log_group(self, module, names, name, key_arn)
            for module, name in names.log_groups.items()
            if getattr(logging, module) is not None
        }
        """The log groups by field of `Logging`, such as task."""
