import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mwaa.cli import output

from tests.cli.calling import run

CHECKOUT = Path(__file__).parents[2]
DEV, PROD = ((CHECKOUT / f"environments/{name}.py").read_text() for name in ("dev", "prod"))
Project = Callable[[dict[str, str]], Path]


@pytest.fixture
def root(project: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two workspaces, in which the command is called."""
    folder = project({"environments/dev.py": DEV, "environments/prod.py": PROD})
    monkeypatch.chdir(folder)
    return folder


def test_workspaces_are_listed(root: Path) -> None:
    result = run("workspaces")
    assert result.exit_code == 0
    assert [line.rstrip() for line in result.stdout.splitlines()] == [
        "NAME  REGION          ACCOUNT       AIRFLOW  CLASS       NETWORK                       PIPELINE",
        "dev   ap-northeast-2  111111111111  3.2.1    mw1.micro   10.10.0.0/20, 1 NAT gateway   -",
        "prod  ap-northeast-2  222222222222  3.2.1    mw1.medium  10.20.0.0/16, 2 NAT gateways  "
        "GitHub acme/airflow main, approval",
    ]


def test_workspaces_are_listed_for_machines(root: Path) -> None:
    listed = json.loads(run("workspaces", "--json").stdout)
    assert [(line["name"], line["file"]) for line in listed] == [
        ("dev", "environments/dev.py"),
        ("prod", "environments/prod.py"),
    ]


def test_a_folder_inside_the_project_will_do(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root / "environments")
    assert run("workspaces").exit_code == 0


def test_show_marks_what_is_set(root: Path) -> None:
    lines = [line.split() for line in run("show", "dev").stdout.splitlines()]
    assert ["network.cidr", "10.10.0.0/20", "set", "replaces", "the", "environment"] in lines
    assert ["network.nat_gateways", "1", "default"] in lines
    assert ["endpoint_management", "SERVICE", "default", "replaces", "the", "environment"] in lines
    assert ["bucket", "airflow-dev-111111111111-ap-northeast-2"] in lines


def test_show_for_machines_has_values_of_their_type(root: Path) -> None:
    shown = json.loads(run("show", "dev", "--json").stdout)
    assert set(shown) == {"file", "fields", "names", "release"}
    assert {"path": "deletion_protection", "value": False, "is_set": True, "replaces": False} in shown["fields"]
    assert shown["names"]["environment_arn"] == "arn:aws:airflow:ap-northeast-2:111111111111:environment/mwaa-dev"
    assert shown["release"]["end_of_support"] is None


def test_the_name_is_optional_when_there_is_one(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project({"environments/dev.py": DEV}))
    assert json.loads(run("show", "--json").stdout)["file"] == "environments/dev.py"


def test_which_of_two_must_be_said(root: Path) -> None:
    result = run("show")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "one of dev, prod" in result.stderr


def test_outside_a_project_nothing_works_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("workspaces")
    assert result.exit_code == 2
    assert "a folder inside a project" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_broken_workspace_is_listed_with_its_first_problem(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = DEV.replace("mw1.micro", "mw1.nano").replace('"3.2.1"', '"3.2"')
    monkeypatch.chdir(project({"environments/dev.py": DEV, "environments/analytics/dev.py": broken}))
    result = run("workspaces")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[1].split()[:2] == ["dev", "ap-northeast-2"]
    assert lines[2] == (
        f"broken: analytics-dev (environments/analytics/dev.py), 1 more: {output.command()} show analytics-dev"
    )
    assert lines[3].startswith("environments/analytics/dev.py: airflow_version")
    listed = json.loads(run("workspaces", "--json").stdout)
    assert [line["name"] for line in listed] == ["dev", "analytics-dev"]
    assert [problem["field"] for problem in listed[1]["problems"]] == ["airflow_version", "environment_class"]


def test_a_command_stops_only_on_problems_of_the_workspace_that_it_names(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = DEV.replace("mw1.micro", "mw1.nano")
    monkeypatch.chdir(project({"environments/dev.py": DEV, "environments/analytics/dev.py": broken}))
    assert run("show", "dev").exit_code == 0
    assert run("show", "analytics-dev").exit_code == 2
    environ = run("local", "env", "dev")
    assert (environ.exit_code, environ.stdout) == (1, "false\n")
    assert "No embedded AWS" in environ.stderr or "no embedded AWS" in environ.stderr
    assert run("local", "env", "analytics-dev").stdout == "false\n"


def test_a_script_stops_when_no_lines_for_the_shell_are_printed(root: Path) -> None:
    script = f'set -e; eval "$({sys.executable} -m mwaa local env dev)"; echo reached'
    done = subprocess.run(["bash", "-c", script], cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")


def test_workspaces_are_listed_by_team_account_and_region(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    other = DEV.replace("10.10.0.0/20", "10.11.0.0/20")
    files = {"environments/dev.py": DEV, "environments/analytics/dev.py": other, "environments/prod.py": PROD}
    files["environments/eu/fraud/dev.py"] = DEV.replace("10.10.0.0/20", "10.12.0.0/20")
    monkeypatch.chdir(project(files))

    def names(*words: str) -> list[str]:
        return [line["name"] for line in json.loads(run("workspaces", *words, "--json").stdout)]

    assert names("--team", "analytics") == ["analytics-dev"]
    assert names("--team", "eu") == names("--team", "eu/fraud/") == ["eu-fraud-dev"]
    assert names("--account", "222222222222") == ["prod"]
    assert names("--account", "111111111111", "--region", "ap-northeast-2") == ["analytics-dev", "dev", "eu-fraud-dev"]
    assert names("--team", "ana") == names("--team", "analytics", "--region", "us-east-1") == []
    shown = run("workspaces", "--region", "us-east-1")
    assert (shown.exit_code, shown.stdout) == (0, f"No workspace matches. All of them: {output.command()} workspaces\n")


def test_a_broken_workspace_is_listed_with_its_team_whatever_the_account(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = DEV.replace("mw1.micro", "mw1.nano")
    monkeypatch.chdir(project({"environments/dev.py": DEV, "environments/analytics/dev.py": broken}))
    for words in ((), ("--team", "analytics"), ("--account", "222222222222"), ("--quotas",)):
        result = run("workspaces", *words)
        assert result.exit_code == 1
        assert "broken: analytics-dev (environments/analytics/dev.py)\n" in result.stdout
    assert run("workspaces", "--team", "risk").exit_code == 0


def test_the_quotas_that_all_workspaces_of_an_account_need_are_summed(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def environment(network: str, account: str = "111111111111") -> str:
        return DEV.replace("111111111111", account).replace('Network(cidr="10.10.0.0/20")', network)

    existing = 'mwaa.ExistingNetwork(vpc_id="vpc-0123abcd", private_subnet_ids=["subnet-0123abcd", "subnet-1123abcd"]'
    files = {
        "a": environment('Network(cidr="10.10.0.0/20", nat_gateways=2)'),
        "b": environment('Network(cidr="10.11.0.0/20", nat_gateways=2)'),
        "c": environment('Network(cidr="10.12.0.0/20", nat_gateways=2)'),
        "d": environment('Network(cidr="10.13.0.0/20", nat_gateways=0), webserver_access_mode="PRIVATE_ONLY"'),
        "e": environment('mwaa.NetworkOf("a")'),
        "f": environment(existing + ', endpoints=["s3"], route_table_ids=["rtb-0123abcd"])'),
        "g": environment(existing + ")", "222222222222"),
    }
    monkeypatch.chdir(project({f"environments/{name}.py": f"import mwaa\n{text}" for name, text in files.items()}))
    place = {"account": "111111111111", "region": "ap-northeast-2"}
    assert json.loads(run("workspaces", "--quotas", "--json").stdout) == [
        place | {"quota": "elastic_ips", "needed": 6, "default": 5},
        place | {"quota": "vpcs", "needed": 4, "default": 5},
        place | {"quota": "internet_gateways", "needed": 3, "default": 5},
        place | {"quota": "nat_gateways", "needed": 3, "default": 5},
        place | {"quota": "gateway_endpoints", "needed": 5, "default": 20},
        place | {"quota": "environments", "needed": 6, "default": 10},
        {"account": "222222222222", "region": "ap-northeast-2", "quota": "environments", "needed": 1, "default": 10},
    ]
    lines = run("workspaces", "--quotas").stdout.splitlines()
    assert [line.split()[2] for line in lines if line.endswith("needs a higher quota")] == ["elastic_ips"]


def test_a_mistake_in_a_workspace_is_reported_to_people_and_machines(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project({"environments/dev.py": DEV.replace("mw1.micro", "mw1.nano")}))
    result = run("show", "dev", "--json")
    assert result.exit_code == 2
    [problem] = json.loads(result.stdout)["problems"]
    assert (problem["file"], problem["field"], problem["got"]) == (
        "environments/dev.py",
        "environment_class",
        '"mw1.nano"',
    )
    assert "environments/dev.py: environment_class" in result.stderr


@pytest.mark.parametrize(
    ("quota", "text"),
    [
        ("elastic_ips", "is not NAME=NUMBER"),
        ("elastic_ips=many", "is not NAME=NUMBER"),
        ("unicorns=1", 'there is no quota "unicorns"'),
    ],
)
def test_a_wrong_quota_is_wrong_usage(root: Path, quota: str, text: str) -> None:
    result = run("local", "up", "dev", "--quota", quota)
    assert result.exit_code == 2
    assert text in " ".join(result.stderr.split())


def test_where_no_embedded_aws_runs_the_commands_say_so(root: Path) -> None:
    assert run("local", "status").exit_code == 1
    listed = run("local", "status", "--json")
    assert (listed.exit_code, json.loads(listed.stdout)) == (1, None)
    env = run("local", "env", "dev")
    assert (env.exit_code, env.stdout) == (1, "false\n")
    assert "mwaa local up dev" in env.stderr
    down = run("local", "down")
    assert (down.exit_code, down.stdout) == (0, "No embedded AWS ran.\n")


def test_an_interrupted_command_ends_with_130(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mwaa.local import deploy

    def interrupted(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(deploy, "down", interrupted)
    assert run("local", "down").exit_code == 130


def test_a_failed_deployment_is_reported_with_its_fix(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mwaa.local import deploy
    from mwaa.local.errors import DeployError

    def failed(*_: object) -> None:
        raise DeployError("Error: AddressLimitExceeded [/x]", "see the log")

    monkeypatch.setattr(deploy, "up", failed)
    result = run("local", "up", "dev")
    assert (result.exit_code, result.stderr) == (1, "Error: AddressLimitExceeded [/x]\nfix: see the log\n")


@pytest.mark.parametrize("status", ["ok", "warning", "problem"])
def test_doctor_fails_on_problems_only(root: Path, monkeypatch: pytest.MonkeyPatch, status: Any) -> None:
    from mwaa.local import doctor
    from mwaa.local.doctor import MachineCheck

    monkeypatch.setattr(doctor, "examine", lambda root: [MachineCheck("Node", status, "20", "make setup")])
    result = run("doctor", "--json")
    assert result.exit_code == (1 if status == "problem" else 0)
    assert json.loads(result.stdout) == [{"subject": "Node", "status": status, "found": "20", "fix": "make setup"}]
    assert "fix: make setup" in run("doctor").stdout


def test_status_asks_the_embedded_aws_that_the_shell_points_at(root: Path) -> None:
    """The whole way: `eval "$(mwaa local env dev)"`, then `mwaa status` as a process of its own."""
    from mwaa.embedded_aws import EmbeddedSettings, start

    here = start(root, settings=EmbeddedSettings())
    try:
        environ = here.environ("111111111111", "ap-northeast-2", os.environ) | {"PYTHONPATH": str(CHECKOUT)}
        command = [sys.executable, "-m", "mwaa", "status"]
        absent = subprocess.run([*command, "dev"], env=environ, cwd=root, capture_output=True, text=True, check=False)
        assert (absent.returncode, absent.stderr) == (1, "")
        assert absent.stdout == "There is no environment mwaa-dev in ap-northeast-2 of account 111111111111.\n"
        other = subprocess.run([*command, "prod"], env=environ, cwd=root, capture_output=True, text=True, check=False)
        assert (other.returncode, other.stdout) == (2, "")
        assert "prod belongs to 222222222222" in other.stderr
        exports = run("local", "env", "dev").stdout.splitlines()
        assert f"export MWAA_EMBEDDED={here.instance}" in exports
        assert all(line.startswith(("export ", "unset ")) for line in exports)
        assert json.loads(run("local", "status", "--json").stdout)["deployed"] == {}
    finally:
        assert run("local", "down").exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [["workspaces"], ["show", "dev", "--json"], ["doctor"], ["status", "dev"], ["local", "status"]],
    ids=" ".join,
)
def test_no_command_that_does_not_synthesize_imports_cdktf(root: Path, arguments: list[str]) -> None:
    script = (
        "import sys; from mwaa.cli import app\n"
        f"app({arguments!r}, standalone_mode=False)\n"
        "heavy = {'cdktf', 'jsii', 'constructs', 'cdktf_cdktf_provider_aws', 'moto'} & set(sys.modules)\n"
        "boto = 'boto3' in sys.modules\n"
        "print('LOADED', sorted(heavy), boto)"
    )
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environ |= {"PYTHONPATH": str(CHECKOUT), "AWS_EC2_METADATA_DISABLED": "true", "HOME": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, env=environ, capture_output=True, text=True, check=False
    )
    boto = arguments[0] in ("doctor", "status")
    assert done.stdout.splitlines()[-1] == f"LOADED [] {boto}", done.stderr


def test_the_command_is_named_as_the_shell_finds_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    scripts = tmp_path / ".venv/bin"
    scripts.mkdir(parents=True)
    monkeypatch.setattr(sys, "executable", str(scripts / "python"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.delenv("MAKELEVEL", raising=False)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert output.command() == "python -m mwaa"
    (scripts / "mwaa").touch(0o755)
    assert output.command() == ".venv/bin/mwaa"
    monkeypatch.setenv("PATH", f"{scripts}:/usr/bin:/bin")
    assert output.command() == "mwaa"
    monkeypatch.setenv("MAKELEVEL", "1")  # make has put it there, for its recipes alone
    assert output.command() == ".venv/bin/mwaa"
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / ".venv"))
    assert output.command() == "mwaa"


@pytest.mark.parametrize(
    ("fix", "typed"),
    [
        ("mwaa local up dev", ".venv/bin/mwaa local up dev"),
        ("mwaa local down && mwaa local up dev", ".venv/bin/mwaa local down && .venv/bin/mwaa local up dev"),
        ('eval "$(mwaa local env dev)"', 'eval "$(.venv/bin/mwaa local env dev)"'),
        ("make setup", "make setup"),
        ("set mwaa_url", "set mwaa_url"),
        ("fix the file, then run mwaa again", "fix the file, then run mwaa again"),
    ],
)
def test_a_fix_that_is_a_command_works_where_the_person_stands(
    monkeypatch: pytest.MonkeyPatch, fix: str, typed: str
) -> None:
    monkeypatch.setattr(output, "command", lambda: ".venv/bin/mwaa")
    assert output.as_typed(fix) == typed
