"""The AWS side of runs in HCP Terraform: roles that they assume without any key. A workspace's `extend` makes them."""

import json

from mwaa.config import HcpTerraform, Names
from mwaa.constructs.role import iam_role
from mwaa.policies import hcp_terraform
from mwaa.policies.hcp_terraform import Phase
from mwaa.provider import Construct, Part, aws, resource


class HcpTerraformRoles(Part):
    """An OIDC provider, a role for plans that reads, and a role for applies that writes.

    `backend` is that of the workspace whose runs assume the roles: their trust is limited to its organization, project,
    workspace and phase. The roles must exist before its first run, so another workspace makes them, one whose state is
    elsewhere. An account has one provider for a host: where it exists already, give its ARN as `provider_arn`.
    """

    def __init__(
        self, scope: Construct, id: str, names: Names, backend: HcpTerraform, *, provider_arn: str | None = None
    ) -> None:
        super().__init__(scope, id)
        if backend.workspace is None:
            raise ValueError("HcpTerraformRoles: the backend names no workspace; write HcpTerraform(workspace=...)")
        self._names = names
        self._backend = backend
        self.provider = None
        if provider_arn is None:
            self.provider = resource(
                aws.iam_openid_connect_provider.IamOpenidConnectProvider,
                self,
                "provider",
                url=f"https://{hcp_terraform.issuer(backend)}",
                client_id_list=[hcp_terraform.AUDIENCE],
            )
        self.plan_role = self._role("plan", json.dumps(hcp_terraform.plan_permissions()))
        self.apply_role = self._role("apply", json.dumps(hcp_terraform.apply_permissions(names)))

    def _role(self, phase: Phase, permissions: str) -> "aws.iam_role.IamRole":
        role = iam_role(
            self,
            f"{phase}_role",
            self._names,
            name=role_name(self._backend, phase),
            description=f"{phase} of {self._backend.organization}/{self._backend.workspace} in HCP Terraform",
            trust=hcp_terraform.trust(self._names, self._backend, phase),
            depends_on=[self.provider] if self.provider else None,
        )
        resource(
            aws.iam_role_policy.IamRolePolicy,
            self,
            f"{phase}_policy",
            name=phase,
            role=role.id,
            policy=permissions,
        )
        return role


def role_name(backend: HcpTerraform, phase: Phase) -> str:
    """Return the name of the role of a phase. IAM takes 64 characters: longer workspace names are refused there."""
    return f"hcp-{backend.workspace}-{phase}"
