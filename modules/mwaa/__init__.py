"""Amazon MWAA as code: what a file under `environments/` is written with.

Names are imported when they are first used: `import mwaa` loads neither CDKTF nor boto3 nor pydantic.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mwaa.app import synthesize
    from mwaa.config import (
        BucketGrant,
        CodeCommitSource,
        ConfigurationError,
        ConnectionSource,
        Content,
        DeployRole,
        EncryptionKey,
        ExecutionRole,
        ExistingNetwork,
        GitHubActions,
        GitLabCi,
        HcpTerraform,
        LocalBackend,
        Logging,
        Naming,
        Network,
        NetworkOf,
        OwnTags,
        ParameterStore,
        Pipeline,
        Roles,
        S3Backend,
        S3Source,
        SecretsManager,
        SourceBucket,
        Suppression,
        Timeouts,
        Workspace,
    )
    from mwaa.constructs.hcp_terraform_roles import HcpTerraformRoles
    from mwaa.stack import WorkspaceStack

__all__ = [
    "BucketGrant",
    "CodeCommitSource",
    "ConfigurationError",
    "ConnectionSource",
    "Content",
    "DeployRole",
    "EncryptionKey",
    "ExecutionRole",
    "ExistingNetwork",
    "GitHubActions",
    "GitLabCi",
    "HcpTerraform",
    "HcpTerraformRoles",
    "LocalBackend",
    "Logging",
    "Naming",
    "Network",
    "NetworkOf",
    "OwnTags",
    "ParameterStore",
    "Pipeline",
    "Roles",
    "S3Backend",
    "S3Source",
    "SecretsManager",
    "SourceBucket",
    "Suppression",
    "Timeouts",
    "Workspace",
    "WorkspaceStack",
    "synthesize",
]

_ELSEWHERE = {
    "HcpTerraformRoles": "mwaa.constructs.hcp_terraform_roles",
    "WorkspaceStack": "mwaa.stack",
    "synthesize": "mwaa.app",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_ELSEWHERE.get(name, "mwaa.config")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
