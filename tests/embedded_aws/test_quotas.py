"""Quotas are enforced with the errors of the EC2 API."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from mwaa.embedded_aws import Embedded, EmbeddedSettings, start


@pytest.fixture(scope="module")
def exhausted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """An embedded AWS in which a person used quotas up: one address, one gateway, and the default VPC is all."""
    quotas = {"elastic_ips": 1, "internet_gateways": 1, "nat_gateways": 1, "vpcs": 2}
    embedded: Embedded = start(tmp_path_factory.mktemp("exhausted"), settings=EmbeddedSettings(quotas=quotas))
    yield embedded
    embedded.stop()


@pytest.fixture(scope="module")
def ec2(exhausted: Embedded) -> Any:
    return exhausted.client("ec2", "111111111111", "eu-west-1")


def refused(call: Callable[..., Any], **arguments: Any) -> dict[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return dict(caught.value.response["Error"])


def test_elastic_ips_run_out(ec2: Any) -> None:
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    assert refused(ec2.allocate_address, Domain="vpc") == {
        "Code": "AddressLimitExceeded",
        "Message": "The maximum number of addresses has been reached.",
    }
    ec2.release_address(AllocationId=address)
    ec2.allocate_address(Domain="vpc")


def test_internet_gateways_run_out(ec2: Any) -> None:
    ec2.create_internet_gateway()
    assert refused(ec2.create_internet_gateway) == {
        "Code": "InternetGatewayLimitExceeded",
        "Message": "The maximum number of internet gateways has been reached.",
    }


def test_vpcs_run_out_and_the_default_one_counts(ec2: Any) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    assert refused(ec2.create_vpc, CidrBlock="10.1.0.0/16") == {
        "Code": "VpcLimitExceeded",
        "Message": "The maximum number of VPCs has been reached.",
    }
    ec2.delete_vpc(VpcId=vpc)
    ec2.create_vpc(CidrBlock="10.1.0.0/16")


def test_nat_gateways_run_out_in_each_zone_for_itself(ec2: Any) -> None:
    subnets = ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
    of_zone = {subnet["AvailabilityZone"]: subnet["SubnetId"] for subnet in subnets}

    def gateway(zone: str) -> dict[str, str]:
        return {"SubnetId": of_zone[zone], "ConnectivityType": "private"}

    first = ec2.create_nat_gateway(**gateway("eu-west-1a"))["NatGateway"]["NatGatewayId"]
    assert refused(ec2.create_nat_gateway, **gateway("eu-west-1a")) == {
        "Code": "NatGatewayLimitExceeded",
        "Message": "Performing this operation would exceed the limit of 1 NAT gateways",
    }
    ec2.create_nat_gateway(**gateway("eu-west-1b"))
    ec2.delete_nat_gateway(NatGatewayId=first)
    ec2.create_nat_gateway(**gateway("eu-west-1a"))


def test_service_quotas_names_what_is_enforced(exhausted: Embedded) -> None:
    """By AWS's codes; the endpoints have their defaults, and a code that nobody has is an error."""
    quotas = exhausted.client("service-quotas", "111111111111", "eu-west-1")

    def value(service: str, code: str) -> float:
        return float(quotas.get_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]["Value"])

    assert value("ec2", "L-0263D0A3") == 1
    assert value("vpc", "L-F678F1CE") == 2
    assert value("vpc", "L-29B6F2EB") == 50
    with pytest.raises(ClientError) as caught:
        value("vpc", "L-00000000")
    assert caught.value.response["Error"]["Code"] == "NoSuchResourceException"
