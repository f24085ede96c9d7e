"""The VPC in which an environment runs."""

from typing import Any

from mwaa.aws_facts.endpoints import PRIVATE_ROUTING_SERVICES
from mwaa.aws_facts.regions import UNSUPPORTED_ZONE_IDS
from mwaa.config import Names
from mwaa.provider import Construct, Part, aws, cdktf, resource

ZONES = ("a", "b")
"""Names of the two zones in addresses; which zones of the region they are is the workspace's or Terraform's choice."""


class Network(Part):
    """Two public and two private subnets in two zones, their routes, and the environment's security group.

    With NAT gateways the private subnets reach the internet (public routing); without, the VPC endpoints that MWAA
    needs are made (private routing). Source: MWAA user guide, networking-about and vpc-vpe-create-access.
    """

    def __init__(self, scope: Construct, id: str, names: Names) -> None:
        super().__init__(scope, id)
        self._names = names
        self._config = names.workspace.network
        self.vpc = resource(
            aws.vpc.Vpc,
            self,
            "vpc",
            cidr_block=str(self._config.cidr),
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=self._named("vpc"),
        )
        self._vpc_id: str = self.vpc.id  # asked once: every attribute is a question to Node
        self._zones = self._find_zones()
        self.public_subnets = self._subnets("public", map(str, self._config.public_subnets))
        self.private_subnets = self._subnets("private", map(str, self._config.private_subnets))
        self._internet_gateway = resource(
            aws.internet_gateway.InternetGateway, self, "internet_gateway", vpc_id=self._vpc_id, tags=self._named("igw")
        )
        public_table = self._route_table("public", "public")
        routes = [self._default_route("public", public_table, gateway_id=self._internet_gateway.id)]
        associations = [
            self._association(f"public_{zone}", subnet, public_table)
            for zone, subnet in zip(ZONES, self.public_subnets, strict=True)
        ]
        private_tables = [self._route_table(f"private_{zone}", f"private-{zone}") for zone in ZONES]
        associations += [
            self._association(f"private_{zone}", subnet, table)
            for zone, subnet, table in zip(ZONES, self.private_subnets, private_tables, strict=True)
        ]
        gateways = self._nat_gateways()
        if gateways:
            routes += [
                self._default_route(f"private_{zone}", table, nat_gateway_id=gateways[min(index, len(gateways) - 1)].id)
                for index, (zone, table) in enumerate(zip(ZONES, private_tables, strict=True))
            ]
        s3_endpoint = resource(
            aws.vpc_endpoint.VpcEndpoint,
            self,
            "s3_endpoint",
            vpc_id=self._vpc_id,
            service_name=self._service("s3"),
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in (public_table, *private_tables)],
            tags=self._named("s3"),
        )
        self._lock_default_security_group()
        self.security_group = resource(
            aws.security_group.SecurityGroup,
            self,
            "security_group",
            name=names.tag("environment"),
            description=f"MWAA environment {names.environment}: its components among themselves, and out",
            vpc_id=self._vpc_id,
            tags=self._named("environment"),
        )
        rules = self._security_group_rules()
        endpoints = [] if gateways else [self.interface_endpoint(name) for name in PRIVATE_ROUTING_SERVICES]
        self.ready: list[Any] = [*routes, *associations, s3_endpoint, *rules, *endpoints]
        """What must exist before an environment can start in the private subnets."""

    def interface_endpoint(self, service: str, service_name: str | None = None) -> Any:
        """An interface endpoint in both private subnets, open to the environment's security group.

        `service` names it, and the AWS service unless `service_name` gives a whole one.
        """
        whole = service_name or self._service(service)
        return resource(
            aws.vpc_endpoint.VpcEndpoint,
            self,
            f"{service.replace('.', '_')}_endpoint",
            vpc_id=self._vpc_id,
            service_name=whole,
            vpc_endpoint_type="Interface",
            subnet_ids=[subnet.id for subnet in self.private_subnets],
            security_group_ids=[self.security_group.id],
            private_dns_enabled=service_name is None,
            tags=self._named(service),
        )

    def add_flow_logs(self, log_group_arn: str, role_arn: str) -> None:
        """Records all traffic of the VPC in a log group, with the role that may write to it."""
        resource(
            aws.flow_log.FlowLog,
            self,
            "flow_log",
            vpc_id=self._vpc_id,
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
                vpc_id=self._vpc_id,
                cidr_block=range_,
                availability_zone=zone_name,
                map_public_ip_on_launch=False,
                lifecycle=placed,
                tags=self._named(f"{kind}-{zone}"),
            )
            for zone, zone_name, range_ in zip(ZONES, self._zones, ranges, strict=True)
        ]

    def _route_table(self, id: str, name: str) -> Any:
        return resource(aws.route_table.RouteTable, self, f"{id}_routes", vpc_id=self._vpc_id, tags=self._named(name))

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
        resource(kind, self, "default_security_group", vpc_id=self._vpc_id, tags=self._named("unused"))

    def _security_group_rules(self) -> list[Any]:
        """MWAA's components talk to each other and to its endpoints in this group. MWAA user guide, vpc-security."""
        return [
            resource(
                aws.vpc_security_group_ingress_rule.VpcSecurityGroupIngressRule,
                self,
                "from_itself",
                security_group_id=self.security_group.id,
                description="Airflow's components among themselves",
                ip_protocol="-1",
                referenced_security_group_id=self.security_group.id,
                tags=self._named("from-itself"),
            ),
            resource(
                aws.vpc_security_group_egress_rule.VpcSecurityGroupEgressRule,
                self,
                "to_anywhere",
                security_group_id=self.security_group.id,
                description="AWS services, package index, and what DAGs call",
                ip_protocol="-1",
                cidr_ipv4="0.0.0.0/0",
                tags=self._named("to-anywhere"),
            ),
        ]

    def _service(self, name: str) -> str:
        return f"com.amazonaws.{self._names.workspace.region}.{name}"

    def _named(self, what: str) -> dict[str, str]:
        return {"Name": self._names.tag(what)}
