import json
from collections.abc import Callable
from pathlib import Path

import pytest
from mwaa.local import doctor, terraform
from mwaa.local.doctor import MachineCheck
from mwaa.local.errors import DeployError
from mwaa.local.terraform import Provider, Terraform
from packaging.version import Version

CHECKOUT = Path(__file__).parents[2]
Project = Callable[[dict[str, str]], Path]


def _by_subject(findings: list[MachineCheck]) -> dict[str, MachineCheck]:
    return {finding.subject: finding for finding in findings}


def _terraform(monkeypatch: pytest.MonkeyPatch, version: str, provider: Provider) -> None:
    binary = Terraform(Path("/x/terraform"), "Terraform", Version(version), "linux_amd64")
    monkeypatch.setattr(terraform, "find_terraform", lambda root: binary)
    monkeypatch.setattr(terraform, "find_provider", lambda root, binary: provider)


def test_a_checkout_that_is_set_up_has_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    _terraform(monkeypatch, "1.11.4", Provider(Path("/mirror"), Version("5.100.0")))
    found = doctor.tools(CHECKOUT)
    assert [finding for finding in found if finding.status == "problem"] == []
    assert [finding.subject for finding in found] == [
        "Python",
        "Node",
        "Terraform",
        "AWS provider",
        "CDKTF CLI",
        "Disk",
    ]
    checks = _by_subject(found)
    assert checks["Terraform"] == MachineCheck("Terraform", "ok", "1.11.4")
    assert checks["AWS provider"] == MachineCheck("AWS provider", "ok", "5.100.0 from the mirror /mirror")
    assert checks["CDKTF CLI"] == MachineCheck("CDKTF CLI", "ok", "0.21.0")


def test_the_registry_is_named_where_the_provider_comes_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    _terraform(monkeypatch, "1.11.4", Provider())
    assert _by_subject(doctor.tools(CHECKOUT))["AWS provider"].found == "from registry.terraform.io"


def test_an_old_terraform_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    _terraform(monkeypatch, "1.4.7", Provider())
    expected = MachineCheck("Terraform", "problem", "1.4.7", "install 1.5 or newer")
    assert _by_subject(doctor.tools(CHECKOUT))["Terraform"] == expected


def test_a_missing_terraform_is_one_problem_with_its_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(root: Path) -> Terraform:
        raise DeployError("neither terraform nor tofu is on PATH", "install it")

    monkeypatch.setattr(terraform, "find_terraform", nowhere)
    checks = _by_subject(doctor.tools(CHECKOUT))
    assert checks["Terraform"] == MachineCheck(
        "Terraform", "problem", "neither terraform nor tofu is on PATH", "install it"
    )
    assert "AWS provider" not in checks


