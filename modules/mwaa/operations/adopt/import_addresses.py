"""What the first apply of an adopted workspace takes into the state: Terraform addresses and the provider's ids."""

from mwaa.operations.adopt.found_environment import FoundEnvironment


def import_addresses(found: FoundEnvironment) -> dict[str, str]:
    """Return the imports: the environment, the log groups of its logs, and its single objects, so that none is made.

    Objects are ignored from then on, because publishing owns them. The addresses are those that the constructs make.
    """
    live = found.environment
    logs = {
        f"aws_cloudwatch_log_group.log_groups_{field}": group.name
        for field, group in found.log_groups.items()
        if found.settings.logging.get(field)
    }
    objects = {f"aws_s3_object.artifacts_{part}": f"{live.bucket}/{stored.key}" for part, stored in live.parts.items()}
    return {"aws_mwaa_environment.environment": live.name, **logs, **objects}
