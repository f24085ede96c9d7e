"""AssumeRoleWithWebIdentity on the embedded AWS: for tokens of the embedded HCP Terraform, as the trust policy says."""

import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import rsa
from mwaa.config import HcpTerraform, Names
from mwaa.embedded_aws import Embedded
from mwaa.policies import hcp_terraform

from tests.conftest import REQUIRED

BACKEND = HcpTerraform(organization="acme", project="data", workspace="mwaa-dev")


@pytest.fixture
def iam(clients: Any, fresh_account: str) -> Any:
    return clients(fresh_account, "us-east-1")("iam")


@pytest.fixture
def role(iam: Any, fresh_account: str, workspace: Callable[..., Any]) -> str:
    """The ARN of a role that plans of acme's workspace mwaa-dev may assume."""
    names = Names(workspace(account=fresh_account))
    iam.create_open_id_connect_provider(
        Url="https://app.terraform.io", ClientIDList=[hcp_terraform.AUDIENCE], ThumbprintList=["0" * 40]
    )
    trust = json.dumps(hcp_terraform.trust(names, BACKEND, "plan"))
    return str(iam.create_role(RoleName="hcp-mwaa-dev-plan", AssumeRolePolicyDocument=trust)["Role"]["Arn"])


def _refusal(embedded: Embedded, role: str, token: str) -> tuple[str, str]:
    sts = embedded.client("sts", "111111111111", "us-east-1")
    with pytest.raises(ClientError) as caught:
        sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="run", WebIdentityToken=token)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_token_of_nobody_known_is_refused(embedded: Embedded, role: str) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    claims = {"iss": "https://app.terraform.io", "aud": hcp_terraform.AUDIENCE, "sub": "organization:acme"}
    token = jwt.encode(claims, key, algorithm="RS256")
    assert _refusal(embedded, role, token) == (
        "InvalidIdentityToken",
        "No OpenIDConnect provider found in your account for the issuer",
    )


def test_the_trust_names_organization_project_workspace_and_phase(workspace: Callable[..., Any]) -> None:
    names = Names(workspace())
    for phase in ("plan", "apply"):
        assert hcp_terraform.trust(names, BACKEND, phase) == {  # type: ignore[arg-type]
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "HcpTerraformRuns",
                    "Effect": "Allow",
                    "Principal": {"Federated": f"arn:aws:iam::{REQUIRED['account']}:oidc-provider/app.terraform.io"},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": {
                        "StringEquals": {
                            "app.terraform.io:aud": "aws.workload.identity",
                            "app.terraform.io:sub": "organization:acme:project:data:workspace:mwaa-dev:"
                            f"run_phase:{phase}",
                        }
                    },
                }
            ],
        }
