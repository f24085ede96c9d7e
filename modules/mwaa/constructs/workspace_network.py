"""What an environment needs of its network, no matter which stack made the VPC."""

from collections.abc import Sequence
from typing import Any

from mwaa.config import Names
from mwaa.provider import Construct, Part, aws, resource


class WorkspaceNetwork(Part):
    """The VPC, two private subnets and the security groups of an environment. `network=` decides where they come from.

    A team's `extend(stack)` may use `vpc_id`, `private_subnet_ids`, `security_group_ids` and `interface_endpoint` of
    every kind. `security_group` is the group that was created, or None where the workspace names existing ones.
    """

    vpc_id: str
    """Id of the VPC."""
    private_subnet_ids: list[str]
    """Ids of the two subnets that MWAA runs in."""
    security_group: Any
    """The security group that is created, or None."""
    security_group_ids: list[str]
    """Ids of the environment's security groups."""
    ready: list[Any]
    """What must exist before an environment can start in the private subnets."""

    def __init__(self, scope: Construct, id: str, names: Names) -> None:
        super().__init__(scope, id)
        self._names = names

    def interface_endpoint(self, service: str, service_name: str | None = None) -> Any:
        """An interface endpoint in both private subnets, open to the environment's security groups.

        `service` names it, and the AWS service unless `service_name` gives a whole one.
        """
        return self._endpoint(service, service_name, self.security_group_ids)

    def _endpoint(self, service: str, service_name: str | None, security_group_ids: list[str]) -> Any:
        return resource(
            aws.vpc_endpoint.VpcEndpoint,
            self,
            f"{service.replace('.', '_').replace('-', '_')}_endpoint",
            vpc_id=self.vpc_id,
            service_name=service_name or self._service(service),
            vpc_endpoint_type="Interface",
            subnet_ids=self.private_subnet_ids,
            security_group_ids=security_group_ids,
            private_dns_enabled=service_name is None,
            tags=self._named(service),
        )

    def _service_endpoints(self, services: Sequence[str], cidr_blocks: Any) -> list[Any]:
        """Create interface endpoints of AWS services, open to the whole VPC.

        Private DNS leads everything in the VPC to them, and not only this environment.
        """
        if not services:
            return []
        kind = aws.security_group
        group = resource(
            kind.SecurityGroup,
            self,
            "endpoints_security_group",
            name=self._names.tag("endpoints"),
            description="VPC endpoints of AWS services: HTTPS from the VPC",
            vpc_id=self.vpc_id,
            ingress=[
                kind.SecurityGroupIngress(
                    description="HTTPS from the VPC",
                    from_port=443,
                    to_port=443,
                    protocol="tcp",
                    cidr_blocks=cidr_blocks,
                )
            ],
            tags=self._named("endpoints"),
        )
        group_id: str = group.id
        return [self._endpoint(service, None, [group_id]) for service in services]

    def _s3_endpoint(self, route_table_ids: list[str], policy: str | None = None) -> Any:
        return resource(
            aws.vpc_endpoint.VpcEndpoint,
            self,
            "s3_endpoint",
            vpc_id=self.vpc_id,
            service_name=self._service("s3"),
            vpc_endpoint_type="Gateway",
            route_table_ids=route_table_ids,
            policy=policy,
            tags=self._named("s3"),
        )

    def _create_security_group(self) -> list[Any]:
        """Create the environment's own security group, and return its rules.

        MWAA's components talk to each other and to its endpoints in this group. MWAA user guide, vpc-security.
        """
        self.security_group = resource(
            aws.security_group.SecurityGroup,
            self,
            "security_group",
            name=self._names.tag("environment"),
            description=f"MWAA environment {self._names.environment}: its components among themselves, and out",
            vpc_id=self.vpc_id,
            tags=self._named("environment"),
        )
        group_id: str = self.security_group.id
        self.security_group_ids = [group_id]
        return [
            resource(
                aws.vpc_security_group_ingress_rule.VpcSecurityGroupIngressRule,
                self,
                "from_itself",
                security_group_id=group_id,
                description="Airflow's components among themselves",
                ip_protocol="-1",
                referenced_security_group_id=group_id,
                tags=self._named("from-itself"),
            ),
            resource(
                aws.vpc_security_group_egress_rule.VpcSecurityGroupEgressRule,
                self,
                "to_anywhere",
                security_group_id=group_id,
                description="AWS services, package index, and what DAGs call",
                ip_protocol="-1",
                cidr_ipv4="0.0.0.0/0",
                tags=self._named("to-anywhere"),
            ),
        ]

    def _service(self, name: str) -> str:
        return f"com.amazonaws.{self._names.workspace.region}.{name}"

    def _named(self, what: str) -> dict[str, str]:
        return self._names.name_tag(self._names.tag(what))
