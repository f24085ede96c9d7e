"""`mwaa local airflow` says what is missing."""

from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from mwaa.cli.airflow import airflow
from mwaa.local.errors import DeployError
from typer.testing import CliRunner

DEV = """
from mwaa.config import Workspace
workspace = Workspace(
    account="111111111111", region="eu-west-1", airflow_version="3.2.1", environment_class="mw1.micro"
)
"""


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    made.command()(airflow)
    return made


def test_without_an_embedded_aws_it_says_how_to_start_one(
    app: typer.Typer, project: Callable[[dict[str, str]], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project({"environments/dev.py": DEV}))
    result = CliRunner().invoke(app, ["dev"])
    assert isinstance(result.exception, DeployError)
    assert str(result.exception) == "no embedded AWS runs for this checkout"
    assert result.exception.fix == "mwaa local up dev"


def test_a_port_of_the_system_is_refused(app: typer.Typer) -> None:
    result = CliRunner().invoke(app, ["dev", "--port", "80"])
    assert result.exit_code == 2
    assert "1024" in result.output
