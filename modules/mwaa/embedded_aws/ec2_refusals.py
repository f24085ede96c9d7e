"""What EC2 refuses and moto does not, each a function that is asked before moto's own.

Sources of verbatim messages: TPA is github.com/hashicorp/terraform-provider-aws. The others are ours.
"""

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

from botocore.loaders import Loader
from moto.core.responses import ActionResult
from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.responses._base_response import EC2BaseResponse

from mwaa.aws_facts.endpoints import FIPS_REGIONS, FIPS_SERVICES, private_routing_services
from mwaa.embedded_aws.mwaa.models import mwaa_backends
from mwaa.embedded_aws.mwaa.network import is_true
from mwaa.embedded_aws.refusals import UNVERIFIED, refuses

Arguments = dict[str, Any]
Guard = Callable[[Any, Arguments], None]

_guards: dict[str, list[Guard]] = {}


def enforce() -> None:
    """Let moto's EC2 ask the functions below first. Call it once."""
    for operation, guards in _guards.items():
        _ask_first(operation, guards)
    _refuse_tags_of_aws()


def _before(operation: str, api: str, source: str = UNVERIFIED) -> Callable[[Guard], Guard]:
    """Ask the decorated function before moto's `operation`, which answers `api`."""

    def register(guard: Guard) -> Guard:
        _guards.setdefault(operation, []).append(guard)
        return refuses(api, source)(guard)

    return register


