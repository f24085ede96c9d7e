"""The network of a workspace: a VPC with two public and two private subnets."""

from dataclasses import dataclass
from ipaddress import IPv4Network, ip_network
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictStr,
    model_validator,
)
from pydantic_core import PydanticCustomError

from mwaa.aws_facts.user_guide import guide
from mwaa.config.errors import Problem, refuse, refuse_all, show
from mwaa.config.types import AllocationId, Whole

VPC_GUIDE = guide("vpc-create")
VPC_SIZES = "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html"
SUBNET_SIZES = "https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html"
_RESERVED_ADDRESSES = 5
"""Addresses that AWS reserves in every subnet. Source: `SUBNET_SIZES`."""


def _ipv4_network(value: Any) -> IPv4Network:
    if isinstance(value, IPv4Network):
        return value
    allowed = 'an IPv4 network in CIDR form, such as "10.20.0.0/16"'
    if not isinstance(value, str):
        raise refuse(value, allowed)
    try:
        network = ip_network(value)
    except ValueError:
        try:
            whole = ip_network(value, strict=False)
        except ValueError:
            raise refuse(value, allowed) from None
        raise refuse(value, allowed, f'bits are set after the prefix: did you mean "{whole}"?') from None
    if not isinstance(network, IPv4Network):
        raise refuse(value, allowed, "use IPv4: MWAA cannot convert an IPv6 environment back")
    return network


def _vpc_range(network: IPv4Network) -> IPv4Network:
    if not 16 <= network.prefixlen <= 24:
        raise refuse(str(network), "a VPC of /16 (the largest in AWS) to /24 (MWAA needs room)", docs=VPC_SIZES)
    return network


@dataclass(frozen=True, slots=True)
class _Sequence:
    """A validator for lists and tuples. A set is refused: its order changes, and with it the plan."""

    expected: str
    length: int | None = None

    def __call__(self, value: object) -> object:
        if isinstance(value, list | tuple) and self.length in (None, len(value)):
            return value
        raise refuse(value, self.expected)


Cidr = Annotated[IPv4Network, BeforeValidator(_ipv4_network)]
VpcCidr = Annotated[Cidr, AfterValidator(_vpc_range)]
Subnets = Annotated[
    tuple[Cidr, Cidr], BeforeValidator(_Sequence('two ranges, one per zone: ["10.0.0.0/18", "10.0.64.0/18"]', 2))
]
Zones = Annotated[
    tuple[StrictStr, StrictStr], BeforeValidator(_Sequence('two zones of the region: ["us-east-1a", "us-east-1b"]', 2))
]
AllocationIds = Annotated[
    tuple[AllocationId, ...], BeforeValidator(_Sequence('allocation ids in brackets: ["eipalloc-0123456789abcdef0"]'))
]
NatGateways = Annotated[Literal[0, 1, 2], BeforeValidator(Whole("0, 1 or 2", range(3)))]


class Network(BaseModel):
    """The VPC of the environment. A change of the subnets' zones or ranges replaces the environment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cidr: VpcCidr = Field(
        default=IPv4Network("10.0.0.0/16"),
        description="IPv4 range of the VPC, /16 to /24. Workspaces in one account and region may not overlap.",
    )
    private_subnets: Subnets = Field(
        default=None,  # type: ignore[assignment]  # derived from cidr before validation
        description="Ranges of the two subnets in which MWAA runs. Default: the first two quarters of `cidr`.",
    )
    public_subnets: Subnets = Field(
        default=None,  # type: ignore[assignment]  # derived from cidr before validation
        description="Ranges of the two subnets of the NAT gateways. Default: the first two sixteenths of `cidr` after "
        "the private subnets.",
    )
    availability_zones: Zones | None = Field(
        default=None,
        description="Names of two zones. Default: the first two of the account that MWAA supports.",
    )
    nat_gateways: NatGateways = Field(
        default=1,
        description=(
            "2: one per zone, as AWS documents. 1: cheaper, but an outage of its zone affects both. "
            "0: no internet; the VPC endpoints that MWAA needs are created instead (private routing), and no internet "
            "gateway and no public subnet."
        ),
    )
    elastic_ip_allocation_ids: AllocationIds = Field(
        default=(),
        description="Existing Elastic IPs, one per NAT gateway. Default: new ones are allocated.",
    )
    fips_endpoints: StrictBool = Field(
        default=False,
        description="Create MWAA's FIPS endpoints too, with nat_gateways=0 in the United States and Canada.",
    )
    flow_logs: StrictBool = Field(
        default=False,
        description="Record the VPC's traffic in a log group, with the retention of the environment's logs.",
    )

    @model_validator(mode="before")
    @classmethod
    def _derive_subnets(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        try:
            cidr = _vpc_range(_ipv4_network(data.get("cidr", cls.model_fields["cidr"].default)))
        except PydanticCustomError:
            return data  # reported by the field itself
        quarters = list(cidr.subnets(prefixlen_diff=2))
        sixteenths = list(quarters[2].subnets(prefixlen_diff=2))
        return {"private_subnets": tuple(quarters[:2]), "public_subnets": tuple(sixteenths[:2])} | data

    @model_validator(mode="after")
    def _check(self) -> Self:
        if problems := [*_subnet_problems(self), *_zone_problems(self), *_gateway_problems(self)]:
            raise refuse_all(problems)
        return self


def usable_addresses(subnet: IPv4Network) -> int:
    """Return the number of addresses that AWS leaves to the user of a subnet."""
    return subnet.num_addresses - _RESERVED_ADDRESSES


def _subnet_problems(network: Network) -> list[Problem]:
    problems: list[Problem] = []
    placed: list[tuple[str, IPv4Network]] = []
    for name in ("private_subnets", "public_subnets"):
        for index, subnet in enumerate(getattr(network, name)):
            field, given = f"{name}.{index}", show(str(subnet))
            if not subnet.subnet_of(network.cidr):
                problems.append(Problem(field, given, f"a range inside the VPC's {network.cidr}"))
            elif subnet.prefixlen > 28:
                problems.append(Problem(field, given, "a range of /28 or larger", docs=SUBNET_SIZES))
            elif other := next((there for there, range_ in placed if range_.overlaps(subnet)), None):
                fix = "" if other.startswith(name) else "set both pairs: the default of one comes from cidr"
                problems.append(Problem(field, given, f"a range that does not overlap {other}", fix))
            placed.append((field, subnet))
    return problems


def _zone_problems(network: Network) -> list[Problem]:
    zones = network.availability_zones
    if zones and zones[0] == zones[1]:
        return [Problem("availability_zones", show(zones), "two different zones of the region", docs=VPC_GUIDE)]
    return []


def _gateway_problems(network: Network) -> list[Problem]:
    given, gateways = network.elastic_ip_allocation_ids, network.nat_gateways
    if gateways and network.fips_endpoints:
        allowed = "False with a NAT gateway: no endpoints are created"
        return [Problem("fips_endpoints", "True", allowed, "remove it, or set nat_gateways=0")]
    if given and (len(given) != gateways or len(set(given)) != len(given)):
        allowed = f"{gateways} different ids, one per NAT gateway" if gateways else "no ids: there is no NAT gateway"
        fix = "remove it to allocate new Elastic IPs" if gateways else "remove it"
        return [Problem("elastic_ip_allocation_ids", show(given), allowed, fix)]
    return []
