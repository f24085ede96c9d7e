"""Networks and failures that neither example shows."""

import time
from typing import Any

import pytest
from mwaa import embedded_aws
from mwaa.embedded_aws import EmbeddedSettings
from mwaa.local.errors import DeployError

PRIVATE = """
from mwaa.config import Network, Workspace

workspace = Workspace(
    account="333333333333",
    region="us-east-1",
    airflow_version="2.10.3",
    environment_class="mw1.small",
    network=Network(nat_gateways=0),
    webserver_access_mode="PRIVATE_ONLY",
    endpoint_management="CUSTOMER",
    deletion_protection=False,
)
"""


def test_private_routing_with_endpoints_of_our_own_becomes_available_and_stays_unchanged(project: Any) -> None:
    project.write("environments/private.py", PRIVATE)
    here = project.up("private")
    environment = here.client("mwaa", "333333333333", "us-east-1").get_environment(Name="mwaa-private")["Environment"]
    assert (environment["Status"], environment["EndpointManagement"]) == ("AVAILABLE", "CUSTOMER")
    assert environment["AirflowConfigurationOptions"] == {"core.lazy_load_plugins": "False"}
    assert project.changes("private") == {}


def test_an_exhausted_elastic_ip_quota_fails_at_once_with_the_words_of_aws(project: Any) -> None:
    """The founding story: five addresses taken, and an environment that was Creating for hours."""
    here, workspace = embedded_aws.find(project.root), project.workspace("dev")
    assert here is not None  # the test before left it
    ec2 = here.client("ec2", workspace.account, workspace.region)
    for _ in range(5):
        ec2.allocate_address(Domain="vpc")
    began = time.monotonic()
    with pytest.raises(DeployError, match="AddressLimitExceeded: The maximum number of addresses has been reached"):
        project.up("dev")
    environments = here.client("mwaa", workspace.account, workspace.region).list_environments()["Environments"]
    assert environments == []
    assert time.monotonic() - began < 300
    for address in ec2.describe_addresses()["Addresses"]:
        ec2.release_address(AllocationId=address["AllocationId"])
    project.up("dev")


def test_settings_of_a_running_embedded_aws_are_not_changed_silently(project: Any) -> None:
    with pytest.raises(DeployError, match="runs already, with other settings"):
        project.up("private", EmbeddedSettings(create_seconds=60))