def _ask_first(operation: str, guards: list[Guard]) -> None:
    run = getattr(EC2Backend, operation)
    signature = inspect.signature(run)

    def run_unless_refused(ec2: Any, *args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(ec2, *args, **kwargs)
        bound.apply_defaults()
        for guard in guards:
            guard(ec2, dict(bound.arguments))
        return run(ec2, *args, **kwargs)

    setattr(EC2Backend, operation, run_unless_refused)


@_before("create_vpc_endpoint", "ec2:CreateVpcEndpoint", "moto's own message for DescribeVpcEndpointServices")
def refuse_unknown_service(ec2: Any, asked: Arguments) -> None:
    """A service that does not exist, or that is another region's."""
    ec2.get_vpc(asked["vpc_id"])  # moto's error of a VPC that is not there comes first
    name = asked["service_name"]
    if name.startswith("com.amazonaws.vpce."):
        known = any(name in services for services in _services_of_environments(ec2.region_name))
        known = known or any(one.service_name == name for one in ec2.configurations.values())
    else:
        known = name in _services(ec2.account_id, ec2.region_name) or _is_known_to_botocore(name, ec2.region_name)
    if not known:
        raise EC2ClientError("InvalidServiceName", f"The Vpc Endpoint Service '{name}' does not exist")


@_before("create_vpc_endpoint", "ec2:CreateVpcEndpoint")
def refuse_gateway_of_other_service(ec2: Any, asked: Arguments) -> None:
    """A gateway endpoint of a service that is neither S3 nor DynamoDB."""
    service = asked["service_name"].rpartition(".")[2]
    is_gateway = str(asked["endpoint_type"] or "Gateway").lower() == "gateway"
    if is_gateway and service not in ("s3", "dynamodb"):
        text = "Endpoint type (Gateway) does not match available service types ([Interface])."
        raise EC2ClientError("InvalidParameter", text)


@_before("create_vpc_endpoint", "ec2:CreateVpcEndpoint", "TPA issue 17535")
def refuse_second_private_name(ec2: Any, asked: Arguments) -> None:
    """A second endpoint of a service with private DNS in a VPC."""
    vpc_id, name = asked["vpc_id"], asked["service_name"]
    if not _has_private_name(asked):
        return
    if any(_is_interface(vars(one)) and one.private_dns_enabled for one in _endpoints_of(ec2, vpc_id, name)):
        *_, region, service = name.split(".", 3)[1:]
        domain = f"{'.'.join(reversed(service.split('.')))}.{region}.amazonaws.com"
        text = "private-dns-enabled cannot be set because there is already a conflicting DNS domain for"
        raise EC2ClientError("InvalidParameter", f"{text} {domain} in the VPC {vpc_id}")


@_before("create_vpc_endpoint", "ec2:CreateVpcEndpoint", "TPA documentation of aws_vpc_endpoint and its issues")
def refuse_private_name_without_dns(ec2: Any, asked: Arguments) -> None:
    """Private DNS in a VPC without enableDnsSupport and enableDnsHostnames."""
    vpc = ec2.get_vpc(asked["vpc_id"])
    if not _has_private_name(asked):
        return
    if not (is_true(vpc.enable_dns_support) and is_true(vpc.enable_dns_hostnames)):
        text = "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true"
        raise EC2ClientError("InvalidParameter", f"{text} for {vpc.id}")


@_before("create_vpc_endpoint", "ec2:CreateVpcEndpoint", "EC2's error RouteAlreadyExists")
def refuse_second_gateway(ec2: Any, asked: Arguments) -> None:
    """A second gateway endpoint of a service in one route table."""
    if _is_interface(asked):
        return
    others = _endpoints_of(ec2, asked["vpc_id"], asked["service_name"])
    for table in asked["route_table_ids"] or []:
        if any(table in (endpoint.route_table_ids or []) for endpoint in others):
            text = f"route table {table} already has a route with destination-prefix-list-id of {asked['service_name']}"
            raise EC2ClientError("RouteAlreadyExists", text)


@_before("create_vpc_endpoint", "ec2:CreateVpcEndpoint", "EC2's error DuplicateSubnetsInSameZone")
def refuse_two_subnets_in_a_zone(ec2: Any, asked: Arguments) -> None:
    """An interface endpoint with two subnets in one zone."""
    seen: set[str] = set()
    for subnet_id in asked["subnet_ids"] or [] if _is_interface(asked) else []:
        zone = ec2.get_subnet(subnet_id).availability_zone
        if zone in seen:
            text = f"Found another VPC endpoint subnet in the availability zone of {subnet_id}"
            raise EC2ClientError("DuplicateSubnetsInSameZone", text)
        seen.add(zone)


@_before("create_subnet", "ec2:CreateSubnet", "moto's own message for a zone that does not exist")
def refuse_zone_of_another_region(ec2: Any, asked: Arguments) -> None:
    """A subnet in a zone of another region."""
    zones = ec2.describe_availability_zones()
    for parameter, attribute in (("availability_zone", "name"), ("availability_zone_id", "zone_id")):
        wanted, offered = asked[parameter], [getattr(zone, attribute) for zone in zones]
        if wanted and offered and wanted not in offered:
            name = "availabilityZone" if parameter == "availability_zone" else "availabilityZoneId"
            text = f"Value ({wanted}) for parameter {name} is invalid. Subnets can currently only be created in the"
            raise EC2ClientError("InvalidParameterValue", f"{text} following availability zones: {', '.join(offered)}.")


@_before("delete_subnet", "ec2:DeleteSubnet", "EC2's error DependencyViolation")
def refuse_to_delete_used_subnet(ec2: Any, asked: Arguments) -> None:
    """A subnet in which an environment, an endpoint, a NAT gateway or an instance has an interface."""
    subnet_id = asked["subnet_id"]
    used = any(interface.subnet_id == subnet_id for interface in _interfaces(ec2))
    used = used or any(subnet_id in (one.subnet_ids or []) for one in _live_endpoints(ec2))
    if used or any(nat.subnet_id == subnet_id for nat in _live_nat_gateways(ec2)):
        raise DependencyViolationError(f"The subnet '{subnet_id}' has dependencies and cannot be deleted.")


@_before("delete_security_group", "ec2:DeleteSecurityGroup", "EC2's error DependencyViolation")
def refuse_to_delete_used_group(ec2: Any, asked: Arguments) -> None:
    """A security group of an environment, of another interface or endpoint, or that another group's rule names."""
    group_id = asked["group_id"]
    used = any(group_id in [group.id for group in interface.group_set] for interface in _interfaces(ec2))
    used = used or any(group_id in one.security_group_ids for one in _live_endpoints(ec2))
    others = [group for groups in ec2.groups.values() for group in groups.values() if group.id != group_id]
    rules = [rule for group in others for rule in (*group.ingress_rules, *group.egress_rules)]
    if group_id and (used or any(rule.source_group.get("GroupId") == group_id for rule in rules)):
        raise DependencyViolationError(f"resource {group_id} has a dependent object")


@_before("detach_internet_gateway", "ec2:DetachInternetGateway", "EC2's error DependencyViolation")
def refuse_to_detach_used_gateway(ec2: Any, asked: Arguments) -> None:
    """An internet gateway of a VPC in which a NAT gateway has a public address."""
    vpc_id = asked["vpc_id"]
    if any(nat.vpc_id == vpc_id and nat.connectivity_type != "private" for nat in _live_nat_gateways(ec2)):
        text = f"Network {vpc_id} has some mapped public address(es)."
        raise DependencyViolationError(f"{text} Please unmap those public address(es) before detaching the gateway.")


@_before("delete_vpc", "ec2:DeleteVpc", "EC2's error DependencyViolation")
def refuse_to_delete_used_vpc(ec2: Any, asked: Arguments) -> None:
    """A VPC with an attached internet gateway, a security group of its own, or an endpoint."""
    vpc_id = asked["vpc_id"]
    attached = any(gateway.vpc and gateway.vpc.id == vpc_id for gateway in ec2.internet_gateways.values())
    groups = [group for group in ec2.groups.get(vpc_id, {}).values() if group.name != "default"]
    if attached or groups or any(one.vpc_id == vpc_id for one in _live_endpoints(ec2)):
        raise DependencyViolationError(f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")


@_before("delete_network_interface", "ec2:DeleteNetworkInterface", "EC2's error InvalidParameterValue")
def refuse_to_delete_used_interface(ec2: Any, asked: Arguments) -> None:
    """A network interface of an environment."""
    interface = ec2.enis.get(asked["eni_id"])
    if interface is not None and interface.requester_managed:
        text = f"Network interface '{interface.id}' is currently in use."
        raise EC2ClientError("InvalidParameterValue", text)


@_before("delete_vpc_endpoints", "ec2:DeleteVpcEndpoints")
def refuse_to_delete_endpoint_of_an_environment(ec2: Any, asked: Arguments) -> None:
    """An endpoint that MWAA made."""
    for endpoint_id in asked["vpce_ids"] or []:
        endpoint = ec2.vpc_end_points.get(endpoint_id)
        if getattr(endpoint, "requester_managed", False):
            text = (
                f"Operation is not allowed for requester-managed VPC endpoints for the service {endpoint.service_name}"
            )
            raise EC2ClientError("OperationNotPermitted", text)


@_before("release_address", "ec2:ReleaseAddress", "EC2's error InvalidIPAddress.InUse")
def refuse_to_release_used_address(ec2: Any, asked: Arguments) -> None:
    """The Elastic IP address of a NAT gateway."""
    for nat in _live_nat_gateways(ec2):
        for address in nat.address_set:
            if asked["allocation_id"] and address.get("allocationId") == asked["allocation_id"]:
                raise EC2ClientError("InvalidIPAddress.InUse", f"Address {address.get('publicIp')} is in use.")


def _refuse_tags_of_aws() -> None:
    """Look at the tags of every request: moto's own code tags by `aws:` keys itself, below this."""
    call = EC2BaseResponse.call_action

    def check_and_call(response: Any) -> Any:
        parts = [*response._get_param("TagSpecifications", []), *response._get_param("TagSpecification", [])]
        tags = [tag for part in parts for tag in part.get("Tags", part.get("Tag", []))]
        if response._get_action() == "CreateTags":
            tags += response._get_param("Tags", [])
        try:
            refuse_tags_of_aws([tag["Key"] for tag in tags])
        except EC2ClientError as error:
            status, headers, body = response.serialized(ActionResult(error))
            return status, *response._enrich_response(headers, body)
        return call(response)

    EC2BaseResponse.call_action = check_and_call  # type: ignore[method-assign, assignment]


@refuses("ec2:CreateTags, and tags at creation", "EC2's error InvalidParameterValue")
def refuse_tags_of_aws(keys: list[str]) -> None:
    """A tag whose key begins with `aws:`."""
    if any(key.lower().startswith("aws:") for key in keys):
        text = "Tag keys starting with 'aws:' are reserved for internal use"
        raise EC2ClientError("InvalidParameterValue", text)


def _is_interface(endpoint: Arguments) -> bool:
    kind = endpoint.get("endpoint_type") or endpoint.get("vpc_endpoint_type")
    return str(kind).lower() == "interface"


def _has_private_name(asked: Arguments) -> bool:
    """Return whether the endpoint gets the service's own name. It is the default, and an environment's has none."""
    of_environment = asked["service_name"].startswith("com.amazonaws.vpce.")
    return _is_interface(asked) and bool(asked["private_dns_enabled"]) and not of_environment


def _live_endpoints(ec2: Any) -> list[Any]:
    return [endpoint for endpoint in ec2.vpc_end_points.values() if endpoint.state == "available"]


def _endpoints_of(ec2: Any, vpc_id: str, service: str) -> list[Any]:
    return [one for one in _live_endpoints(ec2) if (one.vpc_id, one.service_name) == (vpc_id, service)]


def _live_nat_gateways(ec2: Any) -> list[Any]:
    return [nat for nat in ec2.nat_gateways.values() if nat.state == "available"]


def _interfaces(ec2: Any) -> list[Any]:
    """Return the interfaces in use that belong to no endpoint and no NAT gateway: moto keeps those of deleted ones."""
    others = {id_ for endpoint in ec2.vpc_end_points.values() for id_ in endpoint.network_interface_ids}
    others |= {nat._eni.id for nat in ec2.nat_gateways.values()}
    return [
        one
        for one in ec2.enis.values()
        if one.id not in others and not (one.instance and one.instance.state == "terminated")
    ]


def _services_of_environments(region: str) -> list[set[str]]:
    return [backends[region].services() for backends in mwaa_backends.values() if region in backends]


@cache
def _services(account: str, region: str) -> frozenset[str]:
    ours = [*private_routing_services(region), "s3", "dynamodb", *(FIPS_SERVICES if region in FIPS_REGIONS else ())]
    listed = EC2Backend._collect_default_endpoint_services(account, region)
    return frozenset(one["ServiceName"] for one in listed) | {f"com.amazonaws.{region}.{one}" for one in ours}


def _is_known_to_botocore(name: str, region: str) -> bool:
    """Return whether a name is that of a service that is newer than moto's list."""
    head, _, service = name.partition(f".{region}.")
    return head in ("com.amazonaws", "aws.api") and service.split(".")[0].removesuffix("-fips") in _service_names()


@cache
def _service_names() -> frozenset[str]:
    return frozenset(Loader().list_available_services("service-2"))
