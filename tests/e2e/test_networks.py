"""Networks without internet, that exist, of another workspace, and of another account: used, and left alone."""

from dataclasses import dataclass
from typing import Any

import pytest
from mwaa import embedded_aws
from mwaa.embedded_aws import Embedded, EmbeddedSettings
from mwaa.local import deploy
from mwaa.local.errors import DeployError

from tests.e2e.conftest import Project

ACCOUNT, OWNER, REGION = "333333333333", "222222222222", "us-east-1"
WORKSPACE = """
from mwaa import ExistingNetwork, Network, NetworkOf, Workspace

workspace = Workspace(
    account="333333333333",
    region="us-east-1",
    airflow_version="3.2.1",
    environment_class="mw1.micro",
    webserver_access_mode="PRIVATE_ONLY",
    deletion_protection=False,
    {more}
)
"""
PLATFORM = 'network=Network(cidr="10.30.0.0/20", nat_gateways=0),'
TEAM = 'network=NetworkOf("platform"), endpoint_management="CUSTOMER",'
NAMES = ("platform", "team", "central", "shared")
MISSING = ["s3", "logs", "monitoring", "kms", "airflow.api", "airflow.env"]


def _vpc(ec2: Any, services: list[str]) -> dict[str, Any]:
    """Make a VPC without internet, in which others run a machine and have endpoints."""
    vpc = ec2.create_vpc(CidrBlock="10.50.0.0/16")["Vpc"]["VpcId"]
    for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
        ec2.modify_vpc_attribute(VpcId=vpc, **{attribute: {"Value": True}})
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.50.{index}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]
        for index, zone in enumerate("bcd")
    ]
    private = [subnet["SubnetId"] for subnet in subnets[:2]]
    for subnet in private:
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, SubnetId=subnets[2]["SubnetId"])
    group = ec2.create_security_group(GroupName="central", Description="endpoints", VpcId=vpc)["GroupId"]
    https = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.50.0.0/16"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[https])
    found = {"vpc_id": vpc, "private_subnet_ids": private, "route_table_ids": [table], "endpoint_group_id": group}
    for service in services:
        _create_endpoint(ec2, found, f"com.amazonaws.us-east-1.{service}")
    return found


def _create_endpoint(ec2: Any, vpc: dict[str, Any], service: str) -> None:
    where: dict[str, Any] = {"VpcEndpointType": "Gateway", "RouteTableIds": vpc["route_table_ids"]}
    if not service.endswith(".s3"):
        where = {
            "VpcEndpointType": "Interface",
            "SubnetIds": vpc["private_subnet_ids"],
            "SecurityGroupIds": [vpc["endpoint_group_id"]],
            "PrivateDnsEnabled": service.startswith("com.amazonaws.us-east-1."),
        }
    ec2.create_vpc_endpoint(VpcId=vpc["vpc_id"], ServiceName=service, **where)


def _endpoints_for(ec2: Any, services: list[str]) -> list[str]:
    """The services, of those named, that have an endpoint."""
    found = ec2.describe_vpc_endpoints(Filters=[{"Name": "service-name", "Values": services}])["VpcEndpoints"]
    return [one["ServiceName"] for one in found]


def _share(here: Embedded, subnets: list[str]) -> None:
    """Share the subnets of OWNER with ACCOUNT."""
    arns = [f"arn:aws:ec2:{REGION}:{OWNER}:subnet/{subnet}" for subnet in subnets]
    ram = here.client("ram", OWNER, REGION)
    ram.create_resource_share(name="central", principals=[ACCOUNT], resourceArns=arns)


def _existing(vpc: dict[str, Any], more: str) -> str:
    ids = f"vpc_id={vpc['vpc_id']!r}, private_subnet_ids={vpc['private_subnet_ids']!r}"
    return f'network=ExistingNetwork({ids}, {more}), endpoint_management="CUSTOMER",'


def _inventory(ec2: Any, vpc: dict[str, Any]) -> dict[str, list[str]]:
    """What is in the VPC, by kind."""
    mine = [{"Name": "vpc-id", "Values": [vpc["vpc_id"]]}]
    endpoints = ec2.describe_vpc_endpoints(Filters=mine)["VpcEndpoints"]
    groups = ec2.describe_security_groups(Filters=mine)["SecurityGroups"]
    reservations = ec2.describe_instances(Filters=mine)["Reservations"]
    tables = ec2.describe_route_tables(Filters=mine)["RouteTables"]
    return {
        "endpoints": sorted(
            item["ServiceName"]
            for item in endpoints
            if item["State"] != "deleted" and ".vpce." not in item["ServiceName"]  # those are MWAA's own
        ),
        "groups": sorted(item["GroupName"] for item in groups),
        "instances": [item["InstanceId"] for part in reservations for item in part["Instances"]],
        "routes": sorted(str(route.get("DestinationCidrBlock")) for item in tables for route in item["Routes"]),
    }


