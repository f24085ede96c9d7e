"""`mwaa upgrade-test`: what is printed of an upgrade, and its exit status."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from mwaa.aws_facts.release_steps import release_step
from mwaa.checks.finding import Finding
from mwaa.checks.running import CheckReport
from mwaa.checks.upgrade import Change, Upgrade

from tests.cli.calling import run

DEV = (Path(__file__).parents[2] / "environments/dev.py").read_text()
REPORT = CheckReport("dev", "3.3.1", "environments/dev.py", (), (), 2, False, 1.5)
UPGRADE = Upgrade(
    "dev",
    release_step("3.2.1", "3.3.1", date(2026, 11, 1)),
    (),
    ((1, "--constraint constraints-3.3.1.txt"),),
    (Change("holidays", "0.100", "0.109", 3), Change("helper", None, "1.0", None)),
    (Change("boto3", "1.44.5", "2.0.0", None),),
    REPORT,
)
BROKEN = Finding("moved-import", "error", "airflow.models.X is gone", "import it from elsewhere", "dags/a.py", 3)


@pytest.fixture
def found(project: Callable[[dict[str, str]], Path], monkeypatch: pytest.MonkeyPatch) -> Callable[[Upgrade], None]:
    """`found(upgrade)`: a project whose upgrade has that result."""
    monkeypatch.chdir(project({"environments/dev.py": DEV}))

    def result_is(upgrade: Upgrade) -> None:
        monkeypatch.setattr("mwaa.checks.upgrade.upgrade", lambda *_: upgrade)

    return result_is


def test_an_upgrade_without_errors_ends_with_the_next_step(
    found: Callable[[Upgrade], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mwaa.cli.output.command", lambda: "mwaa")
    found(UPGRADE)
    result = run("upgrade-test", "--to", "3.3.1")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "✓ Airflow 3.2.1 -> 3.3.1: MWAA takes this step in place"
    assert lines[lines.index("Requirements") :] == [
        "Requirements",
        "  line 1 must become  --constraint constraints-3.3.1.txt",
        "  holidays 0.100 -> 0.109 (line 3)",
        "  helper 1.0 comes along",
        "  in the image, of another major version: boto3 1.44.5 -> 2.0.0",
        "",
        "Under Airflow 3.3.1",
        "nothing found under Airflow 3.3.1; nothing was changed",
        'Next: airflow_version="3.3.1" in environments/dev.py, then mwaa check',
    ]


def test_an_error_under_the_new_release_exits_with_1(found: Callable[[Upgrade], None]) -> None:
    found(replace(UPGRADE, report=replace(REPORT, findings=(BROKEN,))))
    result = run("upgrade-test", "--to", "3.3.1", "--json")
    assert result.exit_code == 1
    printed = json.loads(result.stdout)
    assert (printed["ok"], printed["workspace"], printed["step"]["allowed"]) == (False, "dev", True)
    assert printed["findings"] == [BROKEN.as_dict()]
    assert printed["requirements"]["image"] == [{"name": "boto3", "before": "1.44.5", "after": "2.0.0", "line": None}]


def test_the_release_of_the_workspace_is_wrong_usage(found: Callable[[Upgrade], None]) -> None:
    found(UPGRADE)
    result = run("upgrade-test", "--to", "3.2.1")
    assert result.exit_code == 2
    assert "dev is on Airflow 3.2.1 already" in " ".join(result.stderr.replace("│", " ").split())
