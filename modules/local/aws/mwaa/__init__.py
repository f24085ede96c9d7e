"""Amazon MWAA as a backend of moto, which has none."""

from modules.local.aws.mwaa.models import mwaa_backends

__all__ = ["mwaa_backends"]
