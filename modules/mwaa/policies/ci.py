"""What jobs of GitHub Actions and GitLab CI may do in AWS, by the role that they assume."""

from mwaa.config import Names
from mwaa.config.ci import Ci, CiRole
from mwaa.policies import Document, Statement, publishing, terraform_access, web_identity


def trust(names: Names, ci: Ci, role: CiRole) -> Document:
    """Let jobs of the repository assume the role: to plan also those of pull requests or of any branch."""
    subjects = ci.plan_subjects if role == "PLAN" else ci.deploy_subjects
    return web_identity.trust(names, "JobsOfThisRepository", ci.issuer, ci.audience, subjects)


def permissions(names: Names, ci: Ci, role: CiRole, key_arn: str | None) -> Document:
    """Return what the role may do: read the workspace's stack, write it, or publish its content."""
    if role == "PUBLISH":
        return publishing.permissions(names, key_arn)
    state = terraform_access.state_statements(names, write=role == "APPLY")
    if role == "PLAN":
        objects = [f"{names.bucket_arn}/*", f"{names.artifact_bucket_arn}/*"]
        return terraform_access.plan_permissions(*_key_use(names, key_arn), *state, objects=objects)
    created = [web_identity.provider_arn(names, ci.issuer)] if ci.identity_provider == "CREATE" else []
    return terraform_access.apply_permissions(names, *state, roles=names.made_roles, identity_providers=created)


def _key_use(names: Names, key_arn: str | None) -> list[Statement]:
    """Read the checksums of objects that a key of the customer encrypts."""
    if key_arn is None:
        return []
    via_s3 = {"StringEquals": {"kms:ViaService": f"s3.{names.workspace.region}.{names.service_suffix}"}}
    return [{"Sid": "ObjectsKey", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": key_arn, "Condition": via_s3}]
