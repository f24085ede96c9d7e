"""Service quotas that AWS enforces and moto does not."""

from modules.local.aws.settings import Settings


def enforce(settings: Settings) -> None:
    """Makes moto's EC2 refuse what goes over a quota."""
