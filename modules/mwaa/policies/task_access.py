"""What a team's tasks may use besides what MWAA itself needs: buckets, secrets, parameters.

Sources: MWAA user guide, connections-secrets-manager; the Amazon provider of Airflow, secrets backends; IAM service
authorization reference.
"""

from collections.abc import Iterable

from mwaa.config import Names, SecretsManager
from mwaa.policies import Statement


def additions(names: Names) -> list[Statement]:
    """Return the statements that the workspace declares: its execution role's fields and its secrets backend."""
    workspace, config = names.workspace, names.workspace.execution_role
    statements: list[Statement] = []
    for grant in config.buckets:
        statements += bucket_access(names, grant.bucket, grant.prefix, write=grant.access == "READ_WRITE")
    if config.secret_prefixes:
        statements.append(secrets_access(names, config.secret_prefixes))
    if config.parameter_prefixes:
        statements.append(parameters_access(names, config.parameter_prefixes))
    if backend := workspace.secrets_backend:
        is_secrets_manager = isinstance(backend, SecretsManager)
        access = secrets_access if is_secrets_manager else parameters_access
        statements.append(access(names, [f"{prefix}/" for prefix in backend.prefixes.values()]))
        if backend.kms_key_arn:
            statements.append(key_access(names, backend.kms_key_arn, "secretsmanager" if is_secrets_manager else "ssm"))
    return [*statements, *config.statements]


def bucket_access(names: Names, bucket: str, prefix: str, *, write: bool = False) -> list[Statement]:
    """List and read a bucket, or what lies under a prefix; with `write` also write and delete objects there."""
    arn = f"arn:{names.partition}:s3:::{bucket}"
    listing: Statement = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": arn}
    if prefix:
        listing["Condition"] = {"StringLike": {"s3:prefix": f"{prefix}*"}}
    actions = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
    objects = {"Effect": "Allow", "Action": actions if write else "s3:GetObject", "Resource": f"{arn}/{prefix}*"}
    return [listing, objects]


def secrets_access(names: Names, prefixes: Iterable[str]) -> Statement:
    """Read the secrets whose names begin so."""
    return {
        "Effect": "Allow",
        "Action": [
            "secretsmanager:GetSecretValue",
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetResourcePolicy",
            "secretsmanager:ListSecretVersionIds",
        ],
        "Resource": [names.arn("secretsmanager", f"secret:{prefix}*") for prefix in prefixes],
    }


def parameters_access(names: Names, prefixes: Iterable[str]) -> Statement:
    """Read the parameters whose names begin so. In an ARN, a name's leading / is that after `parameter`."""
    return {
        "Effect": "Allow",
        "Action": ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"],
        "Resource": [names.arn("ssm", f"parameter/{prefix.removeprefix('/')}*") for prefix in prefixes],
    }


def key_access(names: Names, key_arn: str, service: str) -> Statement:
    """Decrypt with a key what a service keeps."""
    via = {"StringEquals": {"kms:ViaService": f"{service}.{names.workspace.region}.{names.service_suffix}"}}
    return {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key_arn, "Condition": via}
