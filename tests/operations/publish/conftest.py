"""A workspace deployed onto an embedded AWS as Terraform leaves it, a project on disk, and what passes between them."""

import hashlib
import io
import itertools
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.loaders import Loader
from botocore.retries.standard import ExponentialBackoff
from mwaa import content
from mwaa.config import Content, Definition, SourceBucket, Workspace
from mwaa.embedded_aws import Embedded, EmbeddedSettings, start
from mwaa.operations import publish as publishing
from mwaa.operations.publish import PublishOutcome, lock
from mwaa.operations.publish import roll as environment

from tests.embedded_fixtures import role_statements

REGION = "eu-west-1"
ACCOUNT = "600000000000"
_numbers = itertools.count(1)

FILES = {
    "dags/orders.py": "from airflow import DAG\nimport tools.money\n",
    "dags/tools/money.py": "PENNIES = 100\n",
    "dags/weekly.py": "from airflow import DAG\n",
    "plugins/team.py": "TEAM = 1\n",
    "requirements.txt": "requests==2.32.3\n",
    "startup.sh": "export TEAM=data\n",
}


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """A running embedded AWS in which nothing takes time."""
    settings = EmbeddedSettings(0, 0, 0, 0, quotas={"environments": 1000})
    running = start(tmp_path_factory.mktemp("embedded"), settings=settings)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def clients(embedded: Embedded) -> Callable[[str], Any]:
    """Clients of the one account, each made once."""
    return cache(lambda service: embedded.client(service, ACCOUNT, REGION))


@pytest.fixture(scope="session")
def arguments(prepare: Callable[..., dict[str, Any]], clients: Callable[[str], Any]) -> dict[str, Any]:
    """Of CreateEnvironment, but for name and bucket: network and role are there for all tests."""
    made = prepare(clients, ACCOUNT, REGION)
    policy = json.dumps({"Version": "2012-10-17", "Statement": role_statements("*")})
    clients("iam").put_role_policy(RoleName="mwaa", PolicyName="mwaa", PolicyDocument=policy)
    return made


@pytest.fixture(scope="session")
def loader() -> Loader:
    """One for all sessions: reading the models of the services is the slow part of a client."""
    return Loader()