@dataclass
class Networks:
    project: Project
    ec2: Any
    owners: Any
    central: dict[str, Any]
    """A VPC of the account, in which endpoints are missing."""
    shared: dict[str, Any]
    before: list[dict[str, list[str]]]
    """What was in `central` and in `shared`."""

    def environment(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.project.client(name, "mwaa").get_environment(Name=f"mwaa-{name}")["Environment"]
        return found


@pytest.fixture(scope="module")
def networks(project: Project) -> Networks:
    """Deploys them one after another: `platform` makes the VPC that `team` is in."""
    for path in (project.root / "environments").glob("*.py"):
        path.unlink()
    here = embedded_aws.start(project.root, settings=EmbeddedSettings(create_seconds=0, delete_seconds=0))
    ec2, owners = here.client("ec2", ACCOUNT, REGION), here.client("ec2", OWNER, REGION)
    central, shared = _vpc(ec2, ["sqs"]), _vpc(owners, [*MISSING, "sqs"])
    _share(here, shared["private_subnet_ids"])
    found = Networks(project, ec2, owners, central, shared, [_inventory(ec2, central), _inventory(owners, shared)])
    created = f"route_table_ids={central['route_table_ids']!r}, endpoints={MISSING!r}"
    for name, more in {
        "platform": PLATFORM,
        "team": TEAM,
        "central": _existing(central, created),
        "shared": _existing(shared, f"owner_account={OWNER!r}"),
    }.items():
        project.write(f"environments/{name}.py", WORKSPACE.format(more=more))
    for name in NAMES:
        project.up(name)
    return found


def test_each_environment_is_available_and_the_shared_one_waits_for_the_owner(networks: Networks) -> None:
    assert {name: networks.environment(name)["Status"] for name in NAMES} == {
        "platform": "AVAILABLE",
        "team": "AVAILABLE",
        "central": "AVAILABLE",
        "shared": "PENDING",
    }


def test_the_network_without_internet_has_no_gateway(networks: Networks) -> None:
    (made,) = networks.ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["mwaa-platform-vpc"]}])["Vpcs"]
    attached = [{"Name": "attachment.vpc-id", "Values": [made["VpcId"]]}]
    assert networks.ec2.describe_internet_gateways(Filters=attached)["InternetGateways"] == []


def test_an_existing_vpc_gets_what_it_lacks_and_the_endpoints_of_the_customer(networks: Networks) -> None:
    inventory, environment = _inventory(networks.ec2, networks.central), networks.environment("central")
    assert inventory["endpoints"] == sorted(f"com.amazonaws.us-east-1.{service}" for service in (*MISSING, "sqs"))
    assert inventory["groups"] == ["central", "default", "mwaa-central-endpoints", "mwaa-central-environment"]
    services = [environment["DatabaseVpcEndpointService"], environment["WebserverVpcEndpointService"]]
    assert sorted(_endpoints_for(networks.ec2, services)) == sorted(services)


def test_in_a_shared_vpc_the_owner_makes_the_endpoints_that_the_outputs_name(networks: Networks) -> None:
    environment = networks.environment("shared")
    assert _inventory(networks.owners, networks.shared) == networks.before[1]
    services = [environment["DatabaseVpcEndpointService"], environment["WebserverVpcEndpointService"]]
    assert _endpoints_for(networks.owners, services) == []
    for service in services:
        _create_endpoint(networks.owners, networks.shared, service)
    assert networks.environment("shared")["Status"] == "AVAILABLE"


@pytest.mark.parametrize("name", NAMES)
def test_a_second_plan_is_empty(name: str, networks: Networks) -> None:
    project = networks.project
    assert deploy.second_plan(project.root, project.workspace(name), project.events.append).text == ""


def test_deletion_protection_stops_another_kind_of_network(networks: Networks) -> None:
    project = networks.project
    text = (project.root / "environments/team.py").read_text()
    ids = _existing(networks.central, "route_table_ids=(), endpoints='EXISTING'")
    changed = text.replace(TEAM, ids).replace("deletion_protection=False", "deletion_protection=True")
    assert changed.count("ExistingNetwork(") == 1
    project.write("environments/team.py", changed)
    try:
        with pytest.raises(DeployError, match="Instance cannot be destroyed") as caught:
            deploy.second_plan(project.root, project.workspace("team"), project.events.append)
        assert "aws_mwaa_environment.environment" in str(caught.value)
    finally:
        project.write("environments/team.py", text)


def test_destroy_leaves_the_networks_of_others_as_they_were(networks: Networks) -> None:
    for name in reversed(NAMES):
        networks.project.destroy(name)
    made = [{"Name": "vpc-endpoint-type", "Values": ["Interface"]}]
    theirs = [
        one["VpcEndpointId"]
        for one in networks.owners.describe_vpc_endpoints(Filters=made)["VpcEndpoints"]
        if not one["ServiceName"].startswith("com.amazonaws.us-east-1.")
    ]
    networks.owners.delete_vpc_endpoints(VpcEndpointIds=theirs)  # which the owner made, and not the stack
    after = [_inventory(networks.ec2, networks.central), _inventory(networks.owners, networks.shared)]
    assert after == networks.before
