"""Networks and failures that neither example shows."""

from typing import Any

import pytest
from mwaa import embedded_aws
from mwaa.embedded_aws import EmbeddedSettings
from mwaa.local.errors import DeployError
from mwaa.local.progress import Began

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


def test_an_exhausted_elastic_ip_quota_fails_with_the_words_of_aws_before_an_environment_is_begun(project: Any) -> None:
    """Five addresses are taken: without NAT gateways, an environment would be CREATING for hours."""
    here = embedded_aws.find(project.root) or embedded_aws.start(project.root, settings=EmbeddedSettings())
    workspace = project.workspace("dev")
    ec2 = here.client("ec2", workspace.account, workspace.region)
    mwaa = here.client("mwaa", workspace.account, workspace.region)
    taken = {ec2.allocate_address(Domain="vpc")["AllocationId"] for _ in range(5)}
    project.events.clear()
    with pytest.raises(DeployError, match="AddressLimitExceeded: The maximum number of addresses has been reached"):
        project.up("dev")
    begun = [event.address for event in project.events if isinstance(event, Began)]
    assert any(address.startswith("aws_eip.") for address in begun), begun
    assert not any(address.startswith("aws_mwaa_environment.") for address in begun), begun
    assert mwaa.list_environments()["Environments"] == []
    assert {address["AllocationId"] for address in ec2.describe_addresses()["Addresses"]} == taken
    for address in taken:
        ec2.release_address(AllocationId=address)
    project.up("dev")
    assert mwaa.get_environment(Name="mwaa-dev")["Environment"]["Status"] == "AVAILABLE"
    assert project.changes("dev") == {}


def test_settings_of_a_running_embedded_aws_are_not_changed_silently(project: Any) -> None:
    running = embedded_aws.find(project.root) or embedded_aws.start(project.root, settings=EmbeddedSettings())
    with pytest.raises(DeployError, match="runs already, with other settings"):
        project.up("dev", EmbeddedSettings(create_seconds=60))
    after = embedded_aws.find(project.root)
    assert after is not None
    assert (after.pid, after.settings) == (running.pid, EmbeddedSettings())
