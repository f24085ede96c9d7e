"""Networks of every kind that a workspace may ask for."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from mwaa.config import Network, Workspace

Make = Callable[..., Any]

UNSET = dict.fromkeys(("ipv6_cidr_blocks", "prefix_list_ids", "security_groups", "self"))
HTTPS = UNSET | {"description": "HTTPS from the VPC", "from_port": 443, "to_port": 443, "protocol": "tcp"}


@pytest.fixture
def resources(workspace: Callable[..., Workspace], synthesize: Make) -> Make:
    """`resources(**overrides)`: the stack's resources by type and name."""

    def make(**overrides: Any) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = synthesize(workspace(**overrides))["resource"]
        return found

    return make


def test_one_nat_gateway_serves_both_private_subnets(resources: Make) -> None:
    found = resources(network=Network(nat_gateways=1))
    assert list(found["aws_nat_gateway"]) == ["network_nat_a"]
    assert list(found["aws_eip"]) == ["network_nat_a_ip"]
    routes = found["aws_route"]
    assert [routes[f"network_private_{zone}_default_route"]["nat_gateway_id"] for zone in "ab"] == [
        "${aws_nat_gateway.network_nat_a.id}"
    ] * 2


def test_two_nat_gateways_serve_one_private_subnet_each(resources: Make) -> None:
    found = resources(network=Network(nat_gateways=2))
    assert list(found["aws_nat_gateway"]) == ["network_nat_a", "network_nat_b"]
    for zone in "ab":
        nat = found["aws_nat_gateway"][f"network_nat_{zone}"]
        assert nat["subnet_id"] == f"${{aws_subnet.network_public_{zone}.id}}"
        assert nat["allocation_id"] == f"${{aws_eip.network_nat_{zone}_ip.id}}"
        route = found["aws_route"][f"network_private_{zone}_default_route"]
        assert route["nat_gateway_id"] == f"${{aws_nat_gateway.network_nat_{zone}.id}}"


def test_given_elastic_ips_are_used_and_none_is_allocated(resources: Make) -> None:
    found = resources(
        network=Network(nat_gateways=2, elastic_ip_allocation_ids=("eipalloc-0aaaaaaa", "eipalloc-0bbbbbbb"))
    )
    assert "aws_eip" not in found
    assert [nat["allocation_id"] for nat in found["aws_nat_gateway"].values()] == [
        "eipalloc-0aaaaaaa",
        "eipalloc-0bbbbbbb",
    ]


def test_without_nat_there_is_no_way_out_and_no_gateway(resources: Make) -> None:
    found = resources(network=Network(nat_gateways=0), webserver_access_mode="PRIVATE_ONLY")
    assert not {"aws_nat_gateway", "aws_eip", "aws_internet_gateway", "aws_route"} & found.keys()
    assert list(found["aws_subnet"]) == ["network_private_a", "network_private_b"]
    assert list(found["aws_route_table"]) == ["network_private_a_routes", "network_private_b_routes"]


@pytest.mark.parametrize(
    ("region", "fips", "more"),
    [
        ("us-east-1", False, ["airflow.ops"]),
        ("us-east-1", True, ["airflow.ops", "airflow-fips.api", "airflow-fips.env"]),
        ("eu-west-1", False, []),
    ],
)
def test_without_nat_every_service_of_private_routing_has_an_endpoint_open_to_the_vpc(
    region: str, fips: bool, more: list[str], resources: Make
) -> None:
    network = Network(nat_gateways=0, fips_endpoints=fips)
    found = resources(network=network, webserver_access_mode="PRIVATE_ONLY", region=region)
    endpoints = found["aws_vpc_endpoint"]
    interfaces = {name: item for name, item in endpoints.items() if item["vpc_endpoint_type"] == "Interface"}
    services = ["sqs", "logs", "monitoring", "kms", "airflow.api", "airflow.env", "ecr.api", "ecr.dkr", *more]
    assert {item["service_name"] for item in interfaces.values()} == {f"com.amazonaws.{region}.{x}" for x in services}
    for item in interfaces.values():
        assert item["private_dns_enabled"] is True
        assert item["subnet_ids"] == ["${aws_subnet.network_private_a.id}", "${aws_subnet.network_private_b.id}"]
        assert item["security_group_ids"] == ["${aws_security_group.network_endpoints_security_group.id}"]
    assert found["aws_security_group"]["network_endpoints_security_group"]["ingress"] == [HTTPS | {
        "cidr_blocks": ["10.0.0.0/16"]}]  # fmt: skip
    waits = found["aws_mwaa_environment"]["environment"]["depends_on"]
    assert {f"aws_vpc_endpoint.{name}" for name in endpoints} <= set(waits)


