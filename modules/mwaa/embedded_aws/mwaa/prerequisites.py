"""Checks of the account before an environment is created: bucket, objects, role, key and network.

Verbatim messages of AWS, with where they were reported: github.com/094459/innovateaiml-airflow issue 1 (bucket, role),
github.com/idealo/terraform-aws-mwaa issue 156 (trust), github.com/LBHackney-IT/Data-Platform pull request 1764
(creation failed). The others are ours: AWS publishes none.
"""

import fnmatch
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends
from moto.s3control.models import s3control_backends
from moto.utilities.utils import get_partition

from mwaa.aws_facts.endpoints import PRIVATE_ROUTING_SERVICES
from mwaa.aws_facts.regions import UNSUPPORTED_ZONE_IDS
from mwaa.embedded_aws.mwaa.exceptions import ValidationException
from mwaa.embedded_aws.shared_subnets import find_subnet

log = logging.getLogger(__name__)

NETWORK_OR_ROLE = (
    "You may need to check the execution role permissions policy for your environment, and that each of the VPC "
    "networking components required by the environment are configured to allow traffic. Troubleshooting: "
    "https://docs.aws.amazon.com/mwaa/latest/userguide/troubleshooting.html"
)
"""AWS's only message when an environment could not start."""

_SERVICES = ("airflow.amazonaws.com", "airflow-env.amazonaws.com")
_FILES = ("Plugins", "Requirements", "StartupScript")


def check(account: str, region: str, values: Mapping[str, Any]) -> None:
    """Raise ValidationException for what AWS refuses at once, before it creates an environment."""
    _check_bucket(account, region, values)
    _check_role(account, region, values)
    _check_key(account, region, values.get("KmsKey"))
    _check_network(account, region, values["NetworkConfiguration"])
    _check_endpoint_management(account, region, values)


def find_network_failure(account: str, region: str, network: Mapping[str, Any]) -> str | None:
    """Return why the containers cannot start in this network, or None. AWS notices after half an hour."""
    ec2 = ec2_backends[account][region]
    groups = [ec2.get_security_group_from_id(group) for group in network["SecurityGroupIds"]]
    if not any(group and _allows_itself(group, network["SecurityGroupIds"]) for group in groups):
        return f"no rule of {', '.join(network['SecurityGroupIds'])} allows traffic between the environment's parts"
    if not any(group and group.egress_rules for group in groups):
        return f"no rule of {', '.join(network['SecurityGroupIds'])} allows outbound traffic"
    for subnet_id in network["SubnetIds"]:
        subnet = find_subnet(account, region, subnet_id)
        if subnet is None:
            return f"{subnet_id} is no longer shared with account {account}"
        table = _route_table(subnet)
        if any(route.destination_cidr_block == "0.0.0.0/0" for route in _live_routes(table)):
            continue
        missing = _missing_endpoints(subnet, region, table)
        if missing:
            return f"{subnet_id} has neither a route to the internet nor VPC endpoints for {', '.join(missing)}"
    return None


def services_without_endpoint(account: str, region: str, subnet_id: str, services: Sequence[str]) -> list[str]:
    """Return the endpoint services for which no VPC endpoint exists in the VPC of a subnet, whoever owns it."""
    subnet = find_subnet(account, region, subnet_id)
    available = {
        endpoint.service_name
        for endpoint in (subnet.ec2_backend.vpc_end_points.values() if subnet else ())
        if endpoint.state == "available" and endpoint.vpc_id == subnet.vpc_id
    }
    return [service for service in services if service not in available]


