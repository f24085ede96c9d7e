"""`mwaa status`: what a person and a program read of an environment."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cli.calling import run

DEV = (Path(__file__).parents[2] / "environments/dev.py").read_text()
FOUND = {
    "Name": "mwaa-dev",
    "Arn": "arn:aws:airflow:ap-northeast-2:111111111111:environment/mwaa-dev",
    "Status": "UPDATE_FAILED",
    "AirflowVersion": "3.2.1",
    "EnvironmentClass": "mw1.micro",
    "WebserverUrl": "abc.airflow.amazonaws.com",
    "CreatedAt": datetime(2026, 5, 1, 6, 0, tzinfo=UTC),
    "PluginsS3Path": "plugins.zip",
    "PluginsS3ObjectVersion": "v1",
    "LastUpdate": {
        "Status": "FAILED",
        "CreatedAt": datetime(2026, 5, 2, 6, 0, tzinfo=UTC),
        "Error": {"ErrorCode": "INCORRECT_CONFIGURATION", "ErrorMessage": "requirements"},
    },
}


@pytest.fixture(autouse=True)
def _environment(project: Callable[[dict[str, str]], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A project with one workspace, whose environment is in AWS."""

    class Mwaa:
        def get_environment(self, Name: str) -> dict[str, Any]:
            assert Name == "mwaa-dev"
            return {"Environment": FOUND}

    monkeypatch.chdir(project({"environments/dev.py": DEV}))
    monkeypatch.setattr("mwaa.operations.access.client", lambda service, workspace: Mwaa())


def test_an_environment_whose_update_failed_is_shown_with_the_error() -> None:
    result = run("status")
    assert result.exit_code == 1
    assert [line.split(maxsplit=1) for line in result.stdout.splitlines()] == [
        ["environment", "mwaa-dev"],
        ["status", "UPDATE_FAILED"],
        ["Airflow", "3.2.1"],
        ["class", "mw1.micro"],
        ["webserver", "https://abc.airflow.amazonaws.com"],
        ["created", "2026-05-01 06:00 UTC"],
        ["plugins.zip", "version v1"],
        ["last", "update        FAILED 2026-05-02 06:00 UTC"],
        ["its", "error          INCORRECT_CONFIGURATION: requirements"],
    ]


def test_machines_read_the_status_as_json() -> None:
    result = run("status", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "name": "mwaa-dev",
        "arn": "arn:aws:airflow:ap-northeast-2:111111111111:environment/mwaa-dev",
        "status": "UPDATE_FAILED",
        "airflow_version": "3.2.1",
        "environment_class": "mw1.micro",
        "webserver_url": "https://abc.airflow.amazonaws.com",
        "created_at": "2026-05-01T06:00:00+00:00",
        "objects": {"plugins.zip": "v1"},
        "last_update": {
            "status": "FAILED",
            "created_at": "2026-05-02T06:00:00+00:00",
            "error": "INCORRECT_CONFIGURATION: requirements",
            "source": "",
        },
    }
