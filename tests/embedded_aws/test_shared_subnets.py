"""A participant uses the subnets that RAM shares with its account, and changes nothing that belongs to their owner."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError
from mwaa.embedded_aws import Embedded, EmbeddedSettings, start

OWNER, PARTICIPANT, OTHER, REGION = "222222222222", "111111111111", "333333333333", "eu-west-1"


@dataclass
class Shared:
    embedded: Embedded
    vpc: str
    table: str
    subnets: list[str]

    def ec2(self, account: str) -> Any:
        return self.embedded.client("ec2", account, REGION)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    running = start(tmp_path_factory.mktemp("shared"), settings=EmbeddedSettings())
    yield running
    running.stop()


@pytest.fixture(scope="module")
def shared(embedded: Embedded) -> Shared:
    """A VPC of three subnets, two of which are shared."""
    owner, ram = embedded.client("ec2", OWNER, REGION), embedded.client("ram", OWNER, REGION)
    vpc = owner.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        owner.create_subnet(
            VpcId=vpc,
            CidrBlock=f"10.9.{index}.0/24",
            AvailabilityZone=f"{REGION}{zone}",
            TagSpecifications=[{"ResourceType": "subnet", "Tags": [{"Key": "Name", "Value": f"central-{zone}"}]}],
        )["Subnet"]
        for index, zone in enumerate("abc")
    ]
    table = owner.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    arns = [subnet["SubnetArn"] for subnet in subnets[:2]]
    ram.create_resource_share(name="central", principals=[PARTICIPANT], resourceArns=arns)
    return Shared(embedded, vpc, table, [subnet["SubnetId"] for subnet in subnets])


def _in(vpc: str) -> list[dict[str, Any]]:
    return [{"Name": "vpc-id", "Values": [vpc]}]


def test_a_participant_sees_what_is_shared_with_its_owner_and_without_tags(shared: Shared) -> None:
    ec2 = shared.ec2(PARTICIPANT)
    seen = ec2.describe_subnets(Filters=_in(shared.vpc))["Subnets"]
    assert [(one["SubnetId"], one["OwnerId"], one.get("Tags", [])) for one in seen] == [
        (subnet, OWNER, []) for subnet in shared.subnets[:2]
    ]
    (vpc,) = ec2.describe_vpcs(VpcIds=[shared.vpc])["Vpcs"]
    assert (vpc["CidrBlock"], vpc["OwnerId"]) == ("10.9.0.0/16", OWNER)
    attribute = ec2.describe_vpc_attribute(VpcId=shared.vpc, Attribute="enableDnsSupport")
    assert attribute["EnableDnsSupport"] == {"Value": True}
    tables = ec2.describe_route_tables(Filters=_in(shared.vpc))["RouteTables"]
    assert shared.table in {one["RouteTableId"] for one in tables}
    assert ec2.describe_subnets(Filters=[{"Name": "tag:Name", "Values": ["central-a"]}])["Subnets"] == []


def test_the_owner_still_sees_all_of_it(shared: Shared) -> None:
    seen = shared.ec2(OWNER).describe_subnets(Filters=_in(shared.vpc))["Subnets"]
    assert [one["SubnetId"] for one in seen] == shared.subnets
    assert seen[0]["Tags"] == [{"Key": "Name", "Value": "central-a"}]


def test_an_account_outside_of_the_share_sees_nothing(shared: Shared) -> None:
    ec2 = shared.ec2(OTHER)
    assert ec2.describe_subnets(Filters=_in(shared.vpc))["Subnets"] == []
    with pytest.raises(ClientError, match=r"InvalidSubnetID\.NotFound"):
        ec2.describe_subnets(SubnetIds=shared.subnets[:1])
    with pytest.raises(ClientError, match=r"InvalidSubnetID\.NotFound"):
        shared.ec2(PARTICIPANT).describe_subnets(SubnetIds=[shared.subnets[0], shared.subnets[2]])


def test_a_participant_makes_security_groups(shared: Shared) -> None:
    ec2 = shared.ec2(PARTICIPANT)
    group = ec2.create_security_group(GroupName="team", Description="of a team", VpcId=shared.vpc)["GroupId"]
    (found,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert (found["VpcId"], found["OwnerId"]) == (shared.vpc, PARTICIPANT)
    anywhere = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    assert [{key: rule[key] for key in anywhere} for rule in found["IpPermissionsEgress"]] == [anywhere]
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[anywhere])
    ec2.delete_security_group(GroupId=group)


@pytest.mark.parametrize(
    ("operation", "arguments", "code"),
    [
        ("create_vpc_endpoint", {"VpcId": "vpc", "ServiceName": "com.amazonaws.eu-west-1.sqs"}, "InvalidVpcID"),
        ("create_route_table", {"VpcId": "vpc"}, "InvalidVpcID"),
        ("create_subnet", {"VpcId": "vpc", "CidrBlock": "10.9.9.0/24"}, "InvalidVpcID"),
        ("modify_subnet_attribute", {"SubnetId": "subnet", "MapPublicIpOnLaunch": {"Value": True}}, "InvalidSubnetID"),
        ("create_nat_gateway", {"SubnetId": "subnet", "ConnectivityType": "private"}, "InvalidSubnetID"),
        ("delete_subnet", {"SubnetId": "subnet"}, "InvalidSubnetID"),
    ],
)
def test_a_participant_changes_nothing_of_the_owner(
    operation: str, arguments: dict[str, Any], code: str, shared: Shared
) -> None:
    ids = {"VpcId": shared.vpc, "SubnetId": shared.subnets[0]}
    given = {name: ids.get(name, value) for name, value in arguments.items()}
    with pytest.raises(ClientError, match=f"{code}.NotFound"):
        getattr(shared.ec2(PARTICIPANT), operation)(**given)


def test_a_share_that_ends_takes_the_subnets_away(shared: Shared) -> None:
    ram, ec2 = shared.embedded.client("ram", OWNER, REGION), shared.ec2(OTHER)
    arn = f"arn:aws:ec2:{REGION}:{OWNER}:subnet/{shared.subnets[2]}"
    share = ram.create_resource_share(name="for a while", principals=[OTHER], resourceArns=[arn])["resourceShare"]
    (subnet,) = ec2.describe_subnets(Filters=_in(shared.vpc))["Subnets"]
    assert subnet["SubnetId"] == shared.subnets[2]
    ram.delete_resource_share(resourceShareArn=share["resourceShareArn"])
    assert ec2.describe_subnets(Filters=_in(shared.vpc))["Subnets"] == []