def test_a_cli_of_another_version_than_the_lock_is_a_problem(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    _terraform(monkeypatch, "1.11.4", Provider())
    root = project(
        {
            "node_modules/cdktf-cli/package.json": json.dumps({"version": "0.20.0"}),
            "package-lock.json": json.dumps({"packages": {"node_modules/cdktf-cli": {"version": "0.21.0"}}}),
        }
    )
    expected = MachineCheck("CDKTF CLI", "problem", "0.20.0, but package-lock.json says 0.21.0", "make setup")
    assert _by_subject(doctor.tools(root))["CDKTF CLI"] == expected


def test_a_native_module_that_does_not_load_is_a_problem(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    _terraform(monkeypatch, "1.11.4", Provider())
    version = json.dumps({"version": "0.21.0"})
    lock = json.dumps({"packages": {"node_modules/cdktf-cli": {"version": "0.21.0"}}})
    root = project({"node_modules/cdktf-cli/package.json": version, "package-lock.json": lock})
    checks = _by_subject(doctor.tools(root))["CDKTF CLI"]
    assert (checks.status, checks.found) == ("problem", "0.21.0, but its native module does not load in this Node")


def test_a_checkout_that_is_not_set_up_is_a_problem(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    _terraform(monkeypatch, "1.11.4", Provider())
    checks = _by_subject(doctor.tools(project({})))["CDKTF CLI"]
    assert (checks.status, checks.fix) == ("problem", "make setup")


@pytest.mark.parametrize(("gigabytes", "status"), [(0.5, "problem"), (2.0, "warning"), (4.0, "ok")])
def test_disk_space_is_judged(monkeypatch: pytest.MonkeyPatch, gigabytes: float, status: str) -> None:
    _terraform(monkeypatch, "1.11.4", Provider())
    free = int(gigabytes * (1 << 30))
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: type("Usage", (), {"free": free}))
    checks = _by_subject(doctor.tools(CHECKOUT))["Disk"]
    assert (checks.status, checks.found) == (status, f"{gigabytes} GB free")


def test_who_we_are_is_matched_with_the_workspaces(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from mwaa.operations import access
    from mwaa.operations.access import CallerIdentity
    from mwaa.operations.errors import AccessError

    _terraform(monkeypatch, "1.11.4", Provider())
    root = project({"environments/dev.py": (CHECKOUT / "environments/dev.py").read_text()})

    monkeypatch.setattr(access, "who_am_i", lambda region: CallerIdentity("111111111111", f"arn:me:{region}"))
    own = _by_subject(doctor.examine(root, {}))
    assert own["AWS identity"] == MachineCheck("AWS identity", "ok", "arn:me:ap-northeast-2: account of dev")
    assert own["Workspaces"] == MachineCheck("Workspaces", "ok", "dev")
    assert own["Embedded AWS"] == MachineCheck("Embedded AWS", "ok", "does not run")

    monkeypatch.setattr(access, "who_am_i", lambda region: CallerIdentity("333333333333", "arn:other"))
    checks = _by_subject(doctor.examine(root, {"MWAA_EMBEDDED": "abc"}))["AWS identity"]
    assert (checks.status, checks.found) == ("warning", "on the embedded AWS, arn:other: the account of no workspace")

    def nobody(region: str) -> CallerIdentity:
        raise AccessError("no AWS credentials", "sign in")

    monkeypatch.setattr(access, "who_am_i", nobody)
    expected = MachineCheck("AWS identity", "warning", "no AWS credentials", "only for a real deployment: sign in")
    assert _by_subject(doctor.examine(root, {}))["AWS identity"] == expected


def test_the_caller_and_each_deploy_role_are_shown(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from mwaa.config import DeployRole
    from mwaa.operations import access
    from mwaa.operations.access import CallerIdentity
    from mwaa.operations.errors import AccessError

    _terraform(monkeypatch, "1.11.4", Provider())
    text = """from mwaa import DeployRole, Network, Workspace

workspace = Workspace(
    account="{account}",
    region="us-east-1",
    airflow_version="3.2.1",
    environment_class="mw1.small",
    network=Network(cidr="10.{number}.0.0/20"),
    deploy_role=DeployRole(arn="arn:aws:iam::{account}:role/deploy", external_id="mwaa"),
)
"""
    places = {"dev": ("111111111111", 1), "test": ("111111111111", 2), "prod": ("222222222222", 3)}
    root = project(
        {
            f"environments/{name}.py": text.format(account=account, number=number)
            for name, (account, number) in places.items()
        }
    )
    refusal = "AWS does not allow it: An error occurred (AccessDenied): not authorized to perform: sts:AssumeRole"

    def who_am_i(region: str, role: DeployRole | None = None) -> CallerIdentity:
        if role is None:
            return CallerIdentity("999999999999", "arn:aws:iam::999999999999:user/me")
        assert (region, role.external_id) == ("us-east-1", "mwaa")
        if "222222222222" in role.arn:
            raise AccessError(refusal, "ask for that permission, or use another role")
        return CallerIdentity("111111111111", "arn:aws:sts::111111111111:assumed-role/deploy/mwaa")

    monkeypatch.setattr(access, "who_am_i", who_am_i)
    checks = [check for check in doctor.examine(root, {}) if "AWS identity" in check.subject or "role" in check.subject]
    assert checks == [
        MachineCheck("AWS identity", "ok", "arn:aws:iam::999999999999:user/me: assumes the deploy roles"),
        MachineCheck("Deploy role of dev, test", "ok", "arn:aws:sts::111111111111:assumed-role/deploy/mwaa"),
        MachineCheck(
            "Deploy role of prod",
            "warning",
            refusal,
            "let arn:aws:iam::999999999999:user/me assume arn:aws:iam::222222222222:role/deploy",
        ),
    ]


@pytest.mark.parametrize(
    ("python", "expected"),
    [
        (Path("/there/python3.12"), ("ok", "runs on Python 3.12, which is /there/python3.12")),
        (None, ("warning", "runs on Python 3.12, which is not on this machine")),
    ],
)
def test_the_python_of_each_release_is_looked_for(
    project: Project, monkeypatch: pytest.MonkeyPatch, python: Path | None, expected: tuple[str, str]
) -> None:
    from mwaa.airflow import interpreter
    from mwaa.operations import access
    from mwaa.operations.access import CallerIdentity

    _terraform(monkeypatch, "1.11.4", Provider())
    monkeypatch.setattr(access, "who_am_i", lambda region: CallerIdentity("111111111111", "arn:me"))
    monkeypatch.setattr(interpreter, "find_installed", lambda version: python if version == "3.12" else None)
    root = project({"environments/dev.py": (CHECKOUT / "environments/dev.py").read_text()})
    checks = _by_subject(doctor.examine(root, {}))["Airflow 3.2.1"]
    assert (checks.status, checks.found) == expected


def test_a_broken_workspace_file_is_a_problem_and_stops_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mwaa.operations import access
    from mwaa.operations.access import CallerIdentity

    _terraform(monkeypatch, "1.11.4", Provider())
    monkeypatch.setattr(access, "who_am_i", lambda region: CallerIdentity("111111111111", "arn:me"))
    checks = _by_subject(doctor.examine(project({"environments/dev.py": "workspace = ("}), {}))
    expected = "1 mistakes, the first in environments/dev.py: line 1"
    assert checks["Workspaces"] == MachineCheck("Workspaces", "problem", expected, "mwaa workspaces")
    assert checks["AWS identity"].status == "warning"
