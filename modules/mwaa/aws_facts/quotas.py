"""The service quotas that an environment and its network count against."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Quota:
    """A service quota per account and region (or as `scope` says). `code` is None where AWS's code is unverified."""

    name: str
    service: str
    code: str | None
    default: int
    scope: str = "account and region"


QUOTAS: Mapping[str, Quota] = MappingProxyType(
    {
        # UG mwaa-quotas; codes as in several public quota tools.
        "elastic_ips": Quota("EC2-VPC Elastic IPs", "ec2", "L-0263D0A3", 5),
        "vpcs": Quota("VPCs per Region", "vpc", "L-F678F1CE", 5),
        "internet_gateways": Quota("Internet gateways per Region", "vpc", "L-A4707A72", 5),  # default unverified
        "nat_gateways": Quota("NAT gateways per Availability Zone", "vpc", "L-FE5A380F", 5, "availability zone"),
        "interface_endpoints": Quota("Interface VPC endpoints per VPC", "vpc", "L-29B6F2EB", 50, "VPC"),
        "gateway_endpoints": Quota("Gateway VPC endpoints per Region", "vpc", "L-1B52E74A", 20),
        "environments": Quota("MWAA environments per account and Region", "airflow", None, 10),
        "workers": Quota("Workers per environment", "airflow", None, 25, "environment"),
        "webservers": Quota("Webservers per environment", "airflow", None, 5, "environment"),
    }
)
