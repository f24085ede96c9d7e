"""Networks that the workspace's stack does not make."""

from mwaa import config
from mwaa.config import Names
from mwaa.constructs.network import ZONES, Network
from mwaa.constructs.workspace_network import WorkspaceNetwork
from mwaa.provider import Construct, aws, cdktf, resource


class ExistingNetwork(WorkspaceNetwork):
    """The environment's part of a VPC that exists: a security group, and the endpoints that the VPC lacks."""

    def __init__(self, scope: Construct, id: str, names: Names, network: config.ExistingNetwork) -> None:
        super().__init__(scope, id, names)
        self.vpc_id = network.vpc_id
        self.private_subnet_ids = list(network.private_subnet_ids)
        self.security_group = None
        self.security_group_ids = list(network.security_group_ids)
        self.ready = [] if network.security_group_ids else self._create_security_group()
        if network.creates_s3_endpoint:
            self.ready.append(self._s3_endpoint(list(network.route_table_ids)))  # open: others use these route tables
        services = network.created_services(names.workspace.region)
        if services:
            self.ready += self._service_endpoints(services, self._cidr_blocks())

    def _cidr_blocks(self) -> list[str]:
        kind = aws.data_aws_vpc
        its_id = kind.DataAwsVpcFilter(name="vpc-id", values=[self.vpc_id])
        vpc = resource(kind.DataAwsVpc, self, "vpc", filter=[its_id])
        return cdktf.Token.as_list(cdktf.Fn.lookup_nested(vpc.cidr_block_associations, ["*", "cidr_block"]))


class NetworkOf(WorkspaceNetwork):
    """The network of another workspace, found by its `Name` tags, and a security group of this one's own.

    The endpoints of that network are open to its whole VPC. Terraform reports a VPC that is not there.
    """

    def __init__(self, scope: Construct, id: str, names: Names, network: config.NetworkOf) -> None:
        super().__init__(scope, id, names)

        def tagged(what: str) -> dict[str, str]:
            return names.network_tag(network.workspace, what)

        self.vpc_id = resource(aws.data_aws_vpc.DataAwsVpc, self, "vpc", tags=tagged("vpc")).id
        self.private_subnet_ids = [
            resource(
                aws.data_aws_subnet.DataAwsSubnet,
                self,
                f"private_{zone}",
                vpc_id=self.vpc_id,
                tags=tagged(f"private-{zone}"),
            ).id
            for zone in ZONES
        ]
        self.ready = self._create_security_group()


def create_network(scope: Construct, id: str, names: Names) -> WorkspaceNetwork:
    """Create the construct of the kind of network that the workspace declares."""
    match names.workspace.network:
        case config.ExistingNetwork() as network:
            return ExistingNetwork(scope, id, names, network)
        case config.NetworkOf() as network:
            return NetworkOf(scope, id, names, network)
        case network:
            return Network(scope, id, names, network)