@dataclass
class Site:
    """One workspace: its project, its account, and what was asked of AWS since `calls` was last cleared."""

    root: Path
    definition: Definition
    client: Callable[[str], Any]
    environ: dict[str, str]
    calls: list[str] = field(default_factory=list)
    events: list[publishing.PublishEvent] = field(default_factory=list)

    @property
    def workspace(self) -> Workspace:
        return self.definition.workspace

    @property
    def bucket(self) -> str:
        assert self.workspace.source_bucket.name
        return self.workspace.source_bucket.name

    def write(self, file: str, text: str | None) -> None:
        """Puts a file into the project; None removes it."""
        path = self.root / file
        if text is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def publish(self, **options: Any) -> PublishOutcome:
        self.calls.clear()
        self.events.clear()
        return publishing.publish(self.definition, self.root, report=self.events.append, **options)

    def moved(self) -> set[str]:
        """What the calls changed in content and environment."""
        changing = ("Put", "Copy", "Delete", "Update")
        return {call for call in self.calls if call.startswith(changing) and ".mwaa/" not in call}

    def objects(self) -> dict[str, str]:
        """The SHA-256 of each content object as the bucket has it now."""
        s3, found = self.client("s3"), {}
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket):
            for item in page.get("Contents", ()):
                if not item["Key"].startswith(".mwaa/"):
                    body = s3.get_object(Bucket=self.bucket, Key=item["Key"])["Body"].read()
                    found[item["Key"]] = hashlib.sha256(body).hexdigest()
        return found

    def bundle(self) -> dict[str, str]:
        """The SHA-256 of each object that the project makes."""
        built = content.build(self.workspace.content, self.root, self.root / ".bundle", airflowignore_syntax="glob")
        files = [*built.dags, *filter(None, (built.plugins, built.requirements, built.startup_script))]
        return {file.key: file.sha256 for file in files}

    def environment(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client("mwaa").get_environment(Name=self.workspace.environment_name)["Environment"]
        return found

    def versions(self) -> dict[str, str]:
        """The S3 version that the environment has of each of its three files."""
        found = self.environment()
        return {
            found[f"{part}S3Path"]: found[f"{part}S3ObjectVersion"]
            for part in ("Plugins", "Requirements", "StartupScript")
            if f"{part}S3Path" in found
        }

    def newest(self, key: str) -> str:
        return str(self.client("s3").head_object(Bucket=self.bucket, Key=key)["VersionId"])


@pytest.fixture
def site(
    embedded: Embedded,
    clients: Callable[[str], Any],
    arguments: dict[str, Any],
    loader: Loader,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Site:
    """A workspace whose environment is AVAILABLE with the project's plugins, requirements and startup script."""
    number = next(_numbers)
    workspace = Workspace(
        account=ACCOUNT,
        region=REGION,
        airflow_version="3.0.6",
        environment_class="mw1.small",
        environment_name=f"dev-{number}",
        source_bucket=SourceBucket(name=f"airflow-publish-{number}"),
        content=Content(owner="PUBLISH"),
    )
    environ = embedded.environ(ACCOUNT, REGION, os.environ)
    for name in os.environ.keys() - environ.keys():
        monkeypatch.delenv(name)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    for name in ("MWAA_REVISION", "MWAA_AUTHOR", "MWAA_RUN"):
        monkeypatch.delenv(name, raising=False)
    site = Site(tmp_path / "project", Definition(workspace.with_name("dev"), "environments/dev.py"), clients, environ)
    for file, text in FILES.items():
        site.write(file, text)
    _deploy(site, dict(arguments))
    _listen(site, loader, monkeypatch)
    _hurry(monkeypatch)
    return site


Answer = Callable[[Any], AWSResponse | None]
"""Returns the answer to a request, or None to let it through."""


@pytest.fixture
def answering(site: Site) -> Callable[[str, Answer], None]:
    """`answering("s3.PutObject", answer)`: AWS, as the code under test sees it, answers so."""

    def register(operation: str, answer: Answer) -> None:
        assert boto3.DEFAULT_SESSION
        boto3.DEFAULT_SESSION.events.register(f"before-send.{operation}", lambda request, **_: answer(request))

    return register


def refusal(code: str, message: str, status: int) -> Answer:
    """How S3 says no."""
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
    return lambda request: AWSResponse(request.url, status, {}, Raw(body))


def validation_error(message: str) -> Answer:
    """How MWAA says no."""
    headers = {"x-amzn-errortype": "ValidationException", "content-type": "application/json"}
    return lambda request: AWSResponse(request.url, 400, headers, Raw(json.dumps({"message": message}).encode()))


class Raw(io.BytesIO):
    """The body of an answer, as botocore reads it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _deploy(site: Site, arguments: dict[str, Any]) -> None:
    """What Terraform leaves when publishing owns the versions: the three files with their checksums, and no DAG."""
    s3 = site.client("s3")
    s3.create_bucket(Bucket=site.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=site.bucket, VersioningConfiguration={"Status": "Enabled"})
    blocked = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3.put_public_access_block(Bucket=site.bucket, PublicAccessBlockConfiguration=dict.fromkeys(blocked, True))
    arguments |= {"Name": site.workspace.environment_name, "SourceBucketArn": f"arn:aws:s3:::{site.bucket}"}
    built = content.build(site.workspace.content, site.root, site.root / ".bundle", airflowignore_syntax="glob")
    for argument, file in (
        ("Plugins", built.plugins),
        ("Requirements", built.requirements),
        ("StartupScript", built.startup_script),
    ):
        assert file is not None
        put = s3.put_object(Bucket=site.bucket, Key=file.key, Body=file.path.read_bytes(), ChecksumAlgorithm="SHA256")
        arguments |= {f"{argument}S3Path": file.key, f"{argument}S3ObjectVersion": put["VersionId"]}
    site.client("mwaa").create_environment(**arguments)
    assert site.environment()["Status"] == "AVAILABLE"


def _listen(site: Site, loader: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every operation that the code under test asks for, with its key; names of releases are recorded as `<id>`."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    core = botocore.session.Session()
    core.register_component("data_loader", loader)
    boto3.setup_default_session(botocore_session=core)
    assert boto3.DEFAULT_SESSION

    def heard(model: Any, params: dict[str, Any], **_: Any) -> None:
        path = params["url_path"].split("?")[0].removeprefix(f"/{site.bucket}").strip("/")
        path = re.sub(r"\d{8}-\d{6}-[0-9a-f]{6}", "<id>", path)
        site.calls.append(f"{model.name} {path}".rstrip() if model.service_model.service_name == "s3" else model.name)

    boto3.DEFAULT_SESSION.events.register("before-call", heard)


def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "_POLL_SECONDS", 0.02)
    monkeypatch.setattr(environment, "_SETTLING_SECONDS", 1.0)
    monkeypatch.setattr(lock, "_LOOK_SECONDS", 0.05)
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0.0)
