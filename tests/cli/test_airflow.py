"""`mwaa local airflow` says what is missing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.calling import run

DEV = """
from mwaa.config import Workspace
workspace = Workspace(
    account="111111111111", region="eu-west-1", airflow_version="3.2.1", environment_class="mw1.micro"
)
"""


def test_without_an_embedded_aws_it_says_how_to_start_one(
    project: Callable[[dict[str, str]], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project({"environments/dev.py": DEV}))
    monkeypatch.setattr("mwaa.cli.output.command", lambda: ".venv/bin/mwaa")
    result = run("local", "airflow", "dev")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "no embedded AWS runs for this checkout\nfix: .venv/bin/mwaa local up dev\n"


def test_a_port_of_the_system_is_refused() -> None:
    result = run("local", "airflow", "dev", "--port", "80")
    assert result.exit_code == 2
    assert "1024" in result.output
