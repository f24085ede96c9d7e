"""The driver with the real CDKTF and Terraform, and a stack that needs no provider and no synth."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mwaa import embedded_aws
from mwaa.config import Workspace
from mwaa.embedded_aws import Embedded, EmbeddedError, EmbeddedSettings
from mwaa.local import deploy
from mwaa.local.errors import DeployError
from mwaa.local.progress import DeployEvent, Done, Finished, Planned
from mwaa.local.terraform import Provider, Terraform
from mwaa.progress import Step
from mwaa.project_layout import EMBEDDED_STATE
from packaging.version import Version

CHECKOUT = Path(__file__).parents[2]
MAIN = """
import json, os, pathlib
out = pathlib.Path(os.environ["CDKTF_OUTDIR"])
stack = out / "stacks" / "dev"
stack.mkdir(parents=True, exist_ok=True)
resources = {
    name: {"input": name, "depends_on": before, "provisioner": [{"local-exec": {"command": "sleep 1"}}]}
    for name, before in (("one", []), ("two", ["terraform_data.one"]), ("three", ["terraform_data.two"]))
}
(stack / "cdk.tf.json").write_text(json.dumps({
    "//": {"metadata": {"backend": "local", "stackName": "dev", "version": "0.21.0"}, "outputs": {}},
    "terraform": {"backend": {"local": {"path": "../../../state/dev.tfstate"}}},
    "resource": {"terraform_data": resources},
}))
(out / "manifest.json").write_text(json.dumps({"version": "0.21.0", "stacks": {"dev": {
    "name": "dev", "constructPath": "dev", "annotations": [], "dependencies": [],
    "synthesizedStackPath": "stacks/dev/cdk.tf.json", "workingDirectory": "stacks/dev"}}}))
"""
THREE = ["terraform_data.one", "terraform_data.two", "terraform_data.three"]


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A checkout with the CDKTF command line and a stack of three resources, each a second's work."""
    (tmp_path / "cdktf.json").write_text(
        json.dumps({"language": "python", "app": f"{sys.executable} main.py", "sendCrashReports": "false"})
    )
    (tmp_path / "main.py").write_text(MAIN)
    (tmp_path / "node_modules").symlink_to(CHECKOUT / "node_modules")
    yield tmp_path
    deploy.down(tmp_path)


def _created(events: list[DeployEvent]) -> list[str]:
    return [event.address for event in events if isinstance(event, Done) and event.action == "created"]


def test_a_deployment_is_reported_repeated_planned_again_and_destroyed(
    root: Path, workspace: Callable[..., Workspace]
) -> None:
    events: list[DeployEvent] = []
    here = deploy.up(root, workspace(), EmbeddedSettings(create_seconds=0), events.append)
    assert _created(events) == THREE
    assert Planned(3, 0, 0) in events
    assert events[-1] == Finished(3, 0, 0)
    assert deploy.deployed(root) == {"dev": 3}

    with pytest.raises(DeployError, match="runs already, with other settings"):
        deploy.up(root, workspace(), EmbeddedSettings(quotas={"elastic_ips": 0}), events.append)
    plan = deploy.second_plan(root, workspace(), events.append)
    assert (plan.command, plan.text) == ("terraform plan -detailed-exitcode -input=false -no-color", "")
    (root / "main.py").write_text(MAIN.replace('("two"', '("more", []), ("two"'))
    assert "terraform_data.more will be created" in deploy.second_plan(root, workspace(), events.append).text

    events.clear()
    deploy.destroy(root, workspace(), events.append)
    assert events[-1] == Finished(0, 0, 3)
    assert deploy.deployed(root) == {}
    assert embedded_aws.find(root) == here
    assert not (root / "cdktf.out").exists()


def test_an_interrupted_deployment_goes_on_where_it_stopped(root: Path, workspace: Callable[..., Workspace]) -> None:
    def interrupt(event: DeployEvent) -> None:
        if isinstance(event, Done):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        deploy.up(root, workspace(), None, interrupt)
    assert not list((root / EMBEDDED_STATE).glob(".*.lock.info"))
    here = embedded_aws.find(root)
    events: list[DeployEvent] = []
    assert deploy.up(root, workspace(), None, events.append) == here
    assert "terraform_data.one" not in _created(events)
    assert deploy.deployed(root) == {"dev": 3}


