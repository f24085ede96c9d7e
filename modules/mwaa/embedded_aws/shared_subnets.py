"""Subnets that another account shares through RAM, which moto records but does not show to the participant.

A participant sees the subnets, their VPC and its route tables, without the owner's tags, and creates security groups
there. The rest of the VPC is the owner's: VPC endpoints, routes, gateways. Network interfaces of a participant are not
emulated: MWAA's are not either.
Source: docs.aws.amazon.com/vpc/latest/userguide/vpc-share-limitations.html. What is refused has moto's error of a VPC
or subnet that does not exist; AWS publishes no texts.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.utils import generic_filter
from moto.organizations.models import organizations_backends
from moto.ram.models import ResourceShare, ram_backends

from mwaa.embedded_aws.moto_fixes.replacing import replace


def find_subnet(account: str, region: str, subnet_id: str) -> Any:
    """Return a subnet that an account owns or may use, or None. Its `ec2_backend` is the owner's."""
    ec2 = ec2_backends[account][region]
    own = (subnet for zone in ec2.subnets.values() for subnet in zone.values())
    return next((subnet for subnet in (*own, *_shared_with(ec2)) if subnet.id == subnet_id), None)


def show() -> None:
    """Let moto's EC2 show shared subnets to the accounts that may use them."""
    describe_attribute = EC2Backend.describe_vpc_attribute
    create_group = EC2Backend.create_security_group

    def create_group_with_egress(ec2: Any, name: str, description: str, vpc_id: Any = None, **kwargs: Any) -> Any:
        """moto adds the default outbound rule, which Terraform revokes, only in a VPC of the account itself."""
        group = create_group(ec2, name, description, vpc_id=vpc_id, **kwargs)
        if any(vpc.id == vpc_id for vpc in _shared_vpcs(ec2)):
            anywhere = {"CidrIp": "0.0.0.0/0"}
            group.egress_rules.append(SecurityGroupRule(ec2, "-1", group.id, None, None, anywhere))
        return group

    def describe_attribute_of_own_or_shared(ec2: Any, vpc_id: str, attr_name: str) -> Any:
        owner = next((subnet.ec2_backend for subnet in _shared_with(ec2) if subnet.vpc_id == vpc_id), ec2)
        return describe_attribute(owner, vpc_id, attr_name)

    replace(EC2Backend, "create_security_group", create_group_with_egress)
    replace(EC2Backend, "describe_vpc_attribute", describe_attribute_of_own_or_shared)
    for name, shared in (
        ("describe_subnets", _shared_with),
        ("describe_vpcs", _shared_vpcs),
        ("describe_route_tables", _shared_route_tables),
    ):
        replace(EC2Backend, name, _with_shared(getattr(EC2Backend, name), shared))


def _shared_with(ec2: Any) -> Iterator[Any]:
    """Yield the subnets that other accounts share with the account of an EC2 backend."""
    for owner, regions in list(ram_backends.items()):
        if owner == ec2.account_id or ec2.region_name not in regions:
            continue
        shares = [one for one in regions[ec2.region_name].resource_shares if _includes(one, ec2.account_id)]
        if arns := {arn for share in shares for arn in share.resource_arns}:
            zones = ec2_backends[owner][ec2.region_name].subnets.values()
            yield from (subnet for zone in zones for subnet in zone.values() if subnet.arn in arns)


def _includes(share: ResourceShare, account: str) -> bool:
    """Return whether a share is active, and for the account itself or its whole organization."""
    organization = organizations_backends[share.account_id][share.partition]
    members = {one.id for one in organization.accounts}
    return share.status == "ACTIVE" and any(
        principal in (account, f"arn:{share.partition}:iam::{account}:root")
        or (":organization/" in principal and account in members)
        for principal in share.principals
    )


def _shared_vpcs(ec2: Any) -> list[Any]:
    found = {subnet.vpc_id: subnet.ec2_backend.vpcs[subnet.vpc_id] for subnet in _shared_with(ec2)}
    return list(found.values())


def _shared_route_tables(ec2: Any) -> list[Any]:
    vpcs = {(subnet.vpc_id, subnet.ec2_backend.account_id) for subnet in _shared_with(ec2)}
    tables = (table for _, owner in vpcs for table in ec2_backends[owner][ec2.region_name].route_tables.values())
    return list({table.id: table for table in tables if table.vpc_id in {vpc for vpc, _ in vpcs}}.values())


def _with_shared(describe: Callable[..., Any], shared: Callable[[Any], Any]) -> Callable[..., Any]:
    def describe_with_shared(ec2: Any, ids: Any = None, filters: Any = None, **named_ids: Any) -> Any:
        wanted: Sequence[str] = ids or next(iter(named_ids.values()), None) or ()
        others = [_without_tags(item) for item in shared(ec2) if not wanted or item.id in wanted]
        own = [one for one in wanted if one not in {item.id for item in others}]
        found = describe(ec2, own, filters) if own or not wanted else []
        return [*found, *generic_filter(filters or {}, others)]

    return describe_with_shared


def _without_tags(item: Any) -> Any:
    view = copy.copy(item)
    view.get_tags = list
    return view
