"""What runs of HCP Terraform may do in AWS: plans read, applies write, each only for one workspace there.

Source: HCP Terraform documentation, "Dynamic credentials with the AWS provider" (audience, subject).
"""

from typing import Literal

from mwaa.config import HcpTerraform, Names
from mwaa.config.ci import GITHUB_ISSUER, GITLAB
from mwaa.policies import Document, terraform_access, web_identity

AUDIENCE = "aws.workload.identity"
Phase = Literal["plan", "apply"]


def trust(names: Names, backend: HcpTerraform, phase: Phase) -> Document:
    """Let runs of one workspace of HCP Terraform assume the role, in one phase."""
    subject = (
        f"organization:{backend.organization}:project:{backend.project or 'Default Project'}"
        f":workspace:{backend.workspace}:run_phase:{phase}"
    )
    return web_identity.trust(names, "HcpTerraformRuns", backend.hostname, AUDIENCE, [subject])


def permissions(names: Names, phase: Phase) -> Document:
    """Return what runs of a phase may do. `names` are those of the workspace that makes the roles.

    The workspace that runs is another one of the same organization: the roles that it makes have the same path,
    boundary and beginning of their names.
    """
    if phase == "plan":
        return terraform_access.plan_permissions()
    issuers = [GITHUB_ISSUER, GITLAB]
    if ci := names.workspace.ci:
        issuers.append(ci.issuer)
    return terraform_access.apply_permissions(
        names,
        roles=[names.role_arn(f"{names.role_prefix}*")],
        identity_providers=[web_identity.provider_arn(names, issuer) for issuer in dict.fromkeys(issuers)],
    )
