"""A real Airflow for an environment on the embedded AWS: from its bucket, by MWAA's APIs, rolled, and gone again."""

import io
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psutil
import pytest
from mwaa import embedded_aws
from mwaa.airflow_link import registration
from mwaa.config import Names, Workspace
from mwaa.embedded_aws import Embedded, EmbeddedSettings
from mwaa.local_airflow import list_airflows, run_airflow, run_dag

from tests.releases import by_release

ROOT = Path(__file__).parents[2]
REGION = "eu-west-1"
ACCOUNT = "111111111111"

PROBE = '''"""Reports what a task sees: the startup script's variable, the account of AWS, the plugins."""
import json
import os
from datetime import datetime, timezone

import acme
from acme.airflow_api import dag, task


@dag(schedule=None, start_date=datetime(2026, 1, 1, tzinfo=timezone.utc), catchup=False)
def probe():
    @task
    def report():
        from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
        from airflow.providers.amazon.aws.hooks.s3 import S3Hook

        seen = {
            "startup": os.environ.get("FROM_STARTUP"),
            "option": os.environ.get("AIRFLOW__CORE__DEFAULT_TASK_RETRIES"),
            "account": AwsBaseHook(client_type="sts").get_conn().get_caller_identity()["Account"],
            "plugins": getattr(acme, "EDITION", "first"),
        }
        S3Hook().load_string(json.dumps(seen), "seen.json", os.environ["BUCKET"], replace=True)

    report()


probe()
'''

SAMPLES = r"""
# The samples of the user guide (access-mwaa-apache-airflow-rest-api, call-mwaa-apis-cli), with their printing changed.
import base64, json, sys
import boto3, requests

env_name, major = sys.argv[1], int(sys.argv[2])
mwaa = boto3.client("mwaa")
seen = {}

response = mwaa.invoke_rest_api(Name=env_name, Path="/dags", Method="GET", QueryParameters={"paused": False})
seen["unpaused"] = [dag["dag_id"] for dag in response["RestApiResponse"]["dags"]]
body = {"key": "test-restapi-key", "value": "test-restapi-value", "description": "by InvokeRestApi"}
mwaa.invoke_rest_api(Name=env_name, Path="/variables", Method="POST", Body=body)
try:
    mwaa.invoke_rest_api(Name=env_name, Path="/dags/gone", Method="GET")
except mwaa.exceptions.RestApiClientException as error:
    seen["gone"] = error.response["RestApiStatusCode"]
path = "/health" if major == 2 else "/monitor/health"
health = mwaa.invoke_rest_api(Name=env_name, Path=path, Method="GET")
seen["scheduler"] = health["RestApiResponse"]["scheduler"]["status"]

response = mwaa.create_web_login_token(Name=env_name)
host = response["WebServerHostname"]
login_url = f"https://{host}/aws_mwaa/login" if major == 2 else f"https://{host}/pluginsv2/aws_mwaa/login"
answer = requests.post(login_url, data={"token": response["WebToken"]}, timeout=10)
seen["again"] = requests.post(login_url, data={"token": response["WebToken"]}, timeout=10).status_code
if major == 2:
    session = {"cookies": {"session": answer.cookies["session"]}}
    url = f"https://{host}/api/v1/variables/test-restapi-key"
else:
    session = {"headers": {"Authorization": "Bearer " + answer.cookies["_token"]}}
    url = f"https://{host}/api/v2/variables/test-restapi-key"
seen["variable"] = requests.get(url, **session).json()["description"]  # newer releases mask the value
seen["nobody"] = requests.get(url).status_code

token = mwaa.create_cli_token(Name=env_name)
for raw_data in ("variables get test-restapi-key", "users list"):
    answer = requests.post(
        "https://{0}/aws_mwaa/cli".format(token["WebServerHostname"]),
        headers={"Authorization": "Bearer " + token["CliToken"], "Content-Type": "text/plain"},
        data=raw_data,
    )
    said = answer.json()
    seen[raw_data] = [answer.status_code, base64.b64decode(said.get("stdout", "")).decode("utf8")]
print(json.dumps(seen))
"""


class Deployed:
    """An environment with the example content, made without Terraform."""

    def __init__(self, root: Path, here: Embedded, version: str) -> None:
        self.root, self.here = root, here
        self.workspace = Workspace(
            account=ACCOUNT, region=REGION, airflow_version=version, environment_class="mw1.micro"
        ).with_name("dev")
        self.name = Names(self.workspace).environment
        self.version = version
        self.said: list[str] = []
        self.bucket = ""

    def client(self, service: str) -> Any:
        return self.here.client(service, ACCOUNT, REGION)

    def put(self, key: str, body: bytes) -> str:
        return str(self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body)["VersionId"])

    def create(self, prepare: Callable[..., dict[str, Any]]) -> None:
        given = prepare(self.client, ACCOUNT, REGION)
        self.bucket = given["SourceBucketArn"].rpartition(":")[2]
        for path in (ROOT / "dags").rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                self.put(path.relative_to(ROOT).as_posix(), path.read_bytes())
        requirements = (ROOT / "requirements.txt").read_text(encoding="utf-8")
        python = "3.11" if self.version < "2.11" else "3.12"
        requirements = requirements.replace("3.2.1", self.version).replace("3.12", python)
        startup = (
            f"export FROM_STARTUP=$MWAA_AIRFLOW_COMPONENT\nexport BUCKET={self.bucket}\nsudo yum -y install nothing\n"
        )
        self.client("mwaa").create_environment(
            **given
            | {
                "Name": self.name,
                "AirflowVersion": self.version,
                "EnvironmentClass": "mw1.micro",
                "PluginsS3ObjectVersion": self.put("plugins.zip", plugins({})),
                "RequirementsS3Path": "requirements.txt",
                "RequirementsS3ObjectVersion": self.put("requirements.txt", requirements.encode()),
                "StartupScriptS3Path": "startup.sh",
                "StartupScriptS3ObjectVersion": self.put("startup.sh", startup.encode()),
                "AirflowConfigurationOptions": {"core.default_task_retries": "1", "core.executor": "NoSuchExecutor"},
            }
        )

    def seen(self) -> dict[str, Any]:
        """What the DAG `probe` has seen, run now."""
        assert run_dag(self.here, self.workspace, "probe", self.said.append, seconds=120).state == "success"
        seen: dict[str, Any] = json.loads(
            self.client("s3").get_object(Bucket=self.bucket, Key="seen.json")["Body"].read()
        )
        return seen

    def roll(self, **changes: str) -> None:
        """UpdateEnvironment, and waits until another generation of Airflow serves."""
        (before,) = list_airflows(self.here)
        self.client("mwaa").update_environment(Name=self.name, **changes)
        deadline = time.monotonic() + 150
        while True:
            now = registration.find(self.here.folder, ACCOUNT, REGION, self.name)
            if now and now.key != before.key:
                return
            assert time.monotonic() < deadline, self.said
            time.sleep(0.5)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        environ = self.here.environ(ACCOUNT, REGION, os.environ)
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=True, timeout=120)


