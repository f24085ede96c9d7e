"""How a workspace's fields arrive at MWAA."""

from collections.abc import Callable
from typing import Any

import pytest
from mwaa.config import Content, EncryptionKey, Logging, Timeouts, Workspace

KEY = "arn:aws:kms:us-east-1:111111111111:key/11111111-2222-3333-4444-555555555555"


@pytest.fixture
def environment(workspace: Callable[..., Workspace], synthesize: Callable[..., dict[str, Any]]) -> Callable[..., Any]:
    def make(**overrides: Any) -> dict[str, Any]:
        found: dict[str, Any] = synthesize(workspace(**overrides))["resource"]["aws_mwaa_environment"]["environment"]
        return found

    return make


def test_template_signs_in_an_option_arrive_as_they_were_written(environment: Callable[..., Any]) -> None:
    options = environment(airflow_configuration_options={"core.hostname_callable": "${HOME}", "email.subject": "%{x}"})
    assert options["airflow_configuration_options"] == {"core.hostname_callable": "$${HOME}", "email.subject": "%%{x}"}


def test_a_log_that_is_off_is_disabled_and_has_no_log_group(
    workspace: Callable[..., Workspace], synthesize: Callable[..., dict[str, Any]]
) -> None:
    found = synthesize(workspace(logging=Logging(webserver=None, task="DEBUG")))["resource"]
    assert found["aws_mwaa_environment"]["environment"]["logging_configuration"] == {
        "dag_processing_logs": {"enabled": True, "log_level": "WARNING"},
        "scheduler_logs": {"enabled": True, "log_level": "WARNING"},
        "task_logs": {"enabled": True, "log_level": "DEBUG"},
        "webserver_logs": {"enabled": False, "log_level": "INFO"},
        "worker_logs": {"enabled": True, "log_level": "WARNING"},
    }
    assert {item["name"]: item["retention_in_days"] for item in found["aws_cloudwatch_log_group"].values()} == {
        "airflow-mwaa-dev-DAGProcessing": 30,
        "airflow-mwaa-dev-Scheduler": 30,
        "airflow-mwaa-dev-Task": 30,
        "airflow-mwaa-dev-Worker": 30,
    }


def test_the_environment_is_told_the_versions_of_what_was_uploaded(environment: Callable[..., Any]) -> None:
    found = environment()
    for what, key in (
        ("plugins", "plugins.zip"),
        ("requirements", "requirements.txt"),
        ("startup_script", "startup.sh"),
    ):
        assert found[f"{what}_s3_path"] == f"${{aws_s3_object.artifacts_{what}.key}}", key
        assert found[f"{what}_s3_object_version"] == f"${{aws_s3_object.artifacts_{what}.version_id}}"


def test_content_that_is_not_there_is_neither_uploaded_nor_told(environment: Callable[..., Any]) -> None:
    found = environment(content=Content(plugins=None, requirements=None, startup_script=None))
    assert [name for name in found if "s3" in name] == ["dag_s3_path"]


def test_an_existing_key_encrypts_environment_bucket_and_logs(
    workspace: Callable[..., Workspace], synthesize: Callable[..., dict[str, Any]]
) -> None:
    found = synthesize(workspace(encryption_key=EncryptionKey(arn=KEY)))["resource"]
    assert "aws_kms_key" not in found
    assert found["aws_mwaa_environment"]["environment"]["kms_key"] == KEY
    rule = found["aws_s3_bucket_server_side_encryption_configuration"]["source_bucket_encryption"]["rule"]
    assert rule == [
        {
            "apply_server_side_encryption_by_default": {"kms_master_key_id": KEY, "sse_algorithm": "aws:kms"},
            "bucket_key_enabled": True,
        }
    ]
    assert {group["kms_key_id"] for group in found["aws_cloudwatch_log_group"].values()} == {KEY}


def test_timeouts_reach_terraform_and_graceful_updates_get_the_time_they_need(environment: Callable[..., Any]) -> None:
    assert environment()["timeouts"] == {"create": "120m", "update": "90m", "delete": "90m"}
    found = environment(worker_replacement_strategy="GRACEFUL", timeouts=Timeouts(create="1h"))
    assert found["timeouts"] == {"create": "1h", "update": "13h", "delete": "90m"}
