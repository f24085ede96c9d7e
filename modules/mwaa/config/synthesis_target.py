"""What the process environment says about where this synthesis will be applied."""

from collections.abc import Mapping
from dataclasses import dataclass

from mwaa.config.errors import ConfigurationError, Problem, show
from mwaa.config.provider_constraint import ALLOWED, lower_bound

EMBEDDED = "MWAA_EMBEDDED"
"""Set by `mwaa local` to the embedded AWS's instance id; an empty or absent variable means the real AWS."""

AWS_PROVIDER = "MWAA_AWS_PROVIDER"
"""Replaces every workspace's provider constraint, for a machine that has one version and no registry."""


@dataclass(frozen=True, slots=True)
class SynthesisTarget:
    """The real AWS, or the embedded one, with the AWS provider that is at hand there."""

    embedded: bool = False
    aws_provider: str | None = None

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "SynthesisTarget":
        """Raises ConfigurationError if the provider variable is no constraint that a workspace may have."""
        constraint = environ.get(AWS_PROVIDER) or None
        if constraint is not None:
            try:
                lower_bound(constraint)
            except ValueError as error:
                raise ConfigurationError([Problem(AWS_PROVIDER, show(constraint), ALLOWED, str(error))]) from None
        return cls(embedded=bool(environ.get(EMBEDDED)), aws_provider=constraint)
