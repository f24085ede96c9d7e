"""What an environment has in its owner's VPC: network interfaces and endpoints, which hold subnets and security groups.

Source: UG vpc-vpe-access, networking-about: containers in both subnets, an endpoint of the database, and one of the
webserver if it can be reached from the VPC. Their exact number is unverified.
"""

from collections.abc import Iterable
from typing import Any

from mwaa.embedded_aws.mwaa.network import Network


class VpcAttachments:
    """The interfaces and endpoints of one environment, from its creation to the end of its deletion."""

    def __init__(self) -> None:
        self._interfaces: list[Any] = []
        self._endpoints: list[Any] = []

    def attach(self, network: Network, environment: str, services: Iterable[str]) -> None:
        """Put an interface into each subnet, and an endpoint for each of the service's `services` into the VPC."""
        ec2 = network.ec2
        for subnet in network.subnets:
            interface = ec2.create_network_interface(subnet, [], description=f"Amazon MWAA environment {environment}")
            self._interfaces.append(interface)
        for service in services:
            endpoint = ec2.create_vpc_endpoint(
                network.subnets[0].vpc_id,
                service,
                "Interface",
                None,
                [],
                subnet_ids=[subnet.id for subnet in network.subnets],
                tags={"AmazonMWAAManaged": "true"},
            )
            endpoint.requester_managed = True
            self._endpoints.append(endpoint)
            self._interfaces += [ec2.enis[found] for found in endpoint.network_interface_ids]
        for interface in self._interfaces:
            interface.requester_managed, interface.status = True, "in-use"
        self.set_groups(network)

    def set_groups(self, network: Network) -> None:
        """Give all of them the security groups of the environment."""
        for interface in self._interfaces:
            interface._group_set = list(network.groups)
        for endpoint in self._endpoints:
            endpoint.security_group_ids = [group.id for group in network.groups]

    def detach(self) -> None:
        """Remove all of them."""
        for interface in self._interfaces:
            interface.ec2_backend.enis.pop(interface.id, None)
        for endpoint in self._endpoints:
            endpoint.ec2_backend.vpc_end_points.pop(endpoint.id, None)
        self._interfaces.clear()
        self._endpoints.clear()
