"""Whether an environment's containers can start in their network: what MWAA notices half an hour after the request.

Source: UG networking-about, vpc-security, vpc-vpe-create-access, t-create-update-environment. AWS reports no cause; the
log of the embedded AWS does.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_network
from typing import Any

from moto.ec2.models import ec2_backends

from mwaa.aws_facts.endpoints import PRIVATE_ROUTING_SERVICES
from mwaa.embedded_aws.mwaa.endpoint_use import serves, what_it_blocks
from mwaa.embedded_aws.refusals import refuses
from mwaa.embedded_aws.shared_subnets import find_subnet

LATE = ("the end of CREATING or UPDATING", "github.com/LBHackney-IT/Data-Platform pull request 1764")
"""The moment, and who reported AWS's one message for all that follows."""
_PORTS = (443, 5432)
"""HTTPS, and the metadata database. UG vpc-security."""
_EPHEMERAL = 49152
"""A port of those that answers go to."""
_EVERYWHERE = IPv4Network("0.0.0.0/0")


@dataclass(frozen=True, slots=True)
class Network:
    """Subnets and security groups of an environment, as moto's objects."""

    account: str
    region: str
    values: Mapping[str, Any]
    subnets: list[Any]
    groups: list[Any]

    @property
    def ec2(self) -> Any:
        """The backend that has the VPC."""
        return self.subnets[0].ec2_backend

    @property
    def vpc(self) -> Any:
        return self.ec2.vpcs[self.subnets[0].vpc_id]

    @property
    def group_ids(self) -> set[str]:
        return {group.id for group in self.groups}

    def cidrs(self) -> list[IPv4Network]:
        return [IPv4Network(subnet.cidr_block) for subnet in self.subnets]

    def endpoints(self) -> list[Any]:
        """Return the VPC endpoints of the VPC; none once no subnet is left."""
        if not self.subnets:
            return []
        vpc_id = self.subnets[0].vpc_id
        return [one for one in self.ec2.vpc_end_points.values() if one.vpc_id == vpc_id and one.state == "available"]

    def is_private(self, subnet: Any) -> bool:
        """Return whether nothing but VPC endpoints leads out of a subnet."""
        return not any(is_default(route) for route in live_routes(route_table(subnet)))


def network_of(account: str, region: str, values: Mapping[str, Any]) -> Network:
    """Return the network of an environment. What is gone meanwhile is left out."""
    wanted = values["NetworkConfiguration"]
    subnets = (find_subnet(account, region, subnet_id) for subnet_id in wanted["SubnetIds"])
    groups = ec2_backends[account][region].get_security_group_from_id
    return Network(
        account,
        region,
        values,
        [subnet for subnet in subnets if subnet],
        [group for group in map(groups, wanted["SecurityGroupIds"]) if group],
    )


def find_failure(account: str, region: str, values: Mapping[str, Any]) -> str | None:
    """Return why the containers cannot start in this network, or None."""
    network = network_of(account, region, values)
    if len(network.subnets) < len(values["NetworkConfiguration"]["SubnetIds"]) or not network.groups:
        return "a subnet or security group of the environment is gone, or no longer shared"
    return next((found for check in CHECKS if (found := check(network))), None)


@refuses(*LATE)
def find_public_subnet(network: Network) -> str | None:
    """A public subnet: its route table has a route to an internet gateway."""
    for subnet in network.subnets:
        if any((route.gateway_id or "").startswith("igw-") for route in live_routes(route_table(subnet))):
            return f"the subnet {subnet.id} is public: its route table has an internet gateway"
    return None


@refuses(*LATE)
def find_nat_gateway_without_internet(network: Network) -> str | None:
    """A route to a NAT gateway that is deleted, in a private subnet, or in a VPC without an internet gateway."""
    for subnet in network.subnets:
        for route in route_table(subnet).routes:
            nat = route.nat_gateway
            if nat is None or not is_default(route):
                continue
            if nat.state != "available":
                return f"the route of {subnet.id} leads to {nat.id}, which is {nat.state}"
            if nat.connectivity_type != "private" and not _reaches_internet(network.ec2.get_subnet(nat.subnet_id)):
                return f"{nat.id} is in {nat.subnet_id}, which has no route to an attached internet gateway"
    return None


