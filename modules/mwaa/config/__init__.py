"""The workspace model: what people write in `environments/`, and the data and names that everything else reads."""

from mwaa.config.backends import Backend, HcpTerraform, LocalBackend, S3Backend
from mwaa.config.ci import GitHubActions, GitLabCi
from mwaa.config.declaration import (
    Content,
    EncryptionKey,
    Logging,
    SourceBucket,
    Suppression,
    Timeouts,
)
from mwaa.config.definition import Definition
from mwaa.config.discovery import BrokenWorkspace, Discovery, discover, discover_all, find_root, pick
from mwaa.config.errors import ConfigurationError, Problem
from mwaa.config.existing_network import AnyNetwork, ExistingNetwork, NetworkOf
from mwaa.config.naming import Names
from mwaa.config.network import Network
from mwaa.config.organization import Naming, OwnTags
from mwaa.config.pipeline import CodeCommitSource, ConnectionSource, Pipeline, S3Source
from mwaa.config.roles import BucketGrant, DeployRole, ExecutionRole, Roles
from mwaa.config.secrets_backend import ParameterStore, SecretsManager
from mwaa.config.synthesis_target import SynthesisTarget
from mwaa.config.workspace import Workspace
from mwaa.failure import Failure

__all__ = [
    "AnyNetwork",
    "Backend",
    "BrokenWorkspace",
    "BucketGrant",
    "CodeCommitSource",
    "ConfigurationError",
    "ConnectionSource",
    "Content",
    "Definition",
    "DeployRole",
    "Discovery",
    "EncryptionKey",
    "ExecutionRole",
    "ExistingNetwork",
    "Failure",
    "GitHubActions",
    "GitLabCi",
    "HcpTerraform",
    "LocalBackend",
    "Logging",
    "Names",
    "Naming",
    "Network",
    "NetworkOf",
    "OwnTags",
    "ParameterStore",
    "Pipeline",
    "Problem",
    "Roles",
    "S3Backend",
    "S3Source",
    "SecretsManager",
    "SourceBucket",
    "Suppression",
    "SynthesisTarget",
    "Timeouts",
    "Workspace",
    "discover",
    "discover_all",
    "find_root",
    "pick",
]
