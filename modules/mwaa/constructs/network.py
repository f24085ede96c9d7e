"""The VPC that a workspace makes for its environment."""

import json
from typing import Any

from mwaa import config
from mwaa.aws_facts.endpoints import private_routing_services
from mwaa.aws_facts.regions import UNSUPPORTED_ZONE_IDS
from mwaa.config import Names
from mwaa.constructs.workspace_network import WorkspaceNetwork
from mwaa.policies import s3_endpoint
from mwaa.provider import Construct, aws, cdktf, resource

ZONES = ("a", "b")
"""Names of the two zones in addresses; which zones of the region they are is the workspace's or Terraform's choice."""


class Network(WorkspaceNetwork):
    """A VPC with two private subnets in two zones, their routes, and the environment's security group.

    With NAT gateways there are two public subnets too, and the private ones reach the internet (public routing);
    without, there is no way to the internet, and the VPC endpoints that MWAA needs are created (private routing).
    Source: MWAA user guide, networking-about and vpc-vpe-create-access.
    """

    def __init__(self, scope: Construct, id: str, names: Names, network: config.Network) -> None:
        super().__init__(scope, id, names)
        self._config = network
        self.has_flow_logs = network.flow_logs
        """Whether all traffic is recorded."""
        self.vpc = resource(
            aws.vpc.Vpc,
            self,
            "vpc",
            cidr_block=str(network.cidr),
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=self._named("vpc"),
        )
        """The VPC."""
        self.vpc_id = self.vpc.id  # asked once: every attribute is a question to Node
        self._zones = self._find_zones()
        is_public = network.nat_gateways > 0
        self.public_subnets = self._subnets("public", map(str, network.public_subnets)) if is_public else []
        """The public subnets, if there are NAT gateways."""
        self.private_subnets = self._subnets("private", map(str, network.private_subnets))
        """The subnets that MWAA runs in."""
        self.private_subnet_ids = [subnet.id for subnet in self.private_subnets]
        public_tables, routes, associations = self._public_routing() if is_public else ([], [], [])
        private_tables = [self._route_table(f"private_{zone}", f"private-{zone}") for zone in ZONES]
        associations += [
            self._association(f"private_{zone}", subnet, table)
            for zone, subnet, table in zip(ZONES, self.private_subnets, private_tables, strict=True)
        ]
        if is_public:
            gateways = self._nat_gateways()
            routes += [
                self._default_route(f"private_{zone}", table, nat_gateway_id=gateways[min(index, len(gateways) - 1)].id)
                for index, (zone, table) in enumerate(zip(ZONES, private_tables, strict=True))
            ]
        policy = None if is_public else json.dumps(s3_endpoint.permissions(names))
        s3 = self._s3_endpoint([table.id for table in (*public_tables, *private_tables)], policy)
        self._lock_default_security_group()
        rules = self._create_security_group()
        services = () if is_public else private_routing_services(names.workspace.region, fips=network.fips_endpoints)
        endpoints = self._service_endpoints(services, [str(network.cidr)])
        self.ready = [*routes, *associations, s3, *rules, *endpoints]

    def _public_routing(self) -> tuple[list[Any], list[Any], list[Any]]:
        """Create the way to the internet, and return the public subnets' route table, its route, its associations."""
        self._internet_gateway = resource(
            aws.internet_gateway.InternetGateway, self, "internet_gateway", vpc_id=self.vpc_id, tags=self._named("igw")
        )
        table = self._route_table("public", "public")
        route = self._default_route("public", table, gateway_id=self._internet_gateway.id)
        associations = [
            self._association(f"public_{zone}", subnet, table)
            for zone, subnet in zip(ZONES, self.public_subnets, strict=True)
        ]
        return [table], [route], associations

    def add_flow_logs(self, log_group_arn: str, role_arn: str) -> None:
        """Records all traffic of the VPC in a log group, with the role that may write to it."""
        resource(
            aws.flow_log.FlowLog,
            self,
            "flow_log",
            vpc_id=self.vpc_id,
            traffic_type="ALL",
            log_destination=log_group_arn,
            iam_role_arn=role_arn,
            tags=self._named("flow-log"),
        )

    def _find_zones(self) -> list[str]:
        if self._config.availability_zones:
            return list(self._config.availability_zones)
        kind = aws.data_aws_availability_zones
        zones = resource(
            kind.DataAwsAvailabilityZones,
            self,
            "zones",
            state="available",
            exclude_zone_ids=sorted(UNSUPPORTED_ZONE_IDS),
            filter=[  # no local or wavelength zones
                kind.DataAwsAvailabilityZonesFilter(name="opt-in-status", values=["opt-in-not-required"])
            ],
        )
        return [cdktf.Token.as_string(cdktf.Fn.element(zones.names, index)) for index in range(len(ZONES))]

    def _subnets(self, kind: str, ranges: Any) -> list[Any]:
        # A zone that AWS adds to the region must not move subnets that Terraform has placed.
        placed = None if self._config.availability_zones else {"ignore_changes": ["availability_zone"]}
        return [
            resource(
                aws.subnet.Subnet,
                self,
                f"{kind}_{zone}",
                vpc_id=self.vpc_id,
                cidr_block=range_,
                availability_zone=zone_name,
                map_public_ip_on_launch=False,
                lifecycle=placed,
                tags=self._named(f"{kind}-{zone}"),
            )
            for zone, zone_name, range_ in zip(ZONES, self._zones, ranges, strict=True)
        ]

    def _route_table(self, id: str, name: str) -> Any:
        return resource(aws.route_table.RouteTable, self, f"{id}_routes", vpc_id=self.vpc_id, tags=self._named(name))

    def _default_route(self, id: str, table: Any, **target: str) -> Any:
        return resource(
            aws.route.Route,
            self,
            f"{id}_default_route",
            route_table_id=table.id,
            destination_cidr_block="0.0.0.0/0",
            **target,
        )

    def _association(self, id: str, subnet: Any, table: Any) -> Any:
        kind = aws.route_table_association.RouteTableAssociation
        return resource(kind, self, f"{id}_association", subnet_id=subnet.id, route_table_id=table.id)

    def _nat_gateways(self) -> list[Any]:
        given = self._config.elastic_ip_allocation_ids
        return [
            resource(
                aws.nat_gateway.NatGateway,
                self,
                f"nat_{zone}",
                allocation_id=given[index] if given else self._elastic_ip(zone).id,
                subnet_id=subnet.id,
                depends_on=[self._internet_gateway],
                tags=self._named(f"nat-{zone}"),
            )
            for index, (zone, subnet) in enumerate(zip(ZONES, self.public_subnets, strict=True))
            if index < self._config.nat_gateways
        ]

    def _elastic_ip(self, zone: str) -> Any:
        return resource(
            aws.eip.Eip,
            self,
            f"nat_{zone}_ip",
            domain="vpc",
            depends_on=[self._internet_gateway],
            tags=self._named(f"nat-{zone}"),
        )

    def _lock_default_security_group(self) -> None:
        kind = aws.default_security_group.DefaultSecurityGroup
        resource(kind, self, "default_security_group", vpc_id=self.vpc_id, tags=self._named("unused"))