@refuses(*LATE)
def find_missing_endpoints(network: Network) -> str | None:
    """Neither a default route nor VPC endpoints of S3, SQS, CloudWatch, Logs, KMS and MWAA, in both subnets."""
    for subnet in filter(network.is_private, network.subnets):
        table = route_table(subnet)
        missing = [
            service
            for service in ("s3", *PRIVATE_ROUTING_SERVICES)
            if not any(serves(endpoint, service, network.region, subnet, table) for endpoint in network.endpoints())
        ]
        if missing:
            return f"{subnet.id} has neither a route to the internet nor VPC endpoints for {', '.join(missing)}"
    return None


@refuses(*LATE)
def find_vpc_without_names(network: Network) -> str | None:
    """Private routing in a VPC without enableDnsSupport and enableDnsHostnames."""
    if not any(map(network.is_private, network.subnets)):
        return None
    if is_true(network.vpc.enable_dns_support) and is_true(network.vpc.enable_dns_hostnames):
        return None
    return f"{network.vpc.id} lacks DNS support or DNS host names, so that no name leads to its VPC endpoints"


@refuses(*LATE)
def find_blocking_endpoint(network: Network) -> str | None:
    """Private routing by an endpoint whose policy denies what MWAA does, or whose groups refuse the environment."""
    for subnet in filter(network.is_private, network.subnets):
        table = route_table(subnet)
        for service in ("s3", *PRIVATE_ROUTING_SERVICES):
            users = [one for one in network.endpoints() if serves(one, service, network.region, subnet, table)]
            blocked = [what_it_blocks(one, service, network.account, network.region, network.values) for one in users]
            if blocked and all(blocked):
                return f"the policy of {users[0].id} ({service}) denies {blocked[0]}"
            if users and not any(_accepts(network, endpoint) for endpoint in users):
                return f"no security group of {users[0].id} ({service}) accepts HTTPS from the environment"
    return None


@refuses(*LATE)
def find_closed_groups(network: Network) -> str | None:
    """Security groups that accept no traffic of the environment's own parts on 443 and 5432."""
    closed = [port for port in _PORTS if not accepts(network.groups, port, network)]
    if closed:
        return f"no rule of {', '.join(network.group_ids)} lets the environment's parts reach each other on {closed}"
    return None


@refuses(*LATE)
def find_shut_in_groups(network: Network) -> str | None:
    """Security groups that let nothing out to the environment's own parts on 443 and 5432, or to AWS on 443."""
    rules = [rule for group in network.groups for rule in group.egress_rules]
    shut = [port for port in _PORTS if not _covers_environment(rules, port, network)]
    if shut:
        return f"no rule of {', '.join(network.group_ids)} allows outbound traffic to the environment's parts on {shut}"
    vpc = IPv4Network(network.vpc.cidr_block)
    if not any(_outside(rule, vpc) for rule in rules if _has_port(rule, 443)):
        return f"no rule of {', '.join(network.group_ids)} allows outbound HTTPS to AWS"
    return None


@refuses(*LATE)
def find_denying_acl(network: Network) -> str | None:
    """A network ACL of a subnet that denies 443, 5432 or the answers to them between the two subnets."""
    for subnet in network.subnets:
        acl = _acl_of(subnet)
        if acl is None:
            continue
        for remote in network.cidrs():
            for egress in (False, True):
                for port in (*_PORTS, _EPHEMERAL):
                    if not _acl_allows(acl, remote, port, egress=egress):
                        way = "to" if egress else "from"
                        return f"{acl.id} of {subnet.id} denies port {port} {way} {remote}"
    return None


CHECKS: tuple[Callable[[Network], str | None], ...] = (
    find_public_subnet,
    find_nat_gateway_without_internet,
    find_missing_endpoints,
    find_vpc_without_names,
    find_blocking_endpoint,
    find_closed_groups,
    find_shut_in_groups,
    find_denying_acl,
)


