"""What concerns Airflow of what GetEnvironment says, and what is new in it, in words."""

from dataclasses import replace
from typing import Any

from mwaa.local_airflow.environment_settings import EnvironmentSettings, read_settings
from mwaa.operations.live_environment import ObjectVersion

BEFORE = EnvironmentSettings(
    environment="dev",
    airflow_version="2.11.2",
    environment_class="mw1.small",
    bucket="b",
    dags="team/dags",
    plugins=ObjectVersion("plugins.zip", "p1"),
    requirements=None,
    startup_script=None,
    options=(("core.parallelism", "8"),),
)


class Mwaa:
    def get_environment(self, Name: str) -> dict[str, Any]:
        environment = {
            "Name": Name,
            "Status": "AVAILABLE",
            "AirflowVersion": "2.11.2",
            "EnvironmentClass": "mw1.small",
            "SourceBucketArn": "arn:aws:s3:::b",
            "DagS3Path": "team/dags/",
            "PluginsS3Path": "plugins.zip",
            "PluginsS3ObjectVersion": "p1",
            "AirflowConfigurationOptions": {"core.parallelism": "8"},
            "MaxWorkers": 10,
        }
        return {"Environment": environment}


def test_what_an_environment_was_told_is_read_from_get_environment() -> None:
    assert read_settings(Mwaa(), "dev") == BEFORE
    assert BEFORE.major == 2


def test_changes_are_named() -> None:
    after = replace(
        BEFORE,
        airflow_version="3.2.1",
        plugins=ObjectVersion("plugins.zip", "p2"),
        startup_script=ObjectVersion("startup.sh", "s1"),
        options=(),
        dags="dags",
        environment_class="mw1.micro",
    )
    assert after.changes(BEFORE) == (
        "Airflow 3.2.1, plugins.zip version p2, startup script version s1, Airflow options, DAGs in s3://b/dags, "
        "mw1.micro"
    )
