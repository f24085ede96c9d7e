"""What keeps an Airflow from starting is reported; a launcher that dies leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from mwaa.config import Names, Workspace
from mwaa.embedded_aws import Embedded
from mwaa.files import try_lock
from mwaa.local_airflow import run_airflow, run_dag
from mwaa.local_airflow.errors import LocalAirflowError
from mwaa.process import ToolError

REGION = "eu-west-1"
ROOT = Path(__file__).parents[2]

SERVE = """
import sys
from pathlib import Path
from mwaa.config import Workspace
from mwaa import embedded_aws
from mwaa.local_airflow import run_airflow

root, account, name = sys.argv[1:]
here = embedded_aws.find(Path(root))
workspace = Workspace(
    account=account, region="eu-west-1", airflow_version="3.2.1", environment_class="mw1.micro"
).with_name(name)
with run_airflow(Path(root), here, workspace, lambda text: print(text, flush=True)):
    pass
"""


def nothing(_text: str) -> None: ...


@pytest.fixture
def root(embedded: Embedded) -> Path:
    return embedded.folder.parents[1]


@pytest.fixture
def workspace(fresh_account: str) -> Workspace:
    given = {"region": REGION, "airflow_version": "3.2.1", "environment_class": "mw1.micro"}
    # Named after the account: the tests of this process share one embedded AWS, and with it the folders.
    return Workspace(account=fresh_account, **given).with_name(f"w{fresh_account}")  # type: ignore[arg-type]


@pytest.fixture
def deploy(clients: Any, prepare: Any, workspace: Workspace) -> Callable[..., None]:
    """`deploy({"startup.sh": ...})`: makes the workspace's environment, with other content where given."""
    client = clients(workspace.account, REGION)

    def make(files: dict[str, bytes]) -> None:
        given = prepare(client, workspace.account, REGION)
        bucket = given["SourceBucketArn"].rpartition(":")[2]
        given |= {"Name": Names(workspace).environment, "AirflowVersion": "3.2.1", "EnvironmentClass": "mw1.micro"}
        for key, body in files.items():
            version = client("s3").put_object(Bucket=bucket, Key=key, Body=body)["VersionId"]
            field = {"plugins.zip": "Plugins", "startup.sh": "StartupScript"}[key]
            given |= {f"{field}S3Path": key, f"{field}S3ObjectVersion": version}
        client("mwaa").create_environment(**given)

    return make


def test_a_workspace_that_is_not_deployed_is_told(root: Path, embedded: Embedded, workspace: Workspace) -> None:
    with pytest.raises(LocalAirflowError) as caught, run_airflow(root, embedded, workspace, nothing):
        pass
    assert str(caught.value) == f"workspace {workspace.name} is not deployed on the embedded AWS"
    assert caught.value.fix == f"mwaa local up {workspace.name}"


def test_a_port_that_is_taken_is_told(root: Path, embedded: Embedded, workspace: Workspace, deploy: Any) -> None:
    deploy({})
    with (
        pytest.raises(ToolError, match=rf"^port {embedded.port} cannot be used: Address already in use$"),
        run_airflow(root, embedded, workspace, nothing, port=embedded.port),
    ):
        pass


def test_a_second_airflow_of_a_workspace_is_refused(
    root: Path, embedded: Embedded, workspace: Workspace, deploy: Any
) -> None:
    deploy({})
    folder = embedded.folder / "airflow" / workspace.name
    with try_lock(folder / "lock"), pytest.raises(ToolError) as caught, run_airflow(root, embedded, workspace, nothing):
        pass
    assert str(caught.value) == f"an Airflow already runs for this workspace (process {os.getpid()})"
    assert caught.value.fix == "end it with Ctrl-C where it runs"


def test_plugins_that_are_no_archive_stop_it(root: Path, embedded: Embedded, workspace: Workspace, deploy: Any) -> None:
    deploy({"plugins.zip": b"not a zip"})
    with (
        pytest.raises(ToolError, match=r"^plugins\.zip is not a zip archive"),
        run_airflow(root, embedded, workspace, nothing),
    ):
        pass


def test_a_run_without_an_airflow_says_how_to_start_one(embedded: Embedded, workspace: Workspace) -> None:
    with pytest.raises(LocalAirflowError) as caught:
        run_dag(embedded, workspace, "daily_orders", nothing)
    assert str(caught.value) == f"no local Airflow runs for {workspace.name}"
    assert caught.value.fix == f"mwaa local airflow {workspace.name}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_who_is_interrupted_or_killed_leaves_nothing(
    root: Path, workspace: Workspace, deploy: Any, number: signal.Signals
) -> None:
    """In the middle of the startup script; the real Airflow of 3.2.1 is there then."""
    deploy({"startup.sh": b"sleep 300\n"})
    code = f"from mwaa.process import interrupted_by_signals\ninterrupted_by_signals()\n{SERVE}"
    command = [sys.executable, "-c", code, str(root), workspace.account, workspace.name]
    parent = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        below = await_sleep(parent)
        parent.send_signal(number)
        parent.wait(30)
        deadline = time.monotonic() + 20
        while left := [process for process in below if runs(process)]:
            assert time.monotonic() < deadline, left
            time.sleep(0.05)
    finally:
        parent.kill()
        parent.communicate()


def await_sleep(parent: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    """All processes below, once the script sleeps. The environment may have to be installed first."""
    deadline = time.monotonic() + 240
    while True:
        assert parent.poll() is None, parent.communicate()
        assert time.monotonic() < deadline
        below = psutil.Process(parent.pid).children(recursive=True)
        if any(runs(process) and process.name() == "sleep" for process in below):
            return below
        time.sleep(0.1)


def runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
