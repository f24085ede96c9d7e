"""Networks that the stack does not make, with either management of MWAA's endpoints."""

from collections.abc import Callable
from typing import Any

import pytest
from mwaa.config import Backend, ExistingNetwork, HcpTerraform, LocalBackend, Network, NetworkOf, S3Backend

Make = Callable[..., Any]
VPC: dict[str, Any] = {"vpc_id": "vpc-0aaaaaaa", "private_subnet_ids": ("subnet-0aaaaaaa", "subnet-0bbbbbbb")}
CUSTOMER: dict[str, Any] = {"endpoint_management": "CUSTOMER"}
PRIVATE: dict[str, Any] = {"webserver_access_mode": "PRIVATE_ONLY"}
NETWORK_TYPES = {
    "aws_vpc", "aws_subnet", "aws_route_table", "aws_route", "aws_internet_gateway", "aws_nat_gateway", "aws_eip",
    "aws_flow_log", "aws_default_security_group", "aws_route_table_association", "aws_vpc_endpoint",
    "aws_security_group", "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule",
}  # fmt: skip
UNSET = dict.fromkeys(("ipv6_cidr_blocks", "prefix_list_ids", "security_groups", "self"))
HTTPS = UNSET | {"description": "HTTPS from the VPC", "from_port": 443, "to_port": 443, "protocol": "tcp"}
OWN_GROUP = {
    "aws_security_group.network_security_group",
    "aws_vpc_security_group_ingress_rule.network_from_itself",
    "aws_vpc_security_group_egress_rule.network_to_anywhere",
}


@pytest.fixture
def stack(workspace: Make, synthesize: Make) -> Make:
    return lambda **overrides: synthesize(workspace(**overrides))


def _made(document: dict[str, Any]) -> set[str]:
    """The resources of the network that the stack makes."""
    return {
        f"{kind}.{name}" for kind in NETWORK_TYPES & document["resource"].keys() for name in document["resource"][kind]
    }


def _plain(items: dict[str, Any]) -> dict[str, Any]:
    """Blocks of one kind by name, without cdktf's own comments."""
    return {name: {key: value for key, value in item.items() if key != "//"} for name, item in items.items()}


