"""The clients of a publish, and the errors that AWS's refusals become."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from mwaa.config import Names
from mwaa.operations import access
from mwaa.operations.errors import AccessError
from mwaa.operations.publish.errors import PublishError

WORKERS = 16
"""Objects that are moved at the same time."""

RUN_AGAIN = "run the same command again: it goes on from here"

READ_TIMEOUT = 60.0
"""Seconds without a word from AWS, after which a request is given up and sent again."""

_PATIENT = Config(
    connect_timeout=10,
    read_timeout=READ_TIMEOUT,
    # Throttling (SlowDown), 5xx answers, dropped connections. Not "adaptive": after a single SlowDown it lets through a
    # request or two a second, so that 150 objects that take 0.4 s took 7 (measured with botocore 1.44.5).
    retries={"mode": "standard", "total_max_attempts": 8},
    max_pool_connections=WORKERS,
)


@dataclass(frozen=True)
class Connection:
    """AWS as a publish of this workspace sees it."""

    names: Names

    @property
    def bucket(self) -> str:
        return self.names.bucket

    @property
    def dag_folder(self) -> str:
        """The prefix of the DAGs in the bucket, with a slash at its end."""
        return f"{self.names.workspace.content.dag_s3_path}/"

    @cached_property
    def s3(self) -> Any:
        return self._client("s3")

    @cached_property
    def mwaa(self) -> Any:
        return self._client("mwaa")

    @cached_property
    def logs(self) -> Any:
        return self._client("logs")

    @cached_property
    def caller(self) -> str:
        """ARN of who calls."""
        return access.who_am_i(self.names.workspace.region, self.names.workspace.deploy_role).arn

    @cached_property
    def _session(self) -> boto3.Session:
        """One for all clients, so that a deploy role is assumed once."""
        return access.session(self.names.workspace.region, self.names.workspace.deploy_role)

    def _client(self, service: Any) -> Any:
        return self._session.client(service, region_name=self.names.workspace.region, config=_PATIENT)


@contextmanager
def connect(names: Names) -> Iterator[Connection]:
    """A connection, after it is clear that the credentials are of the workspace's account.

    In the block, AWS's refusals become AccessError (credentials, network) or PublishError (all others).
    """
    workspace = names.workspace
    try:
        with access.translate_errors(workspace.region), _permissions_named(names):
            access.client("sts", workspace)
            yield Connection(names)
    except ClientError as error:
        refusal = error.response.get("Error", {})
        if refusal.get("Code") == "NoSuchBucket":
            raise PublishError(
                f"there is no bucket {names.bucket}", f"deploy {workspace.name} first: cdktf deploy {workspace.name}"
            ) from None
        text = f"{refusal.get('Code', '')}: {refusal.get('Message', '')}".strip(": ")
        raise PublishError(f"AWS did not do {error.operation_name}: {text}", RUN_AGAIN) from None
    except BotoCoreError as error:
        raise PublishError(f"AWS did not answer: {error}", RUN_AGAIN) from None


@contextmanager
def _permissions_named(names: Names) -> Iterator[None]:
    """Name the permissions where S3 refuses a HEAD request, whose answer says no more than 403."""
    try:
        yield
    except ClientError as error:
        if code_of(error) != "403":
            raise
        raise AccessError(
            f"AWS does not allow {error.operation_name} in the bucket {names.bucket}",
            "sign in again if the session is old; else ask for s3:GetObject, s3:GetObjectVersion, s3:ListBucket "
            "and, with a customer's key, kms:Decrypt",
        ) from None


def code_of(error: ClientError) -> str:
    """The error's code; the answer to a HEAD request has no body, and its status stands in for the code."""
    return str(error.response.get("Error", {}).get("Code", ""))
