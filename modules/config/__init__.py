"""The workspace model: what people write in `environments/`, and the data and names that everything else reads."""

from modules.config.declaration import (
    Backend,
    Content,
    EncryptionKey,
    LocalBackend,
    Logging,
    SourceBucket,
    Suppression,
    Timeouts,
)
from modules.config.discovery import Definition, discover, find_root, pick
from modules.config.errors import ConfigurationError, Failure, Problem
from modules.config.naming import Names
from modules.config.network import Network
from modules.config.pipeline import CodeCommitSource, ConnectionSource, Pipeline, S3Source
from modules.config.target import Target
from modules.config.workspace import Workspace

__all__ = [
    "Backend",
    "CodeCommitSource",
    "ConfigurationError",
    "ConnectionSource",
    "Content",
    "Definition",
    "EncryptionKey",
    "Failure",
    "LocalBackend",
    "Logging",
    "Names",
    "Network",
    "Pipeline",
    "Problem",
    "S3Source",
    "SourceBucket",
    "Suppression",
    "Target",
    "Timeouts",
    "Workspace",
    "discover",
    "find_root",
    "pick",
]
