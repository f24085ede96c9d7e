"""`mwaa new`: what it writes is valid, and overwrites nothing."""

import fcntl
import itertools
import json
import os
import pty
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest
from mwaa import content
from mwaa.aws_facts.environment_classes import ENVIRONMENT_CLASSES
from mwaa.config import discover

from tests.cli.calling import run

ROOT = Path(__file__).parents[2]
DEV = (ROOT / "environments/dev.py").read_text()
WHERE = ("--account", "111111111111", "--region", "us-east-1")
WORKSPACE = """\
from mwaa import *

workspace = Workspace(
    account="{account}",
    region="{region}",
    airflow_version="3.2.1",
    environment_class="mw1.small",
    network={network},
    backend={backend},
    content=Content(plugins=None, requirements=None, startup_script=None),
)
"""
Project = Callable[[dict[str, str]], Path]


def write(
    network: str, backend: str = "LocalBackend()", account: str = "111111111111", region: str = "us-east-1"
) -> str:
    return WORKSPACE.format(network=network, backend=backend, account=account, region=region)


@pytest.fixture
def root(project: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = project({"environments/dev.py": DEV, "dags/hello.py": "", "requirements.txt": ""})
    monkeypatch.chdir(folder)
    return folder


def files(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*") if path.is_file()}


def test_a_new_workspace_is_valid_and_has_a_free_network(root: Path) -> None:
    result = run("new", "analytics/dev", "--account", "111111111111", "--region", "ap-northeast-2")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("Wrote environments/analytics/dev.py.\nNext: ")
    assert result.stdout.endswith(" check analytics-dev\n")
    assert (
        (root / "environments/analytics/dev.py").read_text()
        == """\
from mwaa import Content, Network, Workspace

workspace = Workspace(
    account="111111111111",
    region="ap-northeast-2",
    airflow_version="3.3.1",
    environment_class="mw1.small",
    network=Network(cidr="10.10.16.0/20"),
    content=Content(plugins=None, startup_script=None),
)
"""
    )
    assert [line["name"] for line in json.loads(run("workspaces", "--json").stdout)] == ["analytics-dev", "dev"]


@pytest.mark.parametrize(
    ("there", "path", "expected", "made"),
    [
        ({"teams/risk/dags/risk.py": ""}, "risk/prod", 'dags="teams/risk/dags", plugins=None, ', []),
        ({"teams/risk/startup.sh": ""}, "risk/prod", 'dags="teams/risk/dags", plugins=None, ', ["teams/risk/dags"]),
        ({"teams/risk/dags/risk.py": ""}, "eu/fraud/prod", 'dags="teams/eu/fraud/dags"', ["teams/eu/fraud/dags"]),
        ({}, "risk/prod", 'dags="teams/risk/dags"', ["teams/risk/dags"]),
        ({"dags/hello.py": ""}, "risk/prod", "Content(plugins=None", []),
        ({}, "prod", "Content(plugins=None", ["dags"]),
    ],
)
def test_the_content_is_that_of_the_team_or_of_the_project(
    there: dict[str, str],
    path: str,
    expected: str,
    made: list[str],
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    root = project({"environments/dev.py": DEV} | there)
    monkeypatch.chdir(root)
    before = files(root)
    assert run("new", path, *WHERE).exit_code == 0
    text = (root / f"environments/{path}.py").read_text()
    assert expected in text
    assert files(root).keys() - before.keys() == {f"environments/{path}.py", *(f"{one}/.gitkeep" for one in made)}
    workspace = discover(root)[path.replace("/", "-")].workspace
    content.build(workspace.content, root, tmp_path / "bundle", airflowignore_syntax=workspace.airflowignore_syntax)


SHARED = {
    "S3Backend(bucket='acme-state', region='eu-west-1')": 'S3Backend(bucket="acme-state", region="eu-west-1")',
    "HcpTerraform(organization='acme', project='data')": 'HcpTerraform(organization="acme", project="data")',
    "HcpTerraform(organization='acme', hostname='tfe.acme.com')": (
        'HcpTerraform(organization="acme", hostname="tfe.acme.com")'
    ),
    "LocalBackend()": None,
}
STATES = {(): None, ("--state-bucket", "other-state"): 'S3Backend(bucket="other-state")'} | {
    ("--hcp-organization", "other"): 'HcpTerraform(organization="other")'
}
NETWORKS = {
    (): 'Network(cidr="10.1.16.0/20")',
    ("--cidr", "172.16.0.0/20"): 'Network(cidr="172.16.0.0/20")',
    ("--network-of", "dev"): 'NetworkOf(workspace="dev")',
}


@pytest.mark.parametrize("shared", SHARED)
def test_each_kind_of_network_goes_with_each_kind_of_state_and_each_team(
    shared: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    dev = write('Network(cidr="10.1.0.0/20")', shared)
    for networks, states, path in itertools.product(NETWORKS, STATES, ("new", "team/new", "dev/new")):
        root = project({"environments/dev.py": dev, "dags/a.py": ""})
        monkeypatch.chdir(root)
        result = run("new", path, *WHERE, *networks, *states)
        assert result.exit_code == 0, result.stderr
        file = root / f"environments/{path}.py"
        text = file.read_text()
        assert f"    network={NETWORKS[networks]},\n" in text
        backend = STATES[states] or SHARED[shared]
        assert (f"    backend={backend},\n" in text) if backend else ("backend" not in text)
        assert discover(root)[path.replace("/", "-")].file == f"environments/{path}.py"
        file.unlink()


def test_a_network_of_another_workspace_brings_its_account_and_region(root: Path) -> None:
    assert run("new", "other", "--network-of", "dev").exit_code == 0
    dev, other = (discover(root)[name].workspace for name in ("dev", "other"))
    assert (other.account, other.region) == (dev.account, dev.region)


def test_the_workspaces_of_the_team_are_nearer_than_others(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    root = project(
        {
            "environments/a/dev.py": write('Network(cidr="10.1.0.0/20")', "S3Backend(bucket='acme-state')"),
            "environments/b/dev.py": write('Network(cidr="10.2.0.0/20")', account="222222222222", region="eu-west-1"),
        }
    )
    monkeypatch.chdir(root)
    asked = answer(root, "new", "b/prod", keys="\n" * 5)
    assert "account [222222222222]: " in asked
    assert "region [eu-west-1]: " in asked
    assert "backend" not in (root / "environments/b/prod.py").read_text()


@pytest.mark.parametrize("size", ENVIRONMENT_CLASSES)
def test_every_class_in_two_releases_is_valid(size: str, root: Path) -> None:
    for release in ("2.10.3", "3.2.1"):
        result = run("new", f"x{release.replace('.', '')}", *WHERE, "--class", size, "--airflow", release)
        assert result.exit_code == 0, result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("dev", *WHERE), 'NAME got: "dev", which exists expected: a new name'),
        (("Bad Name", *WHERE), '"Bad Name"'),
        (("../x", *WHERE), '"../x"'),
        (("/x", *WHERE), '"/x"'),
        (("a//x", *WHERE), '"a//x"'),
        (("a/", *WHERE), '"a/"'),
        (("_team/x", *WHERE), '"_team/x"'),
        (("dev.py", *WHERE), '"dev.py"'),
        (("1/x", *WHERE), '"1/x"'),
        (("x" * 60, *WHERE), f'"{"x" * 40}'),
        (("new", "--account", "1", "--region", "us-east-1"), "environments/new.py: account"),
        (("new", "--account", "111111111111", "--region", "us-east-9"), "environments/new.py: region"),
        (("new", "--region", "us-east-1"), "Invalid value for --account"),
        (("new", *WHERE, "--airflow", "1.10.1"), "airflow_version"),
        (("new", *WHERE, "--class", "mw1.tiny"), "environment_class"),
        (("new", *WHERE, "--cidr", "10.0.0.0/33"), "network.cidr"),
        (("new", *WHERE, "--state-bucket", "Not A Bucket"), "backend.bucket"),
        (("new", *WHERE, "--hcp-organization", "x"), "backend.organization"),
        (("new", *WHERE, "--network-of", "def"), 'did you mean "dev"?'),
        (("new", *WHERE, "--network-of", "dev"), "environments/new.py: network.workspace"),  # of another region
        (("new", "--network-of", "dev", "--cidr", "10.0.0.0/20"), "leave out --cidr"),
        (("new", *WHERE, "--state-bucket", "acme-state", "--hcp-organization", "acme"), "leave out one of the two"),
        (
            ("aaa", "--account", "111111111111", "--region", "ap-northeast-2", "--cidr", "10.10.0.0/20"),
            'environments/aaa.py: network.cidr got: "10.10.0.0/20", which overlaps environments/dev.py',
        ),
        (
            ("team/new", "--account", "111111111111", "--region", "ap-northeast-2", "--cidr", "10.10.0.0/20"),
            "which overlaps environments/dev.py",
        ),
    ],
)
def test_what_would_be_wrong_is_not_written(words: tuple[str, ...], message: str, root: Path) -> None:
    before = {*root.rglob("*")}
    result = run("new", *words)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.replace("│", " ").split())
    assert {*root.rglob("*")} == before
    assert (root / "environments/dev.py").read_text() == DEV


def test_two_paths_of_one_name_are_refused(root: Path) -> None:
    assert run("new", "a/b", *WHERE).exit_code == 0
    result = run("new", "a-b", *WHERE)
    assert result.exit_code == 2
    assert result.stderr.startswith('environments/a-b.py: name\n  got:      "a-b", as environments/a/b.py\n')


def test_a_repository_of_content_alone_gets_no_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mwaa.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    result = run("new", "dev", *WHERE)
    assert (result.exit_code, files(tmp_path)) == (2, {"mwaa.json": "{}"})
    assert result.stderr.startswith('project\n  got:      "mwaa.json"\n  expected: a project with environments/\n')


def test_the_first_workspace_of_a_project(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = project({"environments/_shared.py": ""})
    monkeypatch.chdir(folder)
    assert run("new", "dev", *WHERE).exit_code == 0
    assert 'cidr="10.0.0.0/20"' in (folder / "environments/dev.py").read_text()
    assert (folder / "dags").is_dir()


def test_a_person_is_asked_again_after_a_wrong_answer(root: Path) -> None:
    text = answer(root, "new", "prod", keys="12\n222222222222\n\n9\n3.2.1\n\n\n")
    assert "Error: expected: the 12 digits of an AWS account id, in quotes\n" in text
    assert "Error: expected: a release that MWAA supports: " in text
    assert "cidr [10.10.16.0/20]: Wrote environments/prod.py.\n" in text
    workspace = discover(root)["prod"].workspace
    assert (workspace.account, workspace.airflow_version) == ("222222222222", "3.2.1")


def test_ctrl_c_and_the_end_of_the_input_leave_nothing(root: Path) -> None:
    before = files(root)
    for keys in ("222222222222\n\x03", "222222222222\n\x04"):
        answer(root, "new", "team/prod", keys=keys)
        assert files(root) == before


def answer(root: Path, *words: str, keys: str) -> str:
    """Run the command on a terminal, type the keys, and return what the terminal showed."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "mwaa", *words]
    environ = os.environ | {"PYTHONPATH": str(ROOT / "modules"), "NO_COLOR": "1", "COLUMNS": "200"}
    with subprocess.Popen(
        command,
        cwd=root,
        env=environ,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    ) as child:
        os.close(theirs)
        os.write(ours, keys.encode())
        shown = b""
        try:
            while chunk := os.read(ours, 4096):
                shown += chunk
        except OSError:  # the end, as Linux reports it
            pass
        child.wait()
    os.close(ours)
    return shown.decode().replace("\r\n", "\n")
