"""Amazon MWAA as a backend of moto, which has none."""

from mwaa.embedded_aws.mwaa.models import mwaa_backends

__all__ = ["mwaa_backends"]
