"""The credentials in use, and whether they are of the account that a workspace belongs to."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import botocore.session
from botocore import exceptions
from botocore.config import Config
from botocore.credentials import DeferredRefreshableCredentials

from mwaa.config import DeployRole, Workspace
from mwaa.config.synthesis_target import EMBEDDED
from mwaa.operations.errors import AccessError

_QUICK = Config(connect_timeout=5, read_timeout=15, retries={"total_max_attempts": 2})
_REFUSED = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"}
"""As most services, EC2, and S3 where an answer has no body say it."""
_SIGN_IN = (
    "sign in with `aws sso login`, set AWS_PROFILE, or point this shell at the embedded AWS with `mwaa local env`"
)


@dataclass(frozen=True, slots=True)
class CallerIdentity:
    """Who the credentials at hand are."""

    account: str
    arn: str


def who_am_i(region: str, role: DeployRole | None = None) -> CallerIdentity:
    """Return whose credentials these are: the caller's, or those of the role that the caller assumes.

    Raises AccessError if AWS does not answer, or does not let the caller assume the role.
    """
    with translate_errors(region):
        answer = session(region, role).client("sts", region_name=region, config=_QUICK).get_caller_identity()
    return CallerIdentity(answer["Account"], answer["Arn"])


def session(region: str, role: DeployRole | None) -> boto3.Session:
    """Return a session with the caller's credentials, or with those of a role, which are renewed before they expire.

    The role is assumed when a client first needs it, and errors of boto3 pass there.
    """
    if role is None:
        if boto3.DEFAULT_SESSION is None:
            boto3.setup_default_session()
        assert boto3.DEFAULT_SESSION
        return boto3.DEFAULT_SESSION  # one for all clients: its models are read once
    session = botocore.session.get_session()
    tags = [{"Key": key, "Value": value} for key, value in role.session_tags.items()]
    optional = {"ExternalId": role.external_id, "Tags": tags}

    def assume() -> dict[str, Any]:
        sts: Any = boto3.client("sts", region_name=region, config=_QUICK)
        given = {name: value for name, value in optional.items() if value}
        answer = sts.assume_role(RoleArn=role.arn, RoleSessionName="mwaa", **given)["Credentials"]
        return {
            "access_key": answer["AccessKeyId"],
            "secret_key": answer["SecretAccessKey"],
            "token": answer["SessionToken"],
            "expiry_time": answer["Expiration"].isoformat(),
        }

    # botocore has no public way to give a session credentials that renew themselves.
    session._credentials = DeferredRefreshableCredentials(assume, "assume-role")  # type: ignore[attr-defined]
    return boto3.Session(botocore_session=session)


def region_of_shell() -> str | None:
    """Return the region that the environment or the profile names. Raises AccessError if the profile is wrong."""
    with translate_errors("AWS_REGION"):
        return boto3.Session().region_name


def client(service: Any, workspace: Workspace, *, region: str | None = None) -> Any:
    """Return a boto3 client in the workspace's region, or in `region`, once it is clear that we are in its account.

    Raises AccessError.
    """
    me = who_am_i(workspace.region, workspace.deploy_role)
    if me.account != workspace.account:
        raise AccessError(
            f"the credentials at hand are of account {me.account} ({me.arn}); "
            f"{workspace.name} belongs to {workspace.account}",
            f'eval "$(mwaa local env {workspace.name})"'
            if os.environ.get(EMBEDDED)
            else f"choose a profile of account {workspace.account}: AWS_PROFILE=... mwaa ...",
        )
    return session(workspace.region, workspace.deploy_role).client(
        service, region_name=region or workspace.region, config=_QUICK
    )


@contextmanager
def translate_errors(region: str) -> Iterator[None]:
    """Raise AccessError for boto3's errors of credentials, permissions and network. Other errors pass."""
    try:
        yield
    except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError) as error:
        raise AccessError(f"no AWS credentials: {error}", _SIGN_IN) from None
    except (exceptions.ProfileNotFound, exceptions.ConfigParseError) as error:
        raise AccessError(
            f"the AWS configuration cannot be used: {error}", "see ~/.aws/config and AWS_PROFILE"
        ) from None
    except (exceptions.SSOError, exceptions.TokenRetrievalError, exceptions.CredentialRetrievalError) as error:
        raise AccessError(f"no AWS credentials: {error}", _SIGN_IN) from None
    except exceptions.ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _REFUSED:
            raise AccessError(f"AWS refuses the credentials: {error}", _SIGN_IN) from None
        if code in _DENIED:
            raise AccessError(
                f"AWS does not allow it: {error}", "ask for that permission, or use another role"
            ) from None
        raise
    except (exceptions.HTTPClientError, exceptions.ConnectionError) as error:
        raise AccessError(
            f"AWS in {region} is unreachable: {error}", "check the network, HTTPS_PROXY and AWS_CA_BUNDLE"
        ) from None
