"""Fixes for moto's EC2."""

from typing import Any

from moto import backends
from moto.ec2.models import vpcs
from moto.ec2.models.security_groups import SecurityGroupBackend, SecurityGroupRule
from moto.ec2.models.vpcs import VPCBackend

from mwaa.embedded_aws.moto_fixes.replacing import replace


def keep_descriptions_of_rules() -> None:
    """moto returns the description of a security group rule only if it names addresses, not a group or a prefix list.

    aws_vpc_security_group_ingress_rule with referenced_security_group_id and a description never has an empty plan.
    """
    init = SecurityGroupRule.__init__

    def init_with_description(rule: Any, *args: Any, **kwargs: Any) -> None:
        init(rule, *args, **kwargs)
        prefix_list = kwargs.get("prefix_list_id") or (args[7] if len(args) > 7 else None) or {}
        rule.prefix_list_description = prefix_list.get("Description")

    def description(rule: Any) -> str | None:
        found: str | None = rule.ip_range.get("Description") or rule.source_group.get("Description")
        return found or rule.prefix_list_description

    replace(SecurityGroupRule, "__init__", init_with_description)
    replace(SecurityGroupRule, "description", property(description))


def modify_rules_without_ports() -> None:
    """moto requires ports in ModifySecurityGroupRules even for all protocols ("-1"), where AWS takes none.

    Changing the description of such an aws_vpc_security_group_egress_rule fails with InvalidParameterValue.
    """
    modify = SecurityGroupBackend.modify_security_group_rules

    def modify_with_ports(backend: Any, group_id: str, rules: dict[str, dict[str, Any]]) -> None:
        without = [rule_id for rule_id, rule in rules.items() if rule.get("IpProtocol") == "-1"]
        modify(backend, group_id, {rule_id: {"FromPort": -1, "ToPort": -1} | rule for rule_id, rule in rules.items()})
        group = backend.get_security_group_by_name_or_id(group_id)
        for rule_id in without:
            rule = group.get_rule(rule_id)
            rule.from_port = rule.to_port = None

    replace(SecurityGroupBackend, "modify_security_group_rules", modify_with_ports)


def list_endpoint_services_without_all_extras() -> None:
    """moto imports its CloudFormation backend, and with it all others, to list the VPC endpoint services.

    Where moto is installed without all its extras, DescribeVpcEndpointServices (data.aws_vpc_endpoint_service) fails
    with ModuleNotFoundError, and a second call answers with nothing at all.
    """
    collect = VPCBackend._collect_default_endpoint_services

    def collect_available(account_id: str, region: str) -> Any:
        for service in list(vpcs.IMPLEMENTED_ENDPOINT_SERVICES):
            try:
                backends.get_backend(service)  # type: ignore[call-overload]
            except ImportError:
                # without its backend it is described like the many services that have none
                vpcs.IMPLEMENTED_ENDPOINT_SERVICES.remove(service)
                vpcs.COVERED_ENDPOINT_SERVICES.remove(service)
        return collect(account_id, region)

    replace(VPCBackend, "_collect_default_endpoint_services", staticmethod(collect_available))