def test_a_killed_terraform_is_a_failure_and_the_next_deployment_starts_afresh(
    root: Path, workspace: Callable[..., Workspace]
) -> None:
    def kill(event: DeployEvent) -> None:
        if isinstance(event, Done):
            note = next((root / EMBEDDED_STATE).glob(".*.lock.info"))
            assert "OperationTypeApply" in note.read_text()
            os.kill(_terraform_below(os.getpid()), signal.SIGKILL)

    with pytest.raises(DeployError, match=r"cdktf deploy did not finish \(status 0\)"):
        deploy.up(root, workspace(), EmbeddedSettings(create_seconds=0), kill)
    killed = embedded_aws.find(root)
    events: list[DeployEvent] = []
    here = deploy.up(root, workspace(), None, events.append)
    assert killed
    assert here.instance != killed.instance
    assert here.settings == killed.settings
    assert events[0] == Step("the last deployment of dev was killed half way: its embedded AWS is thrown away")
    assert _created(events) == THREE


def _terraform_below(pid: int) -> int:
    from mwaa.process_tree import descendants

    return next(below for below, program in descendants(pid).items() if program == "terraform")


def test_one_deployment_at_a_time(root: Path, workspace: Callable[..., Workspace]) -> None:
    with deploy._alone(root), pytest.raises(DeployError) as caught:
        deploy.down(root)
    assert str(caught.value) == f"another deployment of this checkout runs (process {os.getpid()})"


def test_without_an_embedded_aws_there_is_nothing_to_destroy(root: Path, workspace: Callable[..., Workspace]) -> None:
    with pytest.raises(EmbeddedError) as caught:
        deploy.destroy(root, workspace(), print)
    assert (str(caught.value), caught.value.fix) == ("no embedded AWS runs for this checkout", "mwaa local up dev")


def test_children_get_the_tools_of_the_lock_and_nothing_of_a_real_deployment(
    tmp_path: Path, workspace: Callable[..., Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"AWS_PROFILE": "prod", "TF_WORKSPACE": "prod", "CDKTF_OUTDIR": "x", "PATH": "/bin"}.items():
        monkeypatch.setenv(name, value)
    here = Embedded(tmp_path / ".mwaa/local", "abc", 1, 4242, datetime.now(UTC), EmbeddedSettings())
    binary = Terraform(Path("/x/terraform"), "Terraform", Version("1.11.4"), "linux_amd64")
    environ = deploy.environ_of(tmp_path, here, workspace(), binary, Provider(tmp_path, Version("5.100.0")))
    assert {"AWS_PROFILE", "TF_WORKSPACE", "CDKTF_OUTDIR"}.isdisjoint(environ)
    assert environ["PATH"] == f"{Path(sys.executable).parent}{os.pathsep}/bin"
    assert environ["HTTPS_PROXY"] == "http://127.0.0.1:4242"
    expected = {
        "MWAA_EMBEDDED": "abc",
        "MWAA_AWS_PROVIDER": "5.100.0",
        "AWS_REGION": "us-east-1",
        "TERRAFORM_BINARY_NAME": "/x/terraform",
        "CI": "1",
        "CHECKPOINT_DISABLE": "1",
        "CDKTF_DISABLE_PLUGIN_CACHE_ENV": "1",
        "DISABLE_VERSION_CHECK": "1",
        "NO_COLOR": "1",
    }
    assert {name: environ[name] for name in expected} == expected


def test_a_checkout_that_is_not_set_up_is_told(tmp_path: Path, workspace: Callable[..., Workspace]) -> None:
    with pytest.raises(DeployError) as caught:
        deploy.up(tmp_path, workspace(), None, lambda _: None)
    assert caught.value.fix == "make setup"
    assert embedded_aws.find(tmp_path) is None


def test_what_terraform_logged_is_told_once_for_each_resource(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(
        "2026-11-22T13:34:12.846Z [ERROR] Checkpoint error: no such host\n"
        '2026-11-22T13:34:12.853Z [ERROR] vertex "aws_s3_bucket.a (destroy)" error: Instance cannot be destroyed\n'
        '2026-11-22T13:34:12.853Z [ERROR] vertex "aws_s3_bucket.a (destroy)" error: Instance cannot be destroyed\n'
    )
    assert deploy.logged_errors(log) == ["Error: aws_s3_bucket.a (destroy): Instance cannot be destroyed"]
    assert deploy.logged_errors(tmp_path / "none") == []
