"""Service quotas that AWS enforces and moto does not."""

from collections.abc import Callable
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.servicequotas.models import ServiceQuotasBackend

from mwaa.aws_facts.quotas import QUOTAS
from mwaa.embedded_aws.moto_fixes.replacing import replace
from mwaa.embedded_aws.settings import EmbeddedSettings


def enforce(settings: EmbeddedSettings) -> None:
    """Let EC2 refuse what would exceed a quota, with the errors of its API; Service Quotas answers the same values."""
    _answer_quotas(settings)
    _limit(
        "allocate_address",
        settings.quota("elastic_ips"),
        lambda ec2, _: len(ec2.addresses),
        "AddressLimitExceeded",
        "The maximum number of addresses has been reached.",
    )
    _limit(
        "create_vpc",
        settings.quota("vpcs"),
        # moto makes the default VPC by the same function, before the account has anything else
        lambda ec2, arguments: 0 if arguments.get("is_default") else len(ec2.vpcs),
        "VpcLimitExceeded",
        "The maximum number of VPCs has been reached.",
    )
    _limit(
        "create_internet_gateway",
        settings.quota("internet_gateways"),
        lambda ec2, _: len(ec2.internet_gateways),
        "InternetGatewayLimitExceeded",
        "The maximum number of internet gateways has been reached.",
    )
    nat_gateways = settings.quota("nat_gateways")
    _limit(
        "create_nat_gateway",
        nat_gateways,
        _count_nat_gateways_in_zone,
        "NatGatewayLimitExceeded",
        f"Performing this operation would exceed the limit of {nat_gateways} NAT gateways",
    )


def _answer_quotas(settings: EmbeddedSettings) -> None:
    """Let GetServiceQuota answer what is enforced, under AWS's code; a quota that is not enforced is moto's."""
    get_service_quota = ServiceQuotasBackend.get_service_quota
    enforced = {(quota.service, quota.code): name for name, quota in QUOTAS.items() if quota.code}

    def get_quota(backend: Any, service_code: str, quota_code: str) -> dict[str, Any]:
        name = enforced.get((service_code, quota_code))
        if name is None:
            return get_service_quota(backend, service_code, quota_code)
        return {
            "ServiceCode": service_code,
            "QuotaCode": quota_code,
            "QuotaName": QUOTAS[name].name,
            "Value": float(settings.quota(name)),
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
        }

    replace(ServiceQuotasBackend, "get_service_quota", get_quota)


def _limit(operation: str, limit: int, count: Callable[[Any, dict[str, Any]], int], code: str, message: str) -> None:
    """Refuse `operation` if `count` (of the backend and the arguments) has reached `limit`."""
    create = getattr(EC2Backend, operation)

    def create_within_limit(backend: Any, *args: Any, **kwargs: Any) -> Any:
        if count(backend, kwargs) >= limit:
            raise EC2ClientError(code, message)
        return create(backend, *args, **kwargs)

    setattr(EC2Backend, operation, create_within_limit)


def _count_nat_gateways_in_zone(ec2: Any, arguments: dict[str, Any]) -> int:
    zone = ec2.get_subnet(arguments["subnet_id"]).availability_zone
    live = (gateway for gateway in ec2.nat_gateways.values() if gateway.state != "deleted")
    return sum(ec2.get_subnet(gateway.subnet_id).availability_zone == zone for gateway in live)
