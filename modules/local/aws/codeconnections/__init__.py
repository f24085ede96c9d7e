"""AWS CodeConnections as a backend of moto, which has none."""

from modules.local.aws.codeconnections.models import codeconnections_backends

__all__ = ["codeconnections_backends"]