def _check_bucket(account: str, region: str, values: Mapping[str, Any]) -> None:
    partition = get_partition(region)
    name = values["SourceBucketArn"].rpartition(":")[2]
    bucket = s3_backends[account][partition].buckets.get(name)
    if bucket is None:
        raise ValidationException(f"Provided bucket does not exist or is not owned by this account: {name}")
    if bucket.region_name != region:
        raise ValidationException(f"Provided bucket {name} is in {bucket.region_name}; it must be in {region}")
    if bucket.versioning_status != "Enabled":
        raise ValidationException(f"Provided bucket does not have versioning enabled: {name}")
    blocks = [bucket.public_access_block, s3control_backends[account][partition].public_access_block]
    if not any(block and _blocks_all(block) for block in blocks):
        raise ValidationException(f"Provided bucket does not have BlockPublicAccess set for s3 bucket {name}.")
    for file in _FILES:
        path, version = values.get(f"{file}S3Path"), values.get(f"{file}S3ObjectVersion")
        if path and str(version) not in {str(key.version_id) for key in bucket.keys.getlist(path, default=[])}:
            raise ValidationException(f"{file}S3Path: there is no version {version} of {path} in bucket {name}")


def _blocks_all(block: Any) -> bool:
    return bool(
        block.block_public_acls
        and block.ignore_public_acls
        and block.block_public_policy
        and block.restrict_public_buckets
    )


def _check_role(account: str, region: str, values: Mapping[str, Any]) -> None:
    partition = get_partition(region)
    arn = values["ExecutionRoleArn"]
    roles = {role.arn: role for role in iam_backends[account][partition].get_roles()}
    role = roles.get(arn)
    for service in _SERVICES:
        if role is None or not _trusts(role, service):
            raise ValidationException(
                f"Failed to assume role {arn}. This could be due to the role's trust policy. Please ensure your role "
                f"is assumable by '{service}' Service Principal and try again."
            )
    bucket, dags = values["SourceBucketArn"].rpartition(":")[2], values["DagS3Path"].strip("/")
    wanted = {
        "s3:ListBucket": f"arn:{partition}:s3:::{bucket}",
        "s3:GetObject": f"arn:{partition}:s3:::{bucket}/{dags}/a.py",
    }
    documents = list(_policies(role))
    if not all(_allowed(documents, action, resource) for action, resource in wanted.items()):
        raise ValidationException(f"Provided role does not have sufficient permissions for s3 location {bucket}/{dags}")


def _trusts(role: Any, service: str) -> bool:
    for statement in _statements(json.loads(role.assume_role_policy_document)):
        principal = statement.get("Principal", {})
        named = _list(principal.get("Service", [])) if isinstance(principal, dict) else []
        if statement["Effect"] == "Allow" and service in named:
            return True
    return False


def _policies(role: Any) -> Iterator[dict[str, Any]]:
    for document in role.policies.values():
        yield json.loads(document)
    for policy in role.managed_policies.values():
        yield json.loads(policy.default_version.document)


def _allowed(documents: Sequence[dict[str, Any]], action: str, resource: str) -> bool:
    """Return whether a statement allows it and no unconditional one denies it. Conditions of an Allow count as met."""
    allowed = False
    for statement in (found for document in documents for found in _statements(document)):
        if not _covers(statement, "Action", action) or not _covers(statement, "Resource", resource):
            continue
        if statement["Effect"] == "Deny" and not statement.get("Condition"):
            return False
        allowed = allowed or statement["Effect"] == "Allow"
    return allowed


def _covers(statement: Mapping[str, Any], element: str, value: str) -> bool:
    if f"Not{element}" in statement:
        return not any(_matches(pattern, value) for pattern in _list(statement[f"Not{element}"]))
    return any(_matches(pattern, value) for pattern in _list(statement.get(element, [])))


def _matches(pattern: str, value: str) -> bool:
    return fnmatch.fnmatchcase(value.lower(), pattern.lower().replace("[", "[[]"))


