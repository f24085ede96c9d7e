"""What the platform team sets for every team: two accounts, their states, and the VPC that exists in the first."""

from typing import Any

from mwaa import Content, ExistingNetwork, HcpTerraform, S3Backend

_BOTH: dict[str, Any] = {
    "region": "us-east-1",
    "airflow_version": "3.2.1",
    "environment_class": "mw1.micro",
    "deletion_protection": False,
}
VPC = ExistingNetwork(
    vpc_id="vpc-0123456789abcdef0",
    private_subnet_ids=["subnet-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbbbbbbbbbb"],
)
DEV = _BOTH | {"account": "111111111111", "backend": S3Backend(bucket="acme-dev-state"), "network": VPC}
PROD = _BOTH | {"account": "222222222222", "backend": S3Backend(bucket="acme-prod-state")}
ROLE = "arn:aws:iam::222222222222:role/hcp-mwaa-analytics-prod"
RUNS = HcpTerraform(
    organization="acme",
    project="data",
    workspace="mwaa-analytics-prod",
    plan_role_arn=f"{ROLE}-plan",
    apply_role_arn=f"{ROLE}-apply",
)


def content(team: str) -> Content:
    """Return the content of a team, in teams/<team>/."""
    return Content(dags=f"teams/{team}/dags", plugins=None, requirements=None, startup_script=None)


def tags(team: str) -> dict[str, str]:
    """Return the tags that the organization requires."""
    return {"team": team, "cost-center": f"data-{team}"}
