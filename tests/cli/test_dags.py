"""`mwaa dags`: what a person types and reads."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from mwaa.airflow import ensure_environment
from mwaa.cli import output

from tests.cli.calling import run

GOOD = """
import os
from datetime import datetime
from airflow.decorators import dag, task
from airflow.operators.python import get_current_context

@dag("{dag_id}", start_date=datetime(2026, 1, 1), schedule=None)
def made():
    @task
    def only():
        context = get_current_context()
        print("on", context["ds"], "with", context["dag_run"].conf)
        print("in the", os.environ["MWAA_AIRFLOW_COMPONENT"])
        {body}
    only()

made()
"""


@pytest.fixture(scope="module", autouse=True)
def _airflow() -> None:
    ensure_environment("2.11.2", None, {}, print)


@pytest.fixture
def content(tmp_path: Path) -> list[str]:
    """The options that name a DAG folder with a DAG that succeeds, one that fails and one that sleeps."""
    folder = tmp_path / "dags"
    folder.mkdir()
    for dag_id, body in (("fine", "pass"), ("fails", "raise ValueError(1)"), ("sleeps", "import time; time.sleep(99)")):
        (folder / f"{dag_id}.py").write_text(GOOD.format(dag_id=dag_id, body=body))
    return ["--dags", str(folder), "--airflow", "2.11.2"]


def test_the_list_names_every_dag(content: list[str]) -> None:
    result = run("dags", "list", *content, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert [(dag["dag_id"], Path(dag["file"]).name, dag["tasks"]) for dag in found["dags"]] == [
        ("fails", "fails.py", 1),
        ("fine", "fine.py", 1),
        ("sleeps", "sleeps.py", 1),
    ]
    assert (found["airflow_version"], found["failures"]) == ("2.11.2", [])


def test_the_list_fails_with_a_file_that_cannot_be_imported(content: list[str]) -> None:
    broken = Path(content[1]) / "broken.py"
    broken.write_text("import airflow  # a dag\nimport nothing_here\n")
    result = run("dags", "list", *content)
    assert result.exit_code == 1
    assert f"✗ {broken}:2 ModuleNotFoundError: No module named 'nothing_here'" in result.stdout.splitlines()


def test_a_run_that_succeeds(content: list[str]) -> None:
    arguments = ["dags", "test", "fine", "--date", "2026-05-01", "--conf", '{"a": 1}', *content]
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    assert "on 2026-05-01 with {'a': 1}" in result.stdout
    assert "in the worker" in result.stdout
    assert result.stdout.splitlines()[-2:] == [f"{'only':<40} success", "The run of fine succeeded."]


def test_a_run_that_fails_is_a_failure(content: list[str]) -> None:
    result = run("dags", "test", "fails", *content)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-2:] == [f"{'only':<40} failed", "The run of fails failed."]


def test_an_unknown_dag_is_reported_with_the_similar_name(content: list[str]) -> None:
    result = run("dags", "test", "fyne", *content)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-2:] == ["there is no DAG fyne", 'fix: did you mean "fine"?']


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--date", "yesterday"], '"yesterday" is not a date such as 2026-05-01 or 2026-05-01T06:00:00+00:00'),
        (["--conf", "[1]"], '[1] is not an object such as {"country": "DE"}'),
        (["--conf", "{"], "{ is not JSON: Expecting property name"),
    ],
)
def test_arguments_that_airflow_would_choke_on_are_refused(
    content: list[str], arguments: list[str], message: str
) -> None:
    result = run("dags", "test", "fine", *arguments, *content)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.replace("│", " ").split())


def test_ctrl_c_during_a_run_leaves_no_process(content: list[str]) -> None:
    command = [sys.executable, "-m", "mwaa", "dags", "test", "sleeps", *content]
    root = Path(__file__).parents[2]
    environ = os.environ | {"PYTHONPATH": str(root)}
    process = subprocess.Popen(command, cwd=root, env=environ, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    for line in process.stdout:
        if "on " in line and " with " in line:
            break
    family = psutil.Process(process.pid).children(recursive=True)
    assert family
    process.send_signal(signal.SIGINT)
    process.stdout.read()
    assert process.wait(30) == 130
    assert psutil.wait_procs(family, timeout=10)[1] == []


def test_requirements_that_cannot_be_installed_are_an_error_with_a_fix(content: list[str], tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("holidays==0.109\nholidays==0.100\n")
    result = run("dags", "list", *content, "--requirements", str(file))
    assert result.exit_code == 1
    printed = result.stderr.splitlines()
    assert printed[-3:] == [
        "requirements.txt cannot be installed:",
        "Because you require holidays==0.109 and holidays==0.100, we can conclude that your requirements are "
        "unsatisfiable.",
        f"fix: {output.command()} requirements check",
    ]
