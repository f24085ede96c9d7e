import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import exceptions
from mwaa.config import DeployRole, Workspace
from mwaa.embedded_aws import Embedded
from mwaa.operations import access
from mwaa.operations.access import CallerIdentity
from mwaa.operations.errors import AccessError


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credentials, no proxy that leads anywhere."""
    import os

    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "absent"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def test_no_credentials_are_reported_with_a_way_to_get_some() -> None:
    with pytest.raises(AccessError, match="no AWS credentials") as caught:
        access.who_am_i("us-east-1")
    assert "aws sso login" in caught.value.fix


def test_a_profile_that_does_not_exist_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nowhere")
    with pytest.raises(AccessError, match="nowhere"):
        access.who_am_i("us-east-1")


def test_an_unreachable_aws_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with pytest.raises(AccessError, match="AWS in us-east-1 is unreachable") as caught:
        access.who_am_i("us-east-1")
    assert "HTTPS_PROXY" in caught.value.fix


def test_expired_credentials_are_reported() -> None:
    answer = {"Error": {"Code": "ExpiredToken", "Message": "The security token included in the request is expired"}}
    with (
        pytest.raises(AccessError, match=r"AWS refuses the credentials: .*expired"),
        access.translate_errors("us-east-1"),
    ):
        raise exceptions.ClientError(answer, "GetCallerIdentity")  # type: ignore[arg-type]


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"])
def test_a_missing_permission_is_reported(code: str) -> None:
    answer = {"Error": {"Code": code, "Message": "not for you"}}
    with (
        pytest.raises(AccessError, match=r"AWS does not allow it: .*not for you"),
        access.translate_errors("us-east-1"),
    ):
        raise exceptions.ClientError(answer, "GetEnvironment")  # type: ignore[arg-type]


def test_an_error_of_our_own_passes() -> None:
    answer = {"Error": {"Code": "ValidationException", "Message": "x"}}
    with pytest.raises(exceptions.ClientError), access.translate_errors("us-east-1"):
        raise exceptions.ClientError(answer, "GetEnvironment")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("embedded", "fix"),
    [
        ("", "choose a profile of account 111111111111: AWS_PROFILE=... mwaa ..."),
        ("abc", 'eval "$(mwaa local env dev)"'),
    ],
)
def test_credentials_of_another_account_are_refused_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch, workspace: Callable[..., Workspace], embedded: str, fix: str
) -> None:
    monkeypatch.setenv("MWAA_EMBEDDED", embedded)
    monkeypatch.setattr(
        access, "who_am_i", lambda region, role: CallerIdentity("999999999999", "arn:aws:iam::999999999999:user/x")
    )
    with pytest.raises(AccessError) as caught:
        access.client("mwaa", workspace())
    assert str(caught.value) == (
        "the credentials at hand are of account 999999999999 (arn:aws:iam::999999999999:user/x); "
        "dev belongs to 111111111111"
    )
    assert caught.value.fix == fix


def test_a_deploy_role_is_assumed_once_with_external_id_and_session_tags(
    monkeypatch: pytest.MonkeyPatch, workspace: Callable[..., Workspace], embedded: Embedded, fresh_account: str
) -> None:
    for name, value in embedded.environ(fresh_account, "us-east-1", {}).items():
        monkeypatch.setenv(name, value)
    iam = embedded.client("iam", fresh_account, "us-east-1")
    trust = {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Principal": {"AWS": fresh_account}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    sent: list[dict[str, Any]] = []
    caller = boto3.Session()
    caller.events.register("provide-client-params.sts.AssumeRole", lambda params, **_: sent.append(params))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", caller)
    role = DeployRole(arn=arn, external_id="mwaa-7", session_tags={"team": "data"})
    made = workspace(account=fresh_account, deploy_role=role)
    session = access.session("us-east-1", role)
    answers = [session.client("sts", region_name="us-east-1").get_caller_identity()["Arn"] for _ in range(2)]
    assert answers == [f"arn:aws:sts::{fresh_account}:assumed-role/deploy/mwaa"] * 2
    assert sent == [
        {
            "RoleArn": arn,
            "RoleSessionName": "mwaa",
            "ExternalId": "mwaa-7",
            "Tags": [{"Key": "team", "Value": "data"}],
        }
    ]
    listed = access.client("mwaa", made).list_environments()["Environments"]
    assert listed == []
    assert len(sent) == 3  # who is this, and the client itself
