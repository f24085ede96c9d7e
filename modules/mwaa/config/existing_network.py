"""Networks that this workspace does not make: a VPC of the organization, or the network of another workspace."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictStr, model_validator

from mwaa.aws_facts.endpoints import private_routing_services
from mwaa.aws_facts.user_guide import guide
from mwaa.config.errors import Problem, accept_kinds, refuse, refuse_all
from mwaa.config.network import Network
from mwaa.config.types import Account, Text

SHARED_VPC = guide("vpc-endpoint-management")


def _id(prefix: str, what: str, command: str) -> BeforeValidator:
    expected = f"the id of {what}: {prefix}- and 8 or 17 hexadecimal digits"
    return BeforeValidator(Text(expected, f"{prefix}-([0-9a-f]{{8}}|[0-9a-f]{{17}})", command))


class _Ids:
    """A validator for a list of different ids. A set is refused: its order changes, and with it the plan."""

    def __init__(self, expected: str, lengths: Sequence[int]) -> None:
        self.expected = expected
        self._lengths = lengths

    def __call__(self, value: object) -> object:
        if isinstance(value, list | tuple) and len(value) in self._lengths and len(set(map(str, value))) == len(value):
            return value
        raise refuse(value, self.expected)


_SERVICE = Text('a service without its region, such as "sqs" or "ecr.api"', r"[a-z0-9-]+(\.[a-z0-9-]+)*")
_ENDPOINTS = '"EXISTING", "CREATE", or services in brackets: ["sqs", "ecr.api"]'


def _endpoints(value: object) -> object:
    if value in ("EXISTING", "CREATE"):
        return value
    if isinstance(value, list | tuple) and value and len(set(map(str, value))) == len(value):
        return tuple(_SERVICE(one) for one in value)
    raise refuse(value, _ENDPOINTS)


_endpoints.expected = _ENDPOINTS  # type: ignore[attr-defined]  # for the reference page

VpcId = Annotated[str, _id("vpc", "a VPC", "aws ec2 describe-vpcs")]
SubnetId = Annotated[str, _id("subnet", "a subnet", "aws ec2 describe-subnets")]
SecurityGroupId = Annotated[str, _id("sg", "a security group", "aws ec2 describe-security-groups")]
RouteTableId = Annotated[str, _id("rtb", "a route table", "aws ec2 describe-route-tables")]
SubnetIds = Annotated[
    tuple[SubnetId, ...],
    BeforeValidator(_Ids("the ids of two different private subnets in two zones, in brackets", (2,))),
]
SecurityGroupIds = Annotated[
    tuple[SecurityGroupId, ...], BeforeValidator(_Ids("at most 5 different ids, in brackets", range(6)))
]
RouteTableIds = Annotated[
    tuple[RouteTableId, ...], BeforeValidator(_Ids("different ids, in brackets", range(201)))
]  # 200 route tables a VPC is the quota of EC2
Endpoints = Annotated[Literal["EXISTING", "CREATE"] | tuple[StrictStr, ...], BeforeValidator(_endpoints)]


class ExistingNetwork(BaseModel):
    """A VPC that exists: behind a transit gateway, with a central NAT, or shared by another account."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    vpc_id: VpcId = Field(description="The VPC.")
    private_subnet_ids: SubnetIds = Field(
        description="Two subnets in two zones in which MWAA runs. Their route tables have no internet gateway."
    )
    security_group_ids: SecurityGroupIds = Field(
        default=(), description="Existing security groups of the environment. Default: one is created."
    )
    endpoints: Endpoints = Field(
        default="EXISTING",
        description="Which VPC endpoints are created: none (EXISTING), all of private routing (CREATE), or these "
        "services. AWS refuses a second endpoint of a service with private DNS in a VPC.",
    )
    route_table_ids: RouteTableIds = Field(
        default=(), description="Route tables of the private subnets, for an S3 endpoint that is created."
    )
    owner_account: Account | None = Field(
        default=None,
        description="Account that shares the VPC, which also creates its VPC endpoints. Default: the workspace's own.",
    )

    @property
    def creates_s3_endpoint(self) -> bool:
        return self.endpoints == "CREATE" or "s3" in self.endpoints

    def created_services(self, region: str) -> tuple[str, ...]:
        """Return the services whose interface endpoints are created."""
        match self.endpoints:
            case "EXISTING":
                return ()
            case "CREATE":
                return private_routing_services(region)
            case services:
                return tuple(service for service in services if service != "s3")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.creates_s3_endpoint and not self.route_table_ids:
            expected = "the route tables of the private subnets: the S3 endpoint that is created adds a route to them"
            raise refuse_all([Problem("route_table_ids", "nothing", expected, "aws ec2 describe-route-tables")])
        if self.route_table_ids and not self.creates_s3_endpoint:
            expected = "no route tables: no S3 endpoint is created"
            raise refuse(self.route_table_ids, expected, "remove it", field="route_table_ids")
        return self


def _workspace(value: Any) -> Any:
    if isinstance(value, str) and value:
        return value
    raise refuse(value, "the name of a workspace of this project, in quotes")


class NetworkOf(BaseModel):
    """The network of another workspace of this project, found in AWS by its tags. That workspace is deployed first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    workspace: Annotated[str, BeforeValidator(_workspace)] = Field(
        description='Name of the workspace that makes the network: `NetworkOf("platform")`.'
    )

    def __init__(self, name: Any = None, /, **fields: Any) -> None:
        super().__init__(**({} if name is None else {"workspace": name}) | fields)


AnyNetwork = Network | ExistingNetwork | NetworkOf


is_network = accept_kinds(
    AnyNetwork,
    "Network(...), ExistingNetwork(...) or NetworkOf(...)",
    "from mwaa import Network, ExistingNetwork, NetworkOf",
)


def named_network(network: AnyNetwork, networks: Mapping[str, AnyNetwork]) -> AnyNetwork:
    """Return the network in which an environment runs: `network`, or what `NetworkOf` names among `networks`."""
    return networks.get(network.workspace, network) if isinstance(network, NetworkOf) else network


def has_no_internet(network: AnyNetwork) -> bool:
    """Return whether a network is known to have no way to the internet."""
    return isinstance(network, Network) and network.nat_gateways == 0
