from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from mwaa.operations.live_environment import (
    LastUpdate,
    LiveEnvironment,
    ObjectVersion,
    find_environment,
    read_environment,
)

MOMENT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def mwaa() -> Iterator[tuple[Any, Stubber]]:
    client = boto3.client("mwaa", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stubber:
        yield client, stubber


def test_an_environment_is_read_with_its_versions_and_its_last_error(mwaa: tuple[Any, Stubber]) -> None:
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
        "SourceBucketArn": "arn:aws:s3:::airflow-dev",
        "DagS3Path": "team/dags/",
        "PluginsS3Path": "plugins.zip",
        "PluginsS3ObjectVersion": "v1",
        "RequirementsS3Path": "requirements.txt",
        "AirflowConfigurationOptions": {"core.parallelism": "8"},
        "LastUpdate": {"Status": "FAILED", "CreatedAt": MOMENT, "Error": error},
    }
    stubber.add_response("get_environment", {"Environment": found}, {"Name": "mwaa-dev"})
    answer = read_environment(client, "mwaa-dev")
    last_update = LastUpdate("FAILED", MOMENT, "INCORRECT_CONFIGURATION: no such object version", "")
    assert answer == LiveEnvironment(
        name="mwaa-dev",
        arn="arn:aws:airflow:us-east-1:111111111111:environment/mwaa-dev",
        status="UPDATE_FAILED",
        airflow_version="3.2.1",
        environment_class="mw1.small",
        webserver_url="https://abc.c1.us-east-1.airflow.amazonaws.com",
        created_at=MOMENT,
        bucket="airflow-dev",
        dag_s3_path="team/dags",
        parts={"plugins": ObjectVersion("plugins.zip", "v1"), "requirements": ObjectVersion("requirements.txt", "")},
        options={"core.parallelism": "8"},
        last_update=last_update,
    )
    assert answer.failed
    assert answer.as_dict() == {
        "name": "mwaa-dev",
        "arn": "arn:aws:airflow:us-east-1:111111111111:environment/mwaa-dev",
        "status": "UPDATE_FAILED",
        "airflow_version": "3.2.1",
        "environment_class": "mw1.small",
        "webserver_url": "https://abc.c1.us-east-1.airflow.amazonaws.com",
        "created_at": MOMENT,
        "objects": {"plugins.zip": "v1"},
        "last_update": last_update,
    }


@pytest.mark.parametrize(
    ("status", "failed"),
    [("CREATING", False), ("AVAILABLE", False), ("UPDATING", False), ("CREATE_FAILED", True), ("UNAVAILABLE", True)],
)
def test_statuses_that_need_a_person_are_failures(mwaa: tuple[Any, Stubber], status: str, failed: bool) -> None:
    client, stubber = mwaa
    stubber.add_response("get_environment", {"Environment": {"Name": "mwaa-dev", "Status": status}})
    answer = read_environment(client, "mwaa-dev")
    assert answer.failed is failed
    assert (answer.webserver_url, answer.bucket, answer.parts, answer.last_update) == ("", "", {}, None)


def test_an_environment_that_does_not_exist_is_none(mwaa: tuple[Any, Stubber]) -> None:
    client, stubber = mwaa
    stubber.add_client_error("get_environment", "ResourceNotFoundException", http_status_code=404)
    assert find_environment(client, "mwaa-dev") is None


def test_a_missing_permission_passes(mwaa: tuple[Any, Stubber]) -> None:
    client, stubber = mwaa
    stubber.add_client_error("get_environment", "AccessDeniedException", "not for you", 403)
    with pytest.raises(ClientError, match="AccessDeniedException"):
        find_environment(client, "mwaa-dev")
