"""The one error of this package."""

from mwaa.config.errors import ConfigurationError


class ContentError(ConfigurationError):
    """The content cannot be shipped as it stands; `problems` holds everything that was found, not only the first."""
