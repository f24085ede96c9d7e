"""A workspace under another release, with real Airflow; and the project as it was before."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from mwaa.checks.upgrade import upgrade
from mwaa.cli import app
from mwaa.config import discover
from typer.testing import CliRunner

Project = Callable[[dict[str, str]], Path]

FILES = {
    "environments/dev.py": """\
from mwaa.config import Content, Workspace

workspace = Workspace(
    account="111111111111",
    region="us-east-1",
    airflow_version="2.11.2",
    environment_class="mw1.small",
    content=Content(plugins=None, startup_script=None),
    airflow_configuration_options={"triggerer.default_capacity": "10"},
)
""",
    "requirements.txt": """\
# Airflow's own
--constraint "https://raw.githubusercontent.com/apache/airflow/constraints-2.11.2/constraints-3.12.txt"
""",
    "dags/old.py": """\
from datetime import datetime

from airflow import DAG
from airflow.operators.dummy import DummyOperator

with DAG("old", start_date=datetime(2026, 1, 1), schedule_interval="@daily", catchup=False):
    DummyOperator(task_id="nothing")
""",
}


def digest(root: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        total.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return total.hexdigest()


def test_three_answers_for_the_step_to_airflow_3(project: Project) -> None:
    root = project(FILES)
    before = digest(root)
    found = upgrade(root, discover(root)["dev"], "3.2.1", lambda _: None)
    assert digest(root) == before

    assert (found.step.allowed, found.step.replaces) == (True, True)
    line = '--constraint "https://raw.githubusercontent.com/apache/airflow/constraints-3.2.1/constraints-3.12.txt"'
    assert found.rewritten == ((2, line),)
    assert found.packages == ()
    # MWAA's essential pins of the two images, whatever else the index resolves to.
    changed = {change.name: (change.before, change.after) for change in found.image}
    assert changed["sqlalchemy"] == ("1.4.54", "2.0.49")
    assert changed["flask-babel"] == ("2.0.0", "4.0.0")

    (setting,) = found.settings
    assert (setting.file, setting.fix) == ("environments/dev.py", 'rename it to "triggerer.capacity"')
    errors = [(one.rule, one.file, one.line) for one in found.report.findings if one.severity == "error"]
    assert errors == [("moved-import", "dags/old.py", 4), ("airflow-3-removed", "dags/old.py", 6)]
    assert not found.fine


def test_the_command_reports_a_step_without_errors_and_ends_with_0(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(FILES | {"environments/dev.py": FILES["environments/dev.py"].replace("2.11.2", "2.10.3")})
    (root / "requirements.txt").unlink()
    text = (root / "environments/dev.py").read_text().replace("plugins=None", "plugins=None, requirements=None")
    (root / "environments/dev.py").write_text(text)
    monkeypatch.chdir(root)
    ran = CliRunner().invoke(app, ["upgrade-test", "--to", "2.11.2", "--json"])
    assert ran.exit_code == 0, ran.output
    document = json.loads(ran.stdout)
    assert document["ok"]
    assert document["step"]["allowed"]
    assert [one for one in document["findings"] if one["severity"] == "error"] == []


@pytest.mark.parametrize(
    ("to", "status", "reported"),
    [
        ("2.6.3", 2, "MWAA's support of 2.6.3 ended on 2025-12-30: use one of these"),
        ("2.11.2", 2, "dev is on Airflow 2.11.2 already"),
        ("three", 2, "a release that MWAA supports: "),
    ],
)
def test_a_release_that_is_no_goal_is_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch, to: str, status: int, reported: str
) -> None:
    monkeypatch.chdir(project(FILES))
    ran = CliRunner().invoke(app, ["upgrade-test", "--to", to])
    assert ran.exit_code == status
    assert reported in ran.stderr
