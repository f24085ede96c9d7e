from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from mwaa.config import Names, Workspace
from mwaa.operations.errors import AccessError
from mwaa.operations.status import LastUpdate, Status, status

MOMENT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def mwaa() -> Iterator[tuple[Any, Stubber]]:
    client = boto3.client("mwaa", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stubber:
        yield client, stubber


def test_an_environment_is_told_with_its_versions_and_its_last_error(
    mwaa: tuple[Any, Stubber], workspace: Callable[..., Workspace]
) -> None:
    client, stubber = mwaa
    error = {"ErrorCode": "INCORRECT_CONFIGURATION", "ErrorMessage": "no such object version"}
    found = {
        "Name": "mwaa-dev",
        "Arn": "arn:aws:airflow:us-east-1:111111111111:environment/mwaa-dev",
        "Status": "UPDATE_FAILED",
        "AirflowVersion": "3.2.1",
        "EnvironmentClass": "mw1.small",
        "WebserverUrl": "abc.c1.us-east-1.airflow.amazonaws.com",
        "CreatedAt": MOMENT,
        "PluginsS3Path": "plugins.zip",
        "PluginsS3ObjectVersion": "v1",
        "RequirementsS3Path": "requirements.txt",
        "LastUpdate": {"Status": "FAILED", "CreatedAt": MOMENT, "Error": error},
    }
    stubber.add_response("get_environment", {"Environment": found}, {"Name": "mwaa-dev"})
    answer = status(Names(workspace()), client)
    assert answer == Status(
        name="mwaa-dev",
        arn="arn:aws:airflow:us-east-1:111111111111:environment/mwaa-dev",
        status="UPDATE_FAILED",
        airflow_version="3.2.1",
        environment_class="mw1.small",
        webserver_url="https://abc.c1.us-east-1.airflow.amazonaws.com",
        created_at=MOMENT,
        objects={"plugins.zip": "v1"},
        last_update=LastUpdate("FAILED", MOMENT, "INCORRECT_CONFIGURATION: no such object version", ""),
    )
    assert answer.failed


@pytest.mark.parametrize(
    ("word", "failed"),
    [("CREATING", False), ("AVAILABLE", False), ("UPDATING", False), ("CREATE_FAILED", True), ("UNAVAILABLE", True)],
)
def test_statuses_that_need_a_person_are_failures(
    mwaa: tuple[Any, Stubber], workspace: Callable[..., Workspace], word: str, failed: bool
) -> None:
    client, stubber = mwaa
    stubber.add_response("get_environment", {"Environment": {"Name": "mwaa-dev", "Status": word}})
    answer = status(Names(workspace()), client)
    assert answer is not None
    assert answer.failed is failed
    assert (answer.webserver_url, answer.objects, answer.last_update) == ("", {}, None)


def test_an_environment_that_is_not_there_is_none(
    mwaa: tuple[Any, Stubber], workspace: Callable[..., Workspace]
) -> None:
    client, stubber = mwaa
    stubber.add_client_error("get_environment", "ResourceNotFoundException", http_status_code=404)
    assert status(Names(workspace()), client) is None


def test_a_missing_permission_is_told(mwaa: tuple[Any, Stubber], workspace: Callable[..., Workspace]) -> None:
    client, stubber = mwaa
    stubber.add_client_error("get_environment", "AccessDeniedException", "not for you", 403)
    with pytest.raises(AccessError, match=r"AWS does not allow it: .*not for you"):
        status(Names(workspace()), client)