def _configuration(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["resource"]["aws_mwaa_environment"]["environment"]["network_configuration"]
    return found


def test_an_existing_vpc_gets_a_security_group_and_no_endpoint(stack: Make) -> None:
    document = stack(network=ExistingNetwork(**VPC))
    assert _made(document) == OWN_GROUP
    assert "data" not in document or "aws_vpc" not in document["data"]
    assert document["resource"]["aws_security_group"]["network_security_group"]["vpc_id"] == "vpc-0aaaaaaa"
    assert _configuration(document) == {
        "subnet_ids": ["subnet-0aaaaaaa", "subnet-0bbbbbbb"],
        "security_group_ids": ["${aws_security_group.network_security_group.id}"],
    }
    assert document["output"]["vpc_id"]["value"] == "vpc-0aaaaaaa"
    assert document["output"]["security_group_id"]["value"] == "${aws_security_group.network_security_group.id}"


def test_security_groups_that_exist_are_used_and_none_is_made(stack: Make) -> None:
    document = stack(network=ExistingNetwork(**VPC, security_group_ids=("sg-0aaaaaaa", "sg-0bbbbbbb")))
    assert _made(document) == set()
    assert _configuration(document)["security_group_ids"] == ["sg-0aaaaaaa", "sg-0bbbbbbb"]
    assert document["output"]["security_group_ids"]["value"] == ["sg-0aaaaaaa", "sg-0bbbbbbb"]
    assert "security_group_id" not in document["output"]


@pytest.mark.parametrize(
    ("endpoints", "services"),
    [
        (("sqs", "secretsmanager"), ["sqs", "secretsmanager"]),
        (
            "CREATE",
            [
                "sqs",
                "logs",
                "monitoring",
                "kms",
                "airflow.api",
                "airflow.env",
                "ecr.api",
                "ecr.dkr",
                "airflow.ops",
                "s3",
            ],
        ),
    ],
)
def test_only_the_endpoints_that_are_asked_for_are_made_open_to_every_range_of_the_vpc(
    endpoints: Any, services: list[str], stack: Make
) -> None:
    tables = ("rtb-0aaaaaaa",) if "s3" in services else ()
    document = stack(network=ExistingNetwork(**VPC, endpoints=endpoints, route_table_ids=tables))
    made = _plain(document["resource"]["aws_vpc_endpoint"])
    assert {item["service_name"] for item in made.values()} == {f"com.amazonaws.us-east-1.{one}" for one in services}
    group = document["resource"]["aws_security_group"]["network_endpoints_security_group"]
    assert group["vpc_id"] == "vpc-0aaaaaaa"
    assert group["ingress"] == [
        HTTPS | {"cidr_blocks": "${data.aws_vpc.network_vpc.cidr_block_associations[*].cidr_block}"}
    ]
    assert made["network_sqs_endpoint"] == {
        "private_dns_enabled": True,
        "security_group_ids": ["${aws_security_group.network_endpoints_security_group.id}"],
        "service_name": "com.amazonaws.us-east-1.sqs",
        "subnet_ids": ["subnet-0aaaaaaa", "subnet-0bbbbbbb"],
        "tags": {"Name": "mwaa-dev-sqs"},
        "vpc_endpoint_type": "Interface",
        "vpc_id": "vpc-0aaaaaaa",
    }
    if tables:
        assert made["network_s3_endpoint"]["route_table_ids"] == ["rtb-0aaaaaaa"]
        assert "policy" not in made["network_s3_endpoint"]  # others use these route tables
    waits = set(document["resource"]["aws_mwaa_environment"]["environment"]["depends_on"])
    assert {f"aws_vpc_endpoint.{name}" for name in made} <= waits


def test_the_network_of_another_workspace_is_found_by_its_tags(stack: Make) -> None:
    document = stack(network=NetworkOf("platform"))
    assert _made(document) == OWN_GROUP
    assert _plain(document["data"]["aws_vpc"]) == {"network_vpc": {"tags": {"Name": "mwaa-platform-vpc"}}}
    assert _plain(document["data"]["aws_subnet"]) == {
        f"network_private_{zone}": {
            "tags": {"Name": f"mwaa-platform-private-{zone}"},
            "vpc_id": "${data.aws_vpc.network_vpc.id}",
        }
        for zone in "ab"
    }
    assert _configuration(document) == {
        "subnet_ids": ["${data.aws_subnet.network_private_a.id}", "${data.aws_subnet.network_private_b.id}"],
        "security_group_ids": ["${aws_security_group.network_security_group.id}"],
    }


@pytest.mark.parametrize("network", [ExistingNetwork(**VPC), NetworkOf("platform")], ids=["existing", "of another"])
def test_with_customer_management_the_endpoints_that_mwaa_waits_for_are_made(network: Any, stack: Make) -> None:
    document = stack(network=network, endpoint_management="CUSTOMER", webserver_access_mode="PRIVATE_ONLY")
    made = document["resource"]["aws_vpc_endpoint"]
    assert {name: (item["service_name"], item["private_dns_enabled"]) for name, item in made.items()} == {
        f"network_{what}_endpoint": (f"${{aws_mwaa_environment.environment.{what}_vpc_endpoint_service}}", False)
        for what in ("database", "webserver")
    }
    assert all(item["subnet_ids"] == _configuration(document)["subnet_ids"] for item in made.values())
    assert all(item["security_group_ids"] == _configuration(document)["security_group_ids"] for item in made.values())


@pytest.mark.parametrize(
    ("mode", "services"), [("PUBLIC_ONLY", {"database"}), ("PRIVATE_ONLY", {"database", "webserver"})]
)
def test_in_a_shared_vpc_the_owner_reads_from_outputs_which_endpoints_to_make(
    mode: str, services: set[str], stack: Make
) -> None:
    shared = ExistingNetwork(**VPC, owner_account="222222222222")
    document = stack(network=shared, endpoint_management="CUSTOMER", webserver_access_mode=mode)
    assert _made(document) == OWN_GROUP
    outputs = {name: item["value"] for name, item in document["output"].items() if name.endswith("_service")}
    assert outputs == {
        f"{what}_vpc_endpoint_service": f"${{aws_mwaa_environment.environment.{what}_vpc_endpoint_service}}"
        for what in services
    }


@pytest.mark.parametrize(
    ("backend", "kind"),
    [
        (LocalBackend(), {"local"}),
        (S3Backend(bucket="acme-terraform-state"), {"s3"}),
        (HcpTerraform(organization="acme"), set()),
    ],
    ids=["local", "s3", "hcp"],
)
@pytest.mark.parametrize(
    ("network", "more", "vpc"),
    [
        (Network(), {}, "${aws_vpc.network_vpc.id}"),
        (Network(nat_gateways=0), PRIVATE, "${aws_vpc.network_vpc.id}"),
        (Network(nat_gateways=0), PRIVATE | CUSTOMER, "${aws_vpc.network_vpc.id}"),
        (ExistingNetwork(**VPC), {}, "vpc-0aaaaaaa"),
        (ExistingNetwork(**VPC), CUSTOMER, "vpc-0aaaaaaa"),
        (ExistingNetwork(**VPC, owner_account="222222222222"), CUSTOMER, "vpc-0aaaaaaa"),
        (NetworkOf("platform"), {}, "${data.aws_vpc.network_vpc.id}"),
        (NetworkOf("platform"), CUSTOMER, "${data.aws_vpc.network_vpc.id}"),
    ],
    ids=[
        "created", "private", "private customer", "existing", "existing customer", "shared", "of another",
        "of another customer",
    ],
)  # fmt: skip
def test_each_kind_of_network_with_each_kind_of_state(
    network: Any, more: dict[str, Any], vpc: str, backend: Backend, kind: set[str], stack: Make
) -> None:
    document = stack(network=network, backend=backend, **more)
    assert document["output"]["vpc_id"]["value"] == vpc
    assert len(_configuration(document)["subnet_ids"]) == 2
    assert document["terraform"].get("backend", {}).keys() == kind
    assert ("cloud" in document["terraform"]) == (not kind)
    management = document["resource"]["aws_mwaa_environment"]["environment"]["endpoint_management"]
    assert management == more.get("endpoint_management", "SERVICE")