def plugins(more: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in (ROOT / "plugins").rglob("*.py"):
            name = path.relative_to(ROOT / "plugins").as_posix()
            archive.writestr(name, path.read_text(encoding="utf-8") + more.get(name, ""))
    return packed.getvalue()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Embedded]:
    started = embedded_aws.start(
        tmp_path, settings=EmbeddedSettings(create_seconds=0, update_seconds=0, delete_seconds=0)
    )
    yield started
    started.stop()


@by_release
def test_the_deployed_environment_runs_here(
    tmp_path: Path, here: Embedded, prepare: Callable[..., dict[str, Any]], airflow_version: str
) -> None:
    deployed = Deployed(tmp_path, here, airflow_version)
    deployed.create(prepare)
    with run_airflow(tmp_path, here, deployed.workspace, deployed.said.append) as airflow:
        assert airflow.registration.requirements == ("holidays==0.109",)
        processes = [psutil.Process(airflow.registration.pid)]
        processes += processes[0].children(recursive=True)
        assert {connection.laddr.ip for process in processes for connection in listening(process)} == {"127.0.0.1"}

        # The example, by InvokeRestApi: its operator comes from plugins.zip, the date from requirements.txt.
        run = run_dag(here, deployed.workspace, "daily_orders", deployed.said.append, day=date(2026, 1, 5))
        tasks = {task.name: task for task in run.tasks}
        assert run.state == "success", tasks
        assert {name: task.state for name, task in tasks.items()} == {
            "banks_open": "success", "banks_closed": "skipped", "summarise": "success", "check": "success",
            "report": "success",
        }  # fmt: skip
        assert (tasks["check"].operator, tasks["check"].said) == ("RowQualityOperator", ("6 rows keep all 4 rules",))
        assert tasks["report"].said[0] == "2026-01-05: 27390.16 euros, settled on 2026-01-07"

        # AWS's samples, unmodified, in the environment of `mwaa local env`.
        major = airflow_version[0]
        seen = json.loads(deployed.run(sys.executable, "-c", SAMPLES, deployed.name, major).stdout)
        assert seen.pop("nobody") in (401, 403)  # the releases differ
        assert seen == {
            "unpaused": ["daily_orders"],
            "gone": 404,
            "scheduler": "healthy",
            "again": 403,
            "variable": "by InvokeRestApi",
            "variables get test-restapi-key": [200, "test-restapi-value\n"],
            "users list": [500, ""],
        }
        if aws := shutil.which("aws"):
            listed = deployed.run(
                aws, "mwaa", "invoke-rest-api", "--name", deployed.name, "--method", "GET", "--path", "/dags"
            )
            assert json.loads(listed.stdout)["RestApiResponse"]["total_entries"] == 1

        # A DAG that is new in the bucket appears; its tasks see the embedded AWS, and what MWAA would give them.
        deployed.put("dags/probe.py", PROBE.encode())
        first = {"startup": "hybrid", "option": "1", "account": ACCOUNT, "plugins": "first"}
        assert deployed.seen() == first

        # A new plugins.zip alone changes nothing; set on the environment, it does. Requirements that cannot be
        # installed leave Airflow running without them.
        rolled = deployed.put("plugins.zip", plugins({"acme/__init__.py": '\nEDITION = "second"\n'}))
        broken = deployed.put("requirements.txt", b"no-such-package-anywhere-in-mwaa==1.0\n")
        deployed.roll(PluginsS3ObjectVersion=rolled, RequirementsS3ObjectVersion=broken)
        assert deployed.seen() == first | {"plugins": "second"}
        updated = f"the environment was updated: plugins.zip version {rolled}, requirements.txt version {broken}"
        assert updated in deployed.said
        assert any("requirements.txt could not be installed" in text for text in deployed.said)
        assert [found.requirements for found in list_airflows(here)] == [()]
        processes += processes[0].children(recursive=True)

    deadline = time.monotonic() + 5  # the system takes a moment to end what was killed
    while left := [process for process in processes if runs(process)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)
    assert list(list_airflows(here)) == []


def runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def listening(process: psutil.Process) -> list[Any]:
    try:
        return [found for found in process.net_connections("tcp") if found.status == psutil.CONN_LISTEN]
    except psutil.NoSuchProcess:
        return []
