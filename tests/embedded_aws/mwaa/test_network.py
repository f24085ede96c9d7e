"""Each network in which MWAA's containers cannot start, with the reason that the log of the embedded AWS names."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from mwaa.embedded_aws.mwaa.network import find_failure

ACCOUNT, REGION = "123456789012", "eu-west-1"  # moto's own account: no server is involved here
ANYWHERE = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
SERVICES = ("sqs", "logs", "monitoring", "kms", "airflow.api", "airflow.env")


class Vpc:
    """A VPC in which an environment can start: NAT, one group that accepts and lets out everything from itself."""

    def __init__(self) -> None:
        self.ec2 = boto3.client("ec2", region_name=REGION, aws_access_key_id="nobody", aws_secret_access_key="nothing")
        self.id = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.set_dns(True)
        self.subnets = [self._subnet(f"10.0.{number}.0/24", zone) for number, zone in enumerate("ab")]
        self.public = self._subnet("10.0.9.0/24", "a")
        self.gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.id)
        self.public_table = self._table(self.public)
        self.ec2.create_route(RouteTableId=self.public_table, DestinationCidrBlock="0.0.0.0/0", GatewayId=self.gateway)
        self.table = self._table(*self.subnets)
        self.group = self.new_group("environment")
        self.ec2.authorize_security_group_ingress(GroupId=self.group, IpPermissions=[self.itself()])
        self.source = "airflow"

    def itself(self) -> dict[str, Any]:
        return {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": self.group}]}

    def add_nat(self, subnet: str, kind: str = "public") -> str:
        """Route the private subnets through a NAT gateway in `subnet`."""
        address = {"AllocationId": self.ec2.allocate_address()["AllocationId"]} if kind == "public" else {}
        made = self.ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType=kind, **address)
        nat = str(made["NatGateway"]["NatGatewayId"])
        self.ec2.create_route(RouteTableId=self.table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
        return nat

    def add_endpoints(self, *, without: str = "", policies: dict[str, Any] | None = None, group: str = "") -> None:
        """Let VPC endpoints lead to what MWAA needs; `policies` by service, `group` in front of them."""
        for name in ("s3", *SERVICES):
            if name == without:
                continue
            document = (policies or {}).get(name)
            policy = (
                {"PolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": document})} if document else {}
            )
            kind = (
                {"VpcEndpointType": "Gateway", "RouteTableIds": [self.table]}
                if name == "s3"
                else {
                    "VpcEndpointType": "Interface",
                    "PrivateDnsEnabled": True,
                    "SubnetIds": self.subnets,
                    "SecurityGroupIds": [group or self.group],
                }
            )
            self.ec2.create_vpc_endpoint(VpcId=self.id, ServiceName=f"com.amazonaws.{REGION}.{name}", **kind, **policy)

    def set_dns(self, on: bool) -> None:
        for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
            self.ec2.modify_vpc_attribute(VpcId=self.id, **{attribute: {"Value": on}})

    def new_group(self, name: str) -> str:
        return str(self.ec2.create_security_group(GroupName=name, Description=name, VpcId=self.id)["GroupId"])

    def set_egress(self, *permissions: dict[str, Any]) -> None:
        self.ec2.revoke_security_group_egress(GroupId=self.group, IpPermissions=[ANYWHERE])
        self.ec2.authorize_security_group_egress(GroupId=self.group, IpPermissions=list(permissions))

    def set_ingress(self, *permissions: dict[str, Any]) -> None:
        self.ec2.revoke_security_group_ingress(GroupId=self.group, IpPermissions=[self.itself()])
        if permissions:
            self.ec2.authorize_security_group_ingress(GroupId=self.group, IpPermissions=list(permissions))

    def new_acl(self, *rules: tuple[bool, int, int]) -> str:
        """Put both subnets behind a network ACL that allows `rules` (egress, from, to) of TCP, and nothing else."""
        acl = self.ec2.create_network_acl(VpcId=self.id)["NetworkAcl"]["NetworkAclId"]
        for number, (egress, low, high) in enumerate(rules, 1):
            self.ec2.create_network_acl_entry(
                NetworkAclId=acl,
                RuleNumber=number,
                Protocol="6",
                RuleAction="allow",
                Egress=egress,
                CidrBlock="0.0.0.0/0",
                PortRange={"From": low, "To": high},
            )
        for found in self.ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [self.id]}])["NetworkAcls"]:
            for association in found["Associations"]:
                if association["SubnetId"] in self.subnets:
                    self.ec2.replace_network_acl_association(
                        AssociationId=association["NetworkAclAssociationId"], NetworkAclId=acl
                    )
        return str(acl)

    def failure(self) -> str | None:
        values = {
            "Name": "dev",
            "SourceBucketArn": f"arn:aws:s3:::{self.source}",
            "DagS3Path": "dags/",
            "NetworkConfiguration": {"SubnetIds": self.subnets, "SecurityGroupIds": [self.group]},
        }
        return find_failure(ACCOUNT, REGION, values)

    def _subnet(self, cidr: str, zone: str) -> str:
        made = self.ec2.create_subnet(VpcId=self.id, CidrBlock=cidr, AvailabilityZone=f"{REGION}{zone}")
        return str(made["Subnet"]["SubnetId"])

    def _table(self, *subnets: str) -> str:
        table = str(self.ec2.create_route_table(VpcId=self.id)["RouteTable"]["RouteTableId"])
        for subnet in subnets:
            self.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        return table


@pytest.fixture
def vpc() -> Iterator[Vpc]:
    with mock_aws():
        yield Vpc()


@pytest.fixture
def with_nat(vpc: Vpc) -> Vpc:
    vpc.add_nat(vpc.public)
    return vpc


def tcp(low: int, high: int, cidr: str = "0.0.0.0/0") -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": low, "ToPort": high, "IpRanges": [{"CidrIp": cidr}]}


def test_a_nat_gateway_is_enough(with_nat: Vpc) -> None:
    assert with_nat.failure() is None


def test_vpc_endpoints_are_enough(vpc: Vpc) -> None:
    vpc.add_endpoints()
    assert vpc.failure() is None


@pytest.mark.parametrize("service", ["s3", "sqs", "airflow.env"])
def test_each_endpoint_is_needed(vpc: Vpc, service: str) -> None:
    vpc.add_endpoints(without=service)
    assert vpc.failure() == f"{vpc.subnets[0]} has neither a route to the internet nor VPC endpoints for {service}"


def test_a_public_subnet_fails(with_nat: Vpc) -> None:
    with_nat.subnets[1] = with_nat.public
    assert with_nat.failure() == (f"the subnet {with_nat.public} is public: its route table has an internet gateway")


def test_a_nat_gateway_in_a_private_subnet_leads_nowhere(vpc: Vpc) -> None:
    nat = vpc.add_nat(vpc.subnets[0])
    assert vpc.failure() == f"{nat} is in {vpc.subnets[0]}, which has no route to an attached internet gateway"


def test_a_nat_gateway_needs_an_attached_internet_gateway(with_nat: Vpc) -> None:
    with_nat.ec2.detach_internet_gateway(InternetGatewayId=with_nat.gateway, VpcId=with_nat.id)
    assert str(with_nat.failure()).endswith(
        f"is in {with_nat.public}, which has no route to an attached internet gateway"
    )


def test_a_deleted_nat_gateway_leads_nowhere(vpc: Vpc) -> None:
    nat = vpc.add_nat(vpc.public)
    vpc.ec2.delete_nat_gateway(NatGatewayId=nat)
    assert vpc.failure() == f"the route of {vpc.subnets[0]} leads to {nat}, which is deleted"


def test_a_private_nat_gateway_may_lead_to_a_central_way_out(vpc: Vpc) -> None:
    vpc.add_nat(vpc.subnets[0], "private")
    assert vpc.failure() is None


def test_private_routing_needs_names(vpc: Vpc) -> None:
    vpc.add_endpoints()
    vpc.set_dns(False)
    assert vpc.failure() == f"{vpc.id} lacks DNS support or DNS host names, so that no name leads to its VPC endpoints"


EVERYTHING = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}


@pytest.mark.parametrize(
    ("service", "statement", "denied"),
    [
        (
            "sqs",
            EVERYTHING | {"Effect": "Deny"},
            "sqs:SendMessage on arn:aws:sqs:eu-west-1:000000000000:airflow-celery-0",
        ),
        (
            "logs",
            EVERYTHING | {"Action": "logs:Get*"},
            "logs:PutLogEvents on arn:aws:logs:eu-west-1:123456789012:log-group:airflow-dev-Task:log-stream:a",
        ),
        (
            "s3",
            EVERYTHING | {"Resource": ["arn:aws:s3:::airflow", "arn:aws:s3:::airflow/*"]},
            "s3:GetObject on arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/a",
        ),
        (
            "s3",
            EVERYTHING | {"Condition": {"StringEquals": {"aws:ResourceAccount": ACCOUNT}}},
            "s3:GetObject on arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/a",
        ),
        ("s3", EVERYTHING | {"Resource": "arn:aws:s3:::other/*"}, "s3:ListBucket on arn:aws:s3:::airflow"),
    ],
)
def test_an_endpoint_s_policy_must_let_mwaa_through(
    vpc: Vpc, service: str, statement: dict[str, Any], denied: str
) -> None:
    vpc.add_endpoints(policies={service: [statement]})
    found = str(vpc.failure())
    assert found.startswith("the policy of vpce-")
    assert found.endswith(f" ({service}) denies {denied}")


def test_the_group_of_an_endpoint_must_let_the_environment_in(vpc: Vpc) -> None:
    shut = vpc.new_group("shut")
    vpc.add_endpoints(group=shut)
    assert str(vpc.failure()).endswith("(sqs) accepts HTTPS from the environment")
    vpc.ec2.authorize_security_group_ingress(GroupId=shut, IpPermissions=[tcp(443, 443, "10.0.0.0/16")])
    assert vpc.failure() is None


@pytest.mark.parametrize(
    ("permissions", "closed"),
    [
        ([], "[443, 5432]"),
        ([tcp(443, 443)], "[5432]"),
        ([tcp(0, 65535, "10.0.0.0/24")], "[443, 5432]"),
        ([tcp(0, 65535, "192.168.0.0/16")], "[443, 5432]"),
    ],
    ids=["nothing", "one port", "one subnet", "elsewhere"],
)
def test_the_environment_s_parts_must_reach_each_other(
    with_nat: Vpc, permissions: list[dict[str, Any]], closed: str
) -> None:
    with_nat.set_ingress(*permissions)
    assert with_nat.failure() == (
        f"no rule of {with_nat.group} lets the environment's parts reach each other on {closed}"
    )


@pytest.mark.parametrize("permission", [ANYWHERE, tcp(0, 65535, "10.0.0.0/16")], ids=["everybody", "the VPC"])
def test_a_rule_for_addresses_is_as_good_as_one_for_itself(with_nat: Vpc, permission: dict[str, Any]) -> None:
    with_nat.set_ingress(permission)
    assert with_nat.failure() is None


def test_a_prefix_list_counts_by_its_addresses(with_nat: Vpc) -> None:
    made = with_nat.ec2.create_managed_prefix_list(
        PrefixListName="vpc", MaxEntries=2, AddressFamily="IPv4", Entries=[{"Cidr": "10.0.0.0/16"}]
    )
    listed = [{"PrefixListId": made["PrefixList"]["PrefixListId"]}]
    with_nat.set_ingress({"IpProtocol": "-1", "PrefixListIds": listed})
    assert with_nat.failure() is None


def test_one_port_out_is_not_enough(with_nat: Vpc) -> None:
    with_nat.set_egress(tcp(443, 443))
    assert with_nat.failure() == (
        f"no rule of {with_nat.group} allows outbound traffic to the environment's parts on [5432]"
    )


def test_aws_must_be_reached_as_well(with_nat: Vpc) -> None:
    with_nat.set_egress(tcp(0, 65535, "10.0.0.0/16"))
    assert with_nat.failure() == f"no rule of {with_nat.group} allows outbound HTTPS to AWS"


def test_a_network_acl_of_its_own_denies_everything(with_nat: Vpc) -> None:
    acl = with_nat.new_acl()
    assert with_nat.failure() == f"{acl} of {with_nat.subnets[0]} denies port 443 from 10.0.0.0/24"


def test_a_network_acl_lets_ports_and_their_answers_through(with_nat: Vpc) -> None:
    acl = with_nat.new_acl((False, 443, 5432), (True, 443, 5432))
    assert with_nat.failure() == f"{acl} of {with_nat.subnets[0]} denies port 49152 from 10.0.0.0/24"
    with_nat.new_acl((False, 443, 65535), (True, 443, 65535))
    assert with_nat.failure() is None


def test_a_subnet_that_is_gone_fails(with_nat: Vpc) -> None:
    with_nat.subnets[1] = "subnet-gone"
    assert with_nat.failure() == "a subnet or security group of the environment is gone, or no longer shared"
