"""What the first apply of an adopted workspace takes into the state, and what it makes: addresses of Terraform."""

from mwaa.operations.adopt.found_environment import FoundEnvironment


def import_addresses(found: FoundEnvironment) -> dict[str, str]:
    """Return the imports, address to the provider's id: all that the stack declares and that exists.

    Objects are ignored from then on, because publishing owns them. The addresses are those that the constructs make.
    """
    return {address: id for address, id in _declared(found).items() if id is not None}


def created_addresses(found: FoundEnvironment) -> tuple[str, ...]:
    """Return what the stack declares and what does not exist, or no longer."""
    return tuple(address for address, id in _declared(found).items() if id is None)


def log_group_address(field: str) -> str:
    """Return the address of a log group, by the field of `Logging`."""
    return f"aws_cloudwatch_log_group.log_groups_{field}"


def endpoint_address(what: str) -> str:
    """Return the address of the endpoint of `database` or `webserver`."""
    return f"aws_vpc_endpoint.network_{what}_endpoint"


def _declared(found: FoundEnvironment) -> dict[str, str | None]:
    """Return every managed resource of the stack, and the id of what it is in AWS."""
    live = found.environment
    logs = {
        log_group_address(field): group.name if (group := found.log_groups.get(field)) else None
        for field, level in found.settings.logging.items()
        if level
    }
    endpoints = {endpoint_address(what): one.id if one else None for what, one in found.endpoints.items()}
    objects = {
        f"aws_s3_object.artifacts_{part}": None if part in found.missing_parts else f"{live.bucket}/{stored.key}"
        for part, stored in live.parts.items()
    }
    return {"aws_mwaa_environment.environment": live.name, **logs, **endpoints, **objects}