def test_the_s3_endpoint_of_private_routing_has_the_policy_of_the_account(resources: Make) -> None:
    found = resources(network=Network(nat_gateways=0), webserver_access_mode="PRIVATE_ONLY")
    endpoint = found["aws_vpc_endpoint"]["network_s3_endpoint"]
    assert json.loads(endpoint["policy"])["Statement"] == [
        {
            "Sid": "BucketsOfTheAccount",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceAccount": "111111111111"}},
        },
        {
            "Sid": "ImageLayers",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::prod-us-east-1-starport-layer-bucket/*",
        },
    ]
    assert endpoint["route_table_ids"] == [
        "${aws_route_table.network_private_a_routes.id}",
        "${aws_route_table.network_private_b_routes.id}",
    ]


def test_zones_of_the_workspace_are_taken_as_they_are(resources: Make) -> None:
    found = resources(network=Network(availability_zones=("us-east-1b", "us-east-1d")))
    subnets = found["aws_subnet"]
    assert {name: item["availability_zone"] for name, item in subnets.items()} == {
        "network_public_a": "us-east-1b",
        "network_public_b": "us-east-1d",
        "network_private_a": "us-east-1b",
        "network_private_b": "us-east-1d",
    }
    assert "lifecycle" not in subnets["network_private_a"]


def test_zones_that_terraform_finds_never_move_a_subnet(resources: Make) -> None:
    subnet = resources()["aws_subnet"]["network_private_b"]
    assert subnet["availability_zone"] == "${element(data.aws_availability_zones.network_zones.names, 1)}"
    assert subnet["lifecycle"] == {"ignore_changes": ["availability_zone"]}


@pytest.mark.parametrize(
    ("mode", "services"),
    [("PUBLIC_ONLY", ["database"]), ("PRIVATE_ONLY", ["database", "webserver"])],
)
def test_with_customer_management_the_endpoints_that_mwaa_waits_for_are_made(
    mode: str, services: list[str], resources: Make
) -> None:
    endpoints = resources(endpoint_management="CUSTOMER", webserver_access_mode=mode)["aws_vpc_endpoint"]
    made = {name: item for name, item in endpoints.items() if item["vpc_endpoint_type"] == "Interface"}
    assert {name: item["service_name"] for name, item in made.items()} == {
        f"network_{service}_endpoint": f"${{aws_mwaa_environment.environment.{service}_vpc_endpoint_service}}"
        for service in services
    }
    assert all(item["private_dns_enabled"] is False for item in made.values())


def test_the_default_security_group_lets_nothing_through(resources: Make) -> None:
    group = resources()["aws_default_security_group"]["network_default_security_group"]
    assert not {"ingress", "egress"} & group.keys()


def test_the_environment_waits_for_routes_and_rules(resources: Make) -> None:
    waits = resources()["aws_mwaa_environment"]["environment"]["depends_on"]
    assert {
        "aws_route.network_private_a_default_route",
        "aws_route_table_association.network_private_b_association",
        "aws_vpc_security_group_ingress_rule.network_from_itself",
        "aws_vpc_endpoint.network_s3_endpoint",
    } <= set(waits)
