"""What the real AWS provider makes of a move between Airflow releases: planned from a state, AWS is not asked."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from mwaa.local import terraform

ROOT = Path(__file__).parents[2]
VALUES = {
    "name": "mwaa-dev",
    "dag_s3_path": "dags",
    "execution_role_arn": "arn:aws:iam::111111111111:role/mwaa-dev",
    "source_bucket_arn": "arn:aws:s3:::airflow-dev",
    "network_configuration": [{"security_group_ids": ["sg-1"], "subnet_ids": ["subnet-1", "subnet-2"]}],
}
PROVIDER = {
    "region": "us-east-1",
    "access_key": "none",
    "secret_key": "none",
    "skip_credentials_validation": True,
    "skip_requesting_account_id": True,
    "skip_metadata_api_check": "true",
}
STATE = {
    "version": 4,
    "terraform_version": "1.5.0",
    "serial": 1,
    "lineage": "a move between releases",
    "resources": [
        {
            "mode": "managed",
            "type": "aws_mwaa_environment",
            "name": "environment",
            "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
            "instances": [{"attributes": VALUES | {"id": "mwaa-dev", "airflow_version": "2.11.2"}}],
        }
    ],
}


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which an environment of Airflow 2.11.2 stands in Terraform's state."""
    folder = tmp_path_factory.mktemp("step")
    document = {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
        "provider": {"aws": PROVIDER},
        "variable": {"airflow_version": {}},
        "resource": {"aws_mwaa_environment": {"environment": VALUES | {"airflow_version": "${var.airflow_version}"}}},
    }
    (folder / "main.tf.json").write_text(json.dumps(document))
    (folder / "terraform.tfstate").write_text(json.dumps(STATE))
    _terraform(folder, "init", "-input=false")
    return folder


@pytest.mark.parametrize(("after", "actions"), [("2.10.3", ["update"]), ("3.2.1", ["delete", "create"])])
def test_the_provider_replaces_an_environment_whose_major_version_goes_up(
    planned: Path, after: str, actions: list[str]
) -> None:
    plan = ["-refresh=false", "-input=false", f"-var=airflow_version={after}", f"-out={after}.plan"]
    _terraform(planned, "plan", *plan)
    (change,) = json.loads(_terraform(planned, "show", "-json", f"{after}.plan"))["resource_changes"]
    assert change["change"]["actions"] == actions


def _terraform(folder: Path, *arguments: str) -> str:
    binary = terraform.find_terraform(ROOT)
    environ = terraform.environ_for(folder, binary, terraform.find_provider(ROOT, binary), os.environ)
    ran = subprocess.run(
        [binary.path, *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
