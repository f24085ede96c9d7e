"""Where a synthesis will be applied: the real AWS or the embedded one, as the process environment says."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from mwaa.config.errors import ConfigurationError, Problem, show
from mwaa.config.provider_constraint import ALLOWED, lower_bound

EMBEDDED = "MWAA_EMBEDDED"
"""The variable that `mwaa local` sets to the embedded AWS's instance id; empty or unset means the real AWS."""

AWS_PROVIDER = "MWAA_AWS_PROVIDER"
"""The variable that overrides every workspace's provider constraint, for a machine with one version and no registry."""

WORKSPACES = "MWAA_WORKSPACES"
"""The variable that limits a synthesis to some workspaces: names and patterns, such as `dev,analytics-*`."""


@dataclass(frozen=True, slots=True)
class SynthesisTarget:
    """The real AWS or the embedded one, the AWS provider to use there, and the patterns of the workspaces (or all)."""

    embedded: bool = False
    aws_provider: str | None = None
    workspaces: tuple[str, ...] = ()

    def wants(self, name: str) -> bool:
        """Return whether a workspace of that name is to be synthesized."""
        return not self.workspaces or any(fnmatchcase(name, pattern) for pattern in self.workspaces)

    def unknown(self, names: Collection[str]) -> list[str]:
        """Return the patterns that match none of the names."""
        return [pattern for pattern in self.workspaces if not any(fnmatchcase(name, pattern) for name in names)]

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "SynthesisTarget":
        """Read the target from the process environment.

        Raises ConfigurationError if the provider variable is not a constraint that a workspace may have.
        """
        constraint = environ.get(AWS_PROVIDER) or None
        if constraint is not None:
            try:
                lower_bound(constraint)
            except ValueError as error:
                raise ConfigurationError([Problem(AWS_PROVIDER, show(constraint), ALLOWED, str(error))]) from None
        patterns = tuple(filter(None, map(str.strip, environ.get(WORKSPACES, "").split(","))))
        return cls(embedded=bool(environ.get(EMBEDDED)), aws_provider=constraint, workspaces=patterns)
