"""AWS CodeConnections as a backend of moto, which has none."""

from mwaa.embedded_aws.codeconnections.models import codeconnections_backends

__all__ = ["codeconnections_backends"]
