"""The prod workspace: applied, planned again, scanned, protected, and destroyed once the protection is taken away."""

import json
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from mwaa.config import Names
from mwaa.local.errors import DeployError

ROOT = Path(__file__).parents[2]
CHECKOV = ROOT / ".mwaa" / "checkov" / "bin" / "checkov"


@pytest.fixture(scope="module")
def deployed(project: Any) -> Any:
    project.up("prod")
    project.names = Names(project.workspace("prod"))
    return project


@pytest.fixture
def client(deployed: Any) -> Any:
    return partial(deployed.client, "prod")


def test_the_environment_is_private_and_encrypted_with_its_own_key(deployed: Any, client: Any) -> None:
    environment = client("mwaa").get_environment(Name="mwaa-prod")["Environment"]
    key = client("kms").describe_key(KeyId="alias/mwaa-prod")["KeyMetadata"]
    wanted = {
        "Status": "AVAILABLE",
        "EnvironmentClass": "mw1.medium",
        "MinWorkers": 2,
        "MaxWorkers": 20,
        "Schedulers": 3,
        "WebserverAccessMode": "PRIVATE_ONLY",
        "WeeklyMaintenanceWindowStart": "SUN:18:00",
        "KmsKey": key["Arn"],
        "AirflowConfigurationOptions": {"core.default_task_retries": "2"},
    }
    assert {name: environment.get(name) for name in wanted} == wanted
    head = client("s3").head_object(Bucket=deployed.names.bucket, Key="plugins.zip")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key["Arn"])


def test_a_revision_waits_for_an_approval_before_it_is_published(deployed: Any, client: Any) -> None:
    pipeline = client("codepipeline").get_pipeline(name="mwaa-prod")["pipeline"]
    assert [stage["name"] for stage in pipeline["stages"]] == ["Source", "Check", "Approve", "Publish"]
    assert (pipeline["pipelineType"], pipeline["executionMode"]) == ("V2", "SUPERSEDED")
    [connection] = client("codeconnections").list_connections()["Connections"]
    source = pipeline["stages"][0]["actions"][0]["configuration"]
    assert (source["ConnectionArn"], source["FullRepositoryId"]) == (connection["ConnectionArn"], "acme/airflow")
    assert connection["ConnectionStatus"] == "PENDING"  # a person finishes it in the console
    [topic] = client("sns").list_topics()["Topics"]
    attributes = client("sns").get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"]
    environment = client("mwaa").get_environment(Name="mwaa-prod")["Environment"]
    assert attributes["KmsMasterKeyId"] not in ("", environment["KmsKey"])
    assert pipeline["stages"][2]["actions"][0]["configuration"]["NotificationArn"] == topic["TopicArn"]
    objects = client("s3").list_objects_v2(Bucket=deployed.names.bucket)["Contents"]
    assert {item["Key"] for item in objects} == {"plugins.zip", "requirements.txt", "startup.sh"}


def test_a_second_plan_is_empty(deployed: Any) -> None:
    assert deployed.changes("prod") == {}


def test_checkov_finds_nothing_unexplained(deployed: Any, tmp_path: Path) -> None:
    assert CHECKOV.exists(), "checkov is not installed: run make checkov-env"
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(deployed.plan("prod")), encoding="utf-8")
    command = [CHECKOV, "--file", plan, "--framework", "terraform_plan", "--config-file", ROOT / ".checkov.yaml"]
    done = subprocess.run(
        [*command, "--skip-download", "--output", "json", "--quiet"], capture_output=True, text=True, check=False
    )
    report = json.loads(done.stdout)
    failed = [(check["check_id"], check["resource"]) for check in report["results"]["failed_checks"]]
    assert (failed, done.returncode) == ([], 0)
    # A plan that checkov cannot read ends with status 0 too.
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 100
    assert report["summary"]["resource_count"] > 40


def test_destroy_is_refused_while_the_workspace_is_protected(deployed: Any, client: Any) -> None:
    with pytest.raises(DeployError, match="Instance cannot be destroyed"):
        deployed.destroy("prod")
    assert client("mwaa").get_environment(Name="mwaa-prod")["Environment"]["Status"] == "AVAILABLE"


def test_without_protection_destroy_leaves_only_the_keys_that_wait_for_their_deletion(
    deployed: Any, client: Any
) -> None:
    file = deployed.root / "environments" / "prod.py"
    unprotected = "Workspace(\n    deletion_protection=False,"
    file.write_text(file.read_text(encoding="utf-8").replace("Workspace(", unprotected, 1), encoding="utf-8")
    deployed.up("prod")
    deployed.destroy("prod")
    assert client("mwaa").list_environments()["Environments"] == []
    assert client("s3").list_buckets()["Buckets"] == []
    assert client("logs").describe_log_groups()["logGroups"] == []
    assert client("ec2").describe_addresses()["Addresses"] == []
    states = [
        client("kms").describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in client("kms").list_keys()["Keys"]
    ]
    assert [key["KeyState"] for key in states if key["KeyManager"] == "CUSTOMER"] == ["PendingDeletion"] * 2
