"""A second endpoint of a service is refused with the errors of the EC2 API, where it would conflict."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from mwaa.embedded_aws import Embedded, EmbeddedSettings, start

SERVICE = "com.amazonaws.eu-west-1"


@pytest.fixture(scope="module")
def ec2(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    embedded: Embedded = start(tmp_path_factory.mktemp("endpoints"), settings=EmbeddedSettings())
    yield embedded.client("ec2", "111111111111", "eu-west-1")
    embedded.stop()


@pytest.fixture
def vpc(ec2: Any) -> Iterator[str]:
    found: str = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    yield found
    endpoints = ec2.describe_vpc_endpoints(Filters=[{"Name": "vpc-id", "Values": [found]}])["VpcEndpoints"]
    if endpoints:
        ec2.delete_vpc_endpoints(VpcEndpointIds=[item["VpcEndpointId"] for item in endpoints])


def _interface(ec2: Any, vpc: str, service: str, private_dns: bool = True) -> str:
    made = ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName=f"{SERVICE}.{service}", VpcEndpointType="Interface", PrivateDnsEnabled=private_dns
    )
    found: str = made["VpcEndpoint"]["VpcEndpointId"]
    return found


def test_one_private_name_of_a_service_in_a_vpc(ec2: Any, vpc: str) -> None:
    first = _interface(ec2, vpc, "ecr.api")
    with pytest.raises(ClientError) as caught:
        _interface(ec2, vpc, "ecr.api")
    assert caught.value.response["Error"] == {
        "Code": "InvalidParameter",
        "Message": "private-dns-enabled cannot be set because there is already a conflicting DNS domain for "
        f"api.ecr.eu-west-1.amazonaws.com in the VPC {vpc}",
    }
    _interface(ec2, vpc, "ecr.api", private_dns=False)
    _interface(ec2, vpc, "ecr.dkr")
    ec2.delete_vpc_endpoints(VpcEndpointIds=[first])
    _interface(ec2, vpc, "ecr.api")


def test_the_same_service_in_another_vpc_is_accepted(ec2: Any, vpc: str) -> None:
    _interface(ec2, vpc, "sqs")
    _interface(ec2, ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"], "sqs")


def test_one_gateway_of_a_service_in_a_route_table(ec2: Any, vpc: str) -> None:
    tables = [ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2)]
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"{SERVICE}.s3", VpcEndpointType="Gateway", RouteTableIds=tables[:1])
    with pytest.raises(ClientError) as caught:
        ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"{SERVICE}.s3", VpcEndpointType="Gateway", RouteTableIds=tables)
    assert caught.value.response["Error"]["Code"] == "RouteAlreadyExists"
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"{SERVICE}.s3", VpcEndpointType="Gateway", RouteTableIds=tables[1:])