def _statements(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    return _list(document.get("Statement", []))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _check_key(account: str, region: str, key: str | None) -> None:
    if key is None:
        return
    if "alias/" in key or "mrk-" in key:
        raise ValidationException(f"KmsKey must be a single-Region key given by its id or ARN, not {key}")
    keys = kms_backends[account][region].keys
    found = keys.get(key.rpartition("/")[2])
    if found is None or (key.startswith("arn:") and found.arn != key):
        raise ValidationException(f"KmsKey does not exist in {region}: {key}")
    if found.key_state != "Enabled":
        raise ValidationException(f"KmsKey {key} is {found.key_state}; it must be Enabled")


def _check_network(account: str, region: str, network: Mapping[str, Any]) -> None:
    ec2 = ec2_backends[account][region]
    found = {subnet_id: find_subnet(account, region, subnet_id) for subnet_id in network["SubnetIds"]}
    for subnet_id, subnet in found.items():
        if subnet is None:
            raise ValidationException(f"The subnet ID '{subnet_id}' does not exist")
    one, other = (found[subnet_id] for subnet_id in network["SubnetIds"])
    if one.vpc_id != other.vpc_id:
        raise ValidationException(
            f"The subnets must be in the same VPC: {one.id} {one.vpc_id}, {other.id} {other.vpc_id}"
        )
    if one.availability_zone == other.availability_zone:
        raise ValidationException(
            f"The subnets must be in different Availability Zones: both are in {one.availability_zone}"
        )
    for subnet in (one, other):
        if subnet.availability_zone_id in UNSUPPORTED_ZONE_IDS:
            zone = subnet.availability_zone_id
            raise ValidationException(
                f"The subnet {subnet.id} is in an Availability Zone that is not supported: {zone}"
            )
        if any((route.gateway_id or "").startswith("igw-") for route in _live_routes(_route_table(subnet))):
            raise ValidationException(f"The subnet {subnet.id} is public: its route table has an internet gateway")
    for group_id in network["SecurityGroupIds"]:
        group = ec2.get_security_group_from_id(group_id)
        if group is None:
            raise ValidationException(f"The security group '{group_id}' does not exist")
        if group.vpc_id != one.vpc_id:
            raise ValidationException(f"The security group {group_id} is not in the VPC of the subnets, {one.vpc_id}")


def _check_endpoint_management(account: str, region: str, values: Mapping[str, Any]) -> None:
    """Refuse what botocore's documentation of EndpointManagement excludes; the message is ours."""
    subnet = find_subnet(account, region, values["NetworkConfiguration"]["SubnetIds"][0])
    if subnet.owner_id != account and values["EndpointManagement"] != "CUSTOMER":
        owner = f"account {subnet.owner_id} shares the VPC {subnet.vpc_id}"
        raise ValidationException(f"EndpointManagement must be CUSTOMER in a shared VPC: {owner}")


def _route_table(subnet: Any) -> Any:
    """Return the subnet's own route table, or the main one of its VPC."""
    tables = [table for table in subnet.ec2_backend.route_tables.values() if table.vpc_id == subnet.vpc_id]
    own = [table for table in tables if any(part.get("SubnetId") == subnet.id for part in table.associations)]
    return (own or [table for table in tables if table.main_association_id])[0]


def _live_routes(table: Any) -> list[Any]:
    return [route for route in table.routes if not (route.nat_gateway and route.nat_gateway.state != "available")]


def _missing_endpoints(subnet: Any, region: str, table: Any) -> list[str]:
    def serves(endpoint: Any, service: str) -> bool:
        if endpoint.state != "available" or endpoint.service_name != f"com.amazonaws.{region}.{service}":
            return False
        if service == "s3" and endpoint.vpc_endpoint_type != "Interface":
            return table.id in endpoint.route_table_ids
        return bool(endpoint.private_dns_enabled) and subnet.id in (endpoint.subnet_ids or [])

    endpoints = list(subnet.ec2_backend.vpc_end_points.values())
    return [
        service
        for service in ("s3", *PRIVATE_ROUTING_SERVICES)
        if not any(serves(endpoint, service) for endpoint in endpoints)
    ]


def _allows_itself(group: Any, groups: Sequence[str]) -> bool:
    """Return whether `group` accepts traffic from `groups` on the ports that MWAA needs (443 and 5432)."""
    ports = [
        (0, 65535) if rule.ip_protocol == "-1" else (rule.from_port, rule.to_port)
        for rule in group.ingress_rules
        if rule.ip_protocol in ("-1", "tcp") and (rule.source_group or {}).get("GroupId") in groups
    ]
    return all(any(low <= port <= high for low, high in ports) for port in (443, 5432))
