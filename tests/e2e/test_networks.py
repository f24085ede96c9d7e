"""A VPC that somebody else made, the network of another workspace, and a network without internet, in one account."""

from typing import Any

from mwaa import embedded_aws
from mwaa.embedded_aws import EmbeddedSettings

ACCOUNT, REGION = "333333333333", "us-east-1"
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


def _vpc(ec2: Any) -> dict[str, Any]:
    """Make a VPC without internet, in which others run a machine and have an endpoint of SQS."""
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
    group = ec2.create_security_group(GroupName="sqs", Description="sqs", VpcId=vpc)["GroupId"]
    https = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.50.0.0/16"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[https])
    ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName="com.amazonaws.us-east-1.sqs",
        SecurityGroupIds=[group],
        VpcEndpointType="Interface",
        SubnetIds=private,
        PrivateDnsEnabled=True,
    )
    return {"vpc_id": vpc, "private_subnet_ids": private, "route_table_ids": [table]}


def _existing(vpc: dict[str, Any], endpoints: str) -> str:
    arguments = ", ".join(f"{name}={value!r}" for name, value in vpc.items())
    return f"network=ExistingNetwork({arguments}, endpoints={endpoints}),"


def _inventory(ec2: Any, vpc: str) -> dict[str, list[str]]:
    """What is in the VPC, by kind."""
    mine = [{"Name": "vpc-id", "Values": [vpc]}]
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


def test_networks_that_exist_are_used_and_left_as_they_were(project: Any) -> None:
    here = embedded_aws.start(project.root, settings=EmbeddedSettings())
    ec2 = here.client("ec2", ACCOUNT, REGION)
    vpc = _vpc(ec2)
    before = _inventory(ec2, vpc["vpc_id"])
    missing = ["s3", "logs", "monitoring", "kms", "airflow.api", "airflow.env"]
    project.write("environments/platform.py", WORKSPACE.format(more=PLATFORM))
    project.write("environments/team.py", WORKSPACE.format(more=TEAM))
    project.write("environments/central.py", WORKSPACE.format(more=_existing(vpc, repr(missing))))
    names = ("platform", "team", "central")
    for name in names:
        project.up(name)
        environment = project.client(name, "mwaa").get_environment(Name=f"mwaa-{name}")["Environment"]
        assert environment["Status"] == "AVAILABLE"
        assert project.changes(name) == {}
    made = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["mwaa-platform-vpc"]}])["Vpcs"]
    assert len(made) == 1
    assert (
        ec2.describe_internet_gateways(Filters=[{"Name": "attachment.vpc-id", "Values": [made[0]["VpcId"]]}])[
            "InternetGateways"
        ]
        == []
    )
    with_ours = _inventory(ec2, vpc["vpc_id"])
    added = sorted(f"com.amazonaws.us-east-1.{service}" for service in missing)
    assert with_ours["endpoints"] == sorted([*added, "com.amazonaws.us-east-1.sqs"])
    assert with_ours["groups"] == ["default", "mwaa-central-endpoints", "mwaa-central-environment", "sqs"]
    for name in reversed(names):
        project.destroy(name)
    assert _inventory(ec2, vpc["vpc_id"]) == before
    assert ec2.describe_vpcs(VpcIds=[vpc["vpc_id"]])["Vpcs"][0]["State"] == "available"
