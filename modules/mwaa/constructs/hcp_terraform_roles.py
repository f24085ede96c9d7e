"""The AWS side of runs in HCP Terraform: roles that they assume without any key. A workspace's `extend` makes them."""

from typing import Any

from mwaa.config import HcpTerraform, Names
from mwaa.constructs.web_identity_roles import WebIdentityRoles
from mwaa.policies import hcp_terraform
from mwaa.policies.hcp_terraform import Phase
from mwaa.provider import Construct


class HcpTerraformRoles(WebIdentityRoles):
    """An OIDC provider, a role for plans that reads, and a role for applies that writes.

    `backend` is that of the workspace whose runs assume the roles: their trust is limited to its organization, project,
    workspace and phase. The roles must exist before its first run, so another workspace makes them, one whose state is
    elsewhere; both have the same `roles=` and `naming=`. An account has one provider for a host: where it exists
    already, give its ARN as `provider_arn`.
    """

    def __init__(
        self, scope: Construct, id: str, names: Names, backend: HcpTerraform, *, provider_arn: str | None = None
    ) -> None:
        if backend.workspace is None:
            raise ValueError("HcpTerraformRoles: the backend names no workspace; write HcpTerraform(workspace=...)")
        if names.role_prefix == "" and names.workspace.roles.path == "/":
            raise ValueError(
                "HcpTerraformRoles: applies could change every role of the account; set Roles(path=...), or begin "
                "naming.pattern with a text"
            )
        super().__init__(
            scope,
            id,
            names,
            issuer=backend.hostname,
            audience=hcp_terraform.AUDIENCE,
            create_provider=provider_arn is None,
        )
        self._backend = backend
        self.plan_role = self._phase("plan")
        """The role that plans assume."""
        self.apply_role = self._phase("apply")
        """The role that applies assume."""

    def _phase(self, phase: Phase) -> Any:
        return self._role(
            phase,
            phase,
            name=self._names.workspace.roles.name_prefix + role_name(self._backend, phase),
            description=f"{phase} of {self._backend.organization}/{self._backend.workspace} in HCP Terraform",
            trust=hcp_terraform.trust(self._names, self._backend, phase),
            permissions=hcp_terraform.permissions(self._names, phase),
        )


def role_name(backend: HcpTerraform, phase: Phase) -> str:
    """Return the name of the role of a phase. IAM takes 64 characters: longer workspace names are refused there."""
    return f"hcp-{backend.workspace}-{phase}"
