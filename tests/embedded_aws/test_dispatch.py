"""Who may ask, what is not there, and what a bug of the embedded AWS looks like from outside."""

import json
import logging

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from mwaa.embedded_aws import Embedded, accounts, dispatch

JSON = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "TrentService.ListKeys"}
SIGNED = {
    "Authorization": f"AWS4-HMAC-SHA256 Credential={accounts.access_key('111111111111')}/20261122/eu-west-1/kms/x"
}


def test_a_bug_is_told_at_once_and_logged(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def broken(**_: object) -> None:
        raise KeyError("surprise")

    monkeypatch.setattr(dispatch._moto, "parse_request", broken)
    with caplog.at_level(logging.ERROR):
        status, _, body = dispatch.answer("POST", "kms.eu-west-1.amazonaws.com", "/", JSON | SIGNED, b"{}")
    assert status == 400
    assert json.loads(body) == {
        "__type": "EmbeddedAwsBug",
        "code": "EmbeddedAwsBug",
        "message": "The embedded AWS failed, not your configuration: KeyError: 'surprise' "
        "(POST kms.eu-west-1.amazonaws.com/)",
    }
    assert "Traceback" in caplog.text


def test_a_service_that_is_not_there_is_refused_at_once(embedded: Embedded) -> None:
    with pytest.raises(ClientError) as caught:
        embedded.client("outposts", "111111111111", "eu-west-1").list_outposts()
    assert caught.value.response["Error"] == {
        "Code": "UnsupportedByEmbeddedAws",
        "Message": "The embedded AWS has no service at outposts.eu-west-1.amazonaws.com/outposts. "
        "The request was not sent to AWS.",
    }
    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 0


def test_an_operation_that_moto_lacks_is_refused_at_once(embedded: Embedded) -> None:
    with pytest.raises(ClientError) as caught:
        embedded.client("ec2", "111111111111", "eu-west-1").describe_trunk_interface_associations()
    assert caught.value.response["Error"]["Code"] == "UnsupportedByEmbeddedAws"
    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 0


def session_client(embedded: Embedded, service: str, key: str, token: str | None = None) -> object:
    config = Config(proxies={"https": embedded.proxy})
    session = boto3.Session(key, "secret", token, region_name="eu-west-1")
    return session.client(service, config=config, verify=str(embedded.ca_bundle))  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [("sts", "get_caller_identity", "InvalidClientTokenId"), ("s3", "list_buckets", "InvalidAccessKeyId")],
)
def test_a_key_that_is_not_ours_is_refused(embedded: Embedded, service: str, operation: str, code: str) -> None:
    client = session_client(embedded, service, "AKIAIOSFODNN7EXAMPLE")
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)()
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_role_of_another_account_can_be_assumed(embedded: Embedded) -> None:
    sts = embedded.client("sts", "111111111111", "eu-west-1")
    role = "arn:aws:iam::222222222222:role/deployer"
    credentials = sts.assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    assumed = session_client(embedded, "sts", credentials["AccessKeyId"], credentials["SessionToken"])
    identity = assumed.get_caller_identity()  # type: ignore[attr-defined]
    assert identity["Account"] == "222222222222"
    assert identity["Arn"] == "arn:aws:sts::222222222222:assumed-role/deployer/me"


def test_a_client_cannot_choose_another_account_by_moto_s_header() -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "x-moto-account-id": "222222222222"} | SIGNED
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    _, _, answered = dispatch.answer("POST", "sts.eu-west-1.amazonaws.com", "/", headers, body)
    assert b"<Account>111111111111</Account>" in answered
