"""AssumeRoleWithWebIdentity on the embedded AWS: for signed tokens, as the trust policy of a synthesized role says."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from mwaa.config import Content, GitHubActions, GitLabCi, HcpTerraform, Names, S3Backend, Workspace
from mwaa.config.ci import Ci
from mwaa.embedded_aws import Embedded, EmbeddedSettings, start
from mwaa.policies import ci as policies
from mwaa.policies import hcp_terraform

from tests.conftest import REQUIRED
from tests.oidc_issuers import Issuers

BACKEND = HcpTerraform(organization="acme", project="data", workspace="mwaa-dev")
GITHUB = GitHubActions(repository="acme/airflow", branches=("main",), environments=("prod",))
SERVER = GitHubActions(repository="acme/airflow", branches=("main",), hostname="github.acme.com")
GITLAB = GitLabCi(project_path="acme/data/airflow", branches=("main",))
KINDS = {"github": GITHUB, "server": SERVER, "gitlab": GITLAB}
REPO = "repo:acme/airflow"
PROJECT = "project_path:acme/data/airflow:ref_type:branch:ref"
DENIED = ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")

Assume = Callable[..., str]


@pytest.fixture(scope="module")
def issuers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuers]:
    made = Issuers(tmp_path_factory.mktemp("issuers"), *(ci.issuer for ci in KINDS.values()), "nobody.example.com")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def aws(issuers: Issuers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """An embedded AWS from which the issuers are reachable."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in issuers.environ.items():
            patch.setenv(name, value)
        running = start(tmp_path_factory.mktemp("embedded"), settings=EmbeddedSettings())
    yield running
    running.stop()


@pytest.fixture
def assume(aws: Embedded, issuers: Issuers, workspace: Callable[..., Workspace], fresh_account: str) -> Assume:
    """`assume(ci, role, subject)`: make the role, assume it with a token, and return its name, or why not."""
    iam = aws.client("iam", fresh_account, "us-east-1")
    sts = aws.client("sts", "999999999999", "us-east-1")

    def make(ci: Ci, role: Any, subject: str, **token: Any) -> Any:
        made = workspace(
            account=fresh_account, backend=S3Backend(bucket="acme-state"), content=Content(owner="PUBLISH"), ci=ci
        )
        names = Names(made)
        assert made.ci
        iam.create_open_id_connect_provider(Url=f"https://{ci.issuer}", ClientIDList=[ci.audience])
        document = json.dumps(policies.trust(names, made.ci, role))
        arn = iam.create_role(RoleName=names.ci_role(role), AssumeRolePolicyDocument=document)["Role"]["Arn"]
        signed = issuers.token(token.pop("issuer", ci.issuer), token.pop("audience", ci.audience), subject, **token)
        try:
            answer = sts.assume_role_with_web_identity(RoleArn=arn, RoleSessionName="job", WebIdentityToken=signed)
        except ClientError as error:
            return error.response["Error"]["Code"], error.response["Error"]["Message"]
        return answer["AssumedRoleUser"]["Arn"].split("/")[-2]

    return make


@pytest.mark.parametrize(
    ("kind", "role", "subject"),
    [
        ("github", "PLAN", f"{REPO}:pull_request"),
        ("github", "PLAN", f"{REPO}:ref:refs/heads/main"),
        ("github", "APPLY", f"{REPO}:ref:refs/heads/main"),
        ("github", "APPLY", f"{REPO}:environment:prod"),
        ("github", "PUBLISH", f"{REPO}:environment:prod"),
        ("server", "APPLY", f"{REPO}:ref:refs/heads/main"),
        ("gitlab", "PLAN", f"{PROJECT}:feature/new-dag"),
        ("gitlab", "APPLY", f"{PROJECT}:main"),
        ("gitlab", "PUBLISH", f"{PROJECT}:main"),
    ],
)
def test_a_job_of_the_repository_assumes_its_role(assume: Assume, kind: str, role: str, subject: str) -> None:
    assert assume(KINDS[kind], role, subject) == f"mwaa-dev-ci-{role.lower()}"


@pytest.mark.parametrize(
    ("kind", "role", "subject"),
    [
        ("github", "APPLY", f"{REPO}:pull_request"),
        ("github", "PUBLISH", f"{REPO}:pull_request"),
        ("github", "APPLY", f"{REPO}:ref:refs/heads/feature"),
        ("github", "PLAN", f"{REPO}:ref:refs/heads/feature"),
        ("github", "APPLY", f"{REPO}:environment:dev"),
        ("github", "PLAN", "repo:acme/airflow-fork:pull_request"),
        ("github", "PLAN", "repo:mallory/airflow:pull_request"),
        ("github", "APPLY", "repo:mallory/airflow:ref:refs/heads/main"),
        ("gitlab", "APPLY", f"{PROJECT}:feature/new-dag"),
        ("gitlab", "APPLY", "project_path:acme/data/airflow:ref_type:tag:ref:main"),
        ("gitlab", "PLAN", "project_path:mallory/airflow:ref_type:branch:ref:main"),
        ("gitlab", "PLAN", "project_path:acme/data/airflow-fork:ref_type:branch:ref:main"),
    ],
)
def test_another_branch_repository_or_fork_is_refused(assume: Assume, kind: str, role: str, subject: str) -> None:
    assert assume(KINDS[kind], role, subject) == DENIED


MAIN = f"{REPO}:ref:refs/heads/main"


def test_a_token_that_its_issuer_did_not_sign_is_refused(assume: Assume) -> None:
    assert assume(GITHUB, "APPLY", MAIN, signed_by="nobody.example.com") == (
        "InvalidIdentityToken",
        "Couldn't verify the signature of the token",
    )


def test_a_token_for_another_audience_is_refused(assume: Assume) -> None:
    assert assume(GITHUB, "APPLY", MAIN, audience="vault") == ("InvalidIdentityToken", "Incorrect token audience")


def test_an_expired_token_is_refused(assume: Assume) -> None:
    assert assume(GITHUB, "APPLY", MAIN, seconds=-60) == ("ExpiredTokenException", "Token expired")


def test_a_token_of_an_issuer_that_the_account_does_not_know_is_refused(assume: Assume) -> None:
    assert assume(GITHUB, "APPLY", MAIN, issuer="nobody.example.com") == (
        "InvalidIdentityToken",
        "No OpenIDConnect provider found in your account for https://nobody.example.com",
    )


def test_an_issuer_without_keys_is_refused(assume: Assume) -> None:
    unknown = GitHubActions(repository="acme/airflow", branches=("main",), hostname="localhost.invalid")
    code, message = assume(unknown, "APPLY", MAIN, signed_by=GITHUB.issuer)
    assert (code, message) == (
        "InvalidIdentityToken",
        "Couldn't retrieve verification key from your identity provider",
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
