"""What EC2 refuses, with its code and message, asked through boto3."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

REGION = "eu-west-1"
SERVICE = f"com.amazonaws.{REGION}"
Call = Callable[..., Any]


@pytest.fixture(scope="module")
def ec2(clients: Callable[[str, str], Callable[[str], Any]], account: str) -> Any:
    return clients(account, REGION)("ec2")


@pytest.fixture
def vpc(ec2: Any) -> Iterator[str]:
    """A VPC with names, which a test leaves empty."""
    found: str = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=found, EnableDnsHostnames={"Value": True})
    yield found
    mine = [{"Name": "vpc-id", "Values": [found]}]
    endpoints = [item["VpcEndpointId"] for item in ec2.describe_vpc_endpoints(Filters=mine)["VpcEndpoints"]]
    if endpoints:
        ec2.delete_vpc_endpoints(VpcEndpointIds=endpoints)
    for subnet in ec2.describe_subnets(Filters=mine)["Subnets"]:
        ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    for table in ec2.describe_route_tables(Filters=mine)["RouteTables"]:
        if not table["Associations"]:
            ec2.delete_route_table(RouteTableId=table["RouteTableId"])
    ec2.delete_vpc(VpcId=found)


def refused(call: Call, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def interface(vpc: str, service: str, private_dns: bool = True, **more: Any) -> dict[str, Any]:
    return {
        "VpcId": vpc,
        "ServiceName": f"{SERVICE}.{service}",
        "VpcEndpointType": "Interface",
        "PrivateDnsEnabled": private_dns,
    } | more


def subnet(ec2: Any, vpc: str, cidr: str = "10.0.0.0/24", zone: str = "a") -> str:
    made = ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=f"{REGION}{zone}")
    return str(made["Subnet"]["SubnetId"])


def test_one_private_name_of_a_service_in_a_vpc(ec2: Any, vpc: str) -> None:
    first = ec2.create_vpc_endpoint(**interface(vpc, "ecr.api"))["VpcEndpoint"]["VpcEndpointId"]
    assert refused(ec2.create_vpc_endpoint, **interface(vpc, "ecr.api")) == (
        "InvalidParameter",
        "private-dns-enabled cannot be set because there is already a conflicting DNS domain for "
        f"api.ecr.eu-west-1.amazonaws.com in the VPC {vpc}",
    )
    ec2.create_vpc_endpoint(**interface(vpc, "ecr.api", private_dns=False))
    ec2.create_vpc_endpoint(**interface(vpc, "ecr.dkr"))
    ec2.delete_vpc_endpoints(VpcEndpointIds=[first])
    ec2.create_vpc_endpoint(**interface(vpc, "ecr.api"))


def test_private_names_need_names_in_the_vpc(ec2: Any, vpc: str) -> None:
    for attribute in ("EnableDnsHostnames", "EnableDnsSupport"):
        ec2.modify_vpc_attribute(VpcId=vpc, **{attribute: {"Value": False}})
        assert refused(ec2.create_vpc_endpoint, **interface(vpc, "sqs")) == (
            "InvalidParameter",
            "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true "
            f"for {vpc}",
        )
        ec2.modify_vpc_attribute(VpcId=vpc, **{attribute: {"Value": True}})
    ec2.create_vpc_endpoint(**interface(vpc, "sqs"))


@pytest.mark.parametrize(
    "name",
    [
        f"{SERVICE}.nonsense",
        "com.amazonaws.us-east-1.sqs",
        "nonsense",
        f"com.amazonaws.vpce.{REGION}.vpce-svc-0123456789abcdef0",
    ],
)
def test_a_service_must_exist(ec2: Any, vpc: str, name: str) -> None:
    asked = interface(vpc, "x") | {"ServiceName": name}
    said = ("InvalidServiceName", f"The Vpc Endpoint Service '{name}' does not exist")
    assert refused(ec2.create_vpc_endpoint, **asked) == said


def test_a_service_that_is_newer_than_the_list_is_known(ec2: Any, vpc: str) -> None:
    ec2.create_vpc_endpoint(**interface(vpc, "s3tables"))


def test_gateways_are_for_s3_and_dynamodb(ec2: Any, vpc: str) -> None:
    asked = {"VpcId": vpc, "ServiceName": f"{SERVICE}.sqs", "VpcEndpointType": "Gateway"}
    assert refused(ec2.create_vpc_endpoint, **asked) == (
        "InvalidParameter",
        "Endpoint type (Gateway) does not match available service types ([Interface]).",
    )


def test_one_gateway_of_a_service_in_a_route_table(ec2: Any, vpc: str) -> None:
    tables = [ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2)]
    gateway = {"VpcId": vpc, "ServiceName": f"{SERVICE}.s3", "VpcEndpointType": "Gateway"}
    ec2.create_vpc_endpoint(**gateway, RouteTableIds=tables[:1])
    assert refused(ec2.create_vpc_endpoint, **gateway, RouteTableIds=tables)[0] == "RouteAlreadyExists"
    ec2.create_vpc_endpoint(**gateway, RouteTableIds=tables[1:])


def test_an_endpoint_has_one_subnet_in_a_zone(ec2: Any, vpc: str) -> None:
    subnets = [subnet(ec2, vpc, f"10.0.{number}.0/24") for number in range(2)]
    assert refused(ec2.create_vpc_endpoint, **interface(vpc, "kms", SubnetIds=subnets)) == (
        "DuplicateSubnetsInSameZone",
        f"Found another VPC endpoint subnet in the availability zone of {subnets[1]}",
    )


def test_a_subnet_is_in_a_zone_of_its_region(ec2: Any, vpc: str) -> None:
    asked = {"VpcId": vpc, "CidrBlock": "10.0.0.0/24", "AvailabilityZone": "us-east-1a"}
    assert refused(ec2.create_subnet, **asked) == (
        "InvalidParameterValue",
        "Value (us-east-1a) for parameter availabilityZone is invalid. Subnets can currently only be created in the "
        "following availability zones: eu-west-1a, eu-west-1b, eu-west-1c.",
    )


def test_tags_of_aws_are_refused(ec2: Any, vpc: str) -> None:
    said = ("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
    tags = [{"Key": "aws:x", "Value": "1"}]
    assert refused(ec2.create_tags, Resources=[vpc], Tags=tags) == said
    specifications = [{"ResourceType": "vpc", "Tags": tags}]
    assert refused(ec2.create_vpc, CidrBlock="10.1.0.0/16", TagSpecifications=specifications) == said
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "awsx", "Value": "1"}])


def test_a_subnet_with_interfaces_stays(ec2: Any, vpc: str) -> None:
    used = subnet(ec2, vpc)
    said = ("DependencyViolation", f"The subnet '{used}' has dependencies and cannot be deleted.")
    endpoint = ec2.create_vpc_endpoint(**interface(vpc, "kms", SubnetIds=[used]))["VpcEndpoint"]["VpcEndpointId"]
    assert refused(ec2.delete_subnet, SubnetId=used) == said
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    own = ec2.create_network_interface(SubnetId=used)["NetworkInterface"]["NetworkInterfaceId"]
    assert refused(ec2.delete_subnet, SubnetId=used) == said
    ec2.delete_network_interface(NetworkInterfaceId=own)
    instance = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, SubnetId=used)["Instances"][0]
    assert refused(ec2.delete_subnet, SubnetId=used) == said
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])


def test_a_nat_gateway_holds_its_subnet_its_address_and_the_internet_gateway(ec2: Any, vpc: str) -> None:
    public = subnet(ec2, vpc)
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    address = ec2.allocate_address()
    made = ec2.create_nat_gateway(SubnetId=public, AllocationId=address["AllocationId"])
    assert refused(ec2.delete_subnet, SubnetId=public)[0] == "DependencyViolation"
    assert refused(ec2.release_address, AllocationId=address["AllocationId"]) == (
        "InvalidIPAddress.InUse",
        f"Address {address['PublicIp']} is in use.",
    )
    assert refused(ec2.detach_internet_gateway, InternetGatewayId=gateway, VpcId=vpc) == (
        "DependencyViolation",
        f"Network {vpc} has some mapped public address(es). Please unmap those public address(es) before detaching the "
        "gateway.",
    )
    ec2.delete_nat_gateway(NatGatewayId=made["NatGateway"]["NatGatewayId"])
    ec2.release_address(AllocationId=address["AllocationId"])
    ec2.delete_subnet(SubnetId=public)
    assert refused(ec2.delete_vpc, VpcId=vpc) == (
        "DependencyViolation",
        f"The vpc '{vpc}' has dependencies and cannot be deleted.",
    )
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.delete_internet_gateway(InternetGatewayId=gateway)


def test_a_security_group_that_is_named_or_used_stays(ec2: Any, vpc: str) -> None:
    one, other = (
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"] for name in ("one", "other")
    )
    named = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": one}]}]
    for group in (one, other):
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=named)
    said = ("DependencyViolation", f"resource {one} has a dependent object")
    assert refused(ec2.delete_security_group, GroupId=one) == said
    ec2.revoke_security_group_ingress(GroupId=other, IpPermissions=named)
    endpoint = ec2.create_vpc_endpoint(**interface(vpc, "kms", SecurityGroupIds=[one]))["VpcEndpoint"]["VpcEndpointId"]
    assert refused(ec2.delete_security_group, GroupId=one) == said
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    assert refused(ec2.delete_vpc, VpcId=vpc)[0] == "DependencyViolation"
    for group in (one, other):
        ec2.delete_security_group(GroupId=group)
