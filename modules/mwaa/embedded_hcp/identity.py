"""Workload identity: the tokens with which a run assumes a role of AWS, and what AWS asks of them.

Source: HCP Terraform documentation, "Dynamic credentials with the AWS provider": TFC_AWS_PROVIDER_AUTH and
TFC_AWS_RUN_ROLE_ARN (or TFC_AWS_PLAN_ROLE_ARN, TFC_AWS_APPLY_ROLE_ARN) as environment variables of the workspace;
audience aws.workload.identity; subject organization:O:project:P:workspace:W:run_phase:plan|apply. That the run finds
role and token in AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE is from memory, unverified.
"""

import json
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from mwaa import files
from mwaa.embedded_hcp.container import Container
from mwaa.embedded_hcp.records import HcpWorkspace, Run

AUDIENCE = "aws.workload.identity"
_KEY_ID = "embedded"
_SECONDS = 2 * 3600


class Issuer:
    """Signs the tokens of this server's runs. The key is made at start and never leaves memory."""

    def __init__(self, host: str) -> None:
        self.address = f"https://{host}"
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def configuration(self) -> dict[str, Any]:
        """Return the document at /.well-known/openid-configuration."""
        return {
            "issuer": self.address,
            "jwks_uri": f"{self.address}/.well-known/jwks",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def keys(self) -> dict[str, Any]:
        """Return the document at /.well-known/jwks."""
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key()))
        return {"keys": [key | {"kid": _KEY_ID, "use": "sig", "alg": "RS256"}]}

    def token(self, workspace: HcpWorkspace, project: str, run: Run, phase: str, audience: str) -> str:
        """Return the token of a run's phase, "plan" or "apply"."""
        began = int(time.time())
        parts = (
            f"organization:{workspace.organization}",
            f"project:{project}",
            f"workspace:{workspace.name}",
            f"run_phase:{phase}",
        )
        claims = {
            "iss": self.address,
            "sub": ":".join(parts),
            "aud": audience,
            "iat": began,
            "nbf": began - 5,
            "exp": began + _SECONDS,
            "jti": f"{run.id}-{phase}-{began}",
            "terraform_organization_name": workspace.organization,
            "terraform_project_name": project,
            "terraform_workspace_name": workspace.name,
            "terraform_workspace_id": workspace.id,
            "terraform_run_phase": phase,
            "terraform_run_id": run.id,
        }
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": _KEY_ID})

    def aws_credentials(
        self, workspace: HcpWorkspace, project: str, run: Run, phase: str, container: Container
    ) -> dict[str, str]:
        """Return what a run's Terraform gets when its workspace asks for dynamic credentials; nothing otherwise."""
        environ = container.environ
        role = environ.get(f"TFC_AWS_{phase.upper()}_ROLE_ARN") or environ.get("TFC_AWS_RUN_ROLE_ARN")
        if environ.get("TFC_AWS_PROVIDER_AUTH", "").lower() != "true" or not role:
            return {}
        audience = environ.get("TFC_AWS_WORKLOAD_IDENTITY_AUDIENCE") or AUDIENCE
        path = container.home / "aws-token"
        files.write(path, self.token(workspace, project, run, phase, audience), private=True)
        return {"AWS_ROLE_ARN": role, "AWS_WEB_IDENTITY_TOKEN_FILE": str(path), "AWS_ROLE_SESSION_NAME": run.id}