def route_table(subnet: Any) -> Any:
    """Return the subnet's own route table, or the main one of its VPC."""
    tables = [table for table in subnet.ec2_backend.route_tables.values() if table.vpc_id == subnet.vpc_id]
    own = [table for table in tables if any(part.get("SubnetId") == subnet.id for part in table.associations)]
    return (own or [table for table in tables if table.main_association_id])[0]


def live_routes(table: Any) -> list[Any]:
    """Return the routes of a table that do not lead to a deleted NAT gateway."""
    return [route for route in table.routes if not (route.nat_gateway and route.nat_gateway.state != "available")]


def is_default(route: Any) -> bool:
    """Return whether a route is the one to the internet."""
    return bool(route.destination_cidr_block == "0.0.0.0/0")


def is_true(attribute: Any) -> bool:
    """Return whether an attribute of a VPC is set: moto keeps a boolean or its text."""
    return str(attribute).lower() == "true"


def accepts(groups: list[Any], port: int, network: Network) -> bool:
    """Return whether security groups let the environment in on a port."""
    return _covers_environment([rule for group in groups for rule in group.ingress_rules], port, network)


def _accepts(network: Network, endpoint: Any) -> bool:
    if endpoint.vpc_endpoint_type.lower() != "interface":
        return True
    find = network.ec2.get_security_group_from_id
    groups = [group for group in map(find, endpoint.security_group_ids) if group]
    groups = groups or [network.ec2.get_default_security_group(endpoint.vpc_id)]
    return accepts(groups, 443, network)


def _covers_environment(rules: list[Any], port: int, network: Network) -> bool:
    """Return whether rules name the environment on a port: one of its groups, or the addresses of both subnets."""
    fitting = [rule for rule in rules if _has_port(rule, port)]
    if any((rule.source_group or {}).get("GroupId") in network.group_ids for rule in fitting):
        return True
    named = [cidr for rule in fitting for cidr in _addresses(rule)]
    return all(any(subnet.subnet_of(cidr) for cidr in named) for subnet in network.cidrs())


def _outside(rule: Any, vpc: IPv4Network) -> bool:
    """Return whether a rule names something that is not in the VPC. The groups of endpoints stand for AWS, too."""
    return bool(rule.prefix_list_id or rule.source_group) or any(not one.subnet_of(vpc) for one in _addresses(rule))


def _has_port(rule: Any, port: int) -> bool:
    protocol: str = rule.ip_protocol
    return protocol == "-1" or (protocol == "tcp" and int(rule.from_port) <= port <= int(rule.to_port))


def _addresses(rule: Any) -> Iterator[IPv4Network]:
    texts = [rule.ip_range["CidrIp"]] if rule.ip_range.get("CidrIp") else []
    if rule.prefix_list_id:
        found = rule.ec2_backend.managed_prefix_lists.get(rule.prefix_list_id)
        entries = (found.entries.get(found.version) or []) if found else []
        texts += [entry["Cidr"] for entry in entries]
    for text in texts:
        network = ip_network(text, strict=False)
        if isinstance(network, IPv4Network):
            yield network


def _reaches_internet(subnet: Any) -> bool:
    gateways = (route.gateway for route in route_table(subnet).routes if is_default(route))
    return any(getattr(gateway, "vpc", None) is not None for gateway in gateways if gateway)


def _acl_of(subnet: Any) -> Any | None:
    for acl in subnet.ec2_backend.network_acls.values():
        if any(association.subnet_id == subnet.id for association in acl.associations):
            return acl
    return None


def _acl_allows(acl: Any, remote: IPv4Network, port: int, *, egress: bool) -> bool:
    for entry in sorted(acl.network_acl_entries, key=lambda entry: int(entry.rule_number)):
        if is_true(entry.egress) != egress or entry.cidr_block is None or str(entry.protocol) not in ("-1", "6", "tcp"):
            continue
        low, high = entry.port_range_from, entry.port_range_to
        if str(entry.protocol) != "-1" and not (low is not None and int(low) <= port <= int(high)):
            continue
        if remote.subnet_of(IPv4Network(entry.cidr_block, strict=False)):
            return bool(entry.rule_action == "allow")
    return False
