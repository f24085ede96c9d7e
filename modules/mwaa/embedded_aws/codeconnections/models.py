"""Connections to Git providers, and the hosts of those that run on somebody's own machines.

A connection is PENDING until a person has finished it in the console. There is no console here, so it stays so.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend

from mwaa.aws_facts.regions import REGIONS
from mwaa.config.pipeline import SELF_HOSTED
from mwaa.embedded_aws.mwaa.exceptions import ResourceNotFoundException, ValidationException


@dataclass
class Held:
    """A connection or a host: what the API tells of it, and its tags."""

    told: dict[str, Any]
    tags: dict[str, str] = field(default_factory=dict)


class CodeConnectionsBackend(BaseBackend):
    """All connections and hosts of an account in a region, by ARN, in the order in which they were made."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.connections: dict[str, Held] = {}
        self.hosts: dict[str, Held] = {}

    def create_connection(self, given: Mapping[str, Any]) -> Held:
        """Raises ValidationException unless exactly one of provider and host is named, ResourceNotFoundException."""
        host_arn, provider = given.get("HostArn"), given.get("ProviderType")
        if (host_arn is None) == (provider is None):
            raise ValidationException("Exactly one of ProviderType and HostArn must be given")
        if provider in SELF_HOSTED:
            raise ValidationException(f"A connection to {provider} needs a HostArn")
        if host_arn is not None:
            provider = self.host(host_arn).told["ProviderType"]
        arn = self._arn(f"connection/{uuid.uuid4()}")
        self.connections[arn] = Held(
            {
                "ConnectionName": given["ConnectionName"],
                "ConnectionArn": arn,
                "ProviderType": provider,
                "OwnerAccountId": self.account_id,
                "ConnectionStatus": "PENDING",
            }
            | ({"HostArn": host_arn} if host_arn else {}),
            _by_key(given.get("Tags", [])),
        )
        return self.connections[arn]

    def create_host(self, given: Mapping[str, Any]) -> Held:
        """Raises ValidationException for a provider that has no hosts of its users' own."""
        if given["ProviderType"] not in SELF_HOSTED:
            raise ValidationException(f"{given['ProviderType']} has no hosts of its users' own")
        arn = self._arn(f"host/{given['Name']}-{uuid.uuid4().hex[:8]}")
        told = {name: given[name] for name in ("Name", "ProviderType", "ProviderEndpoint")}
        self.hosts[arn] = Held(told | {"HostArn": arn, "Status": "PENDING"}, _by_key(given.get("Tags", [])))
        return self.hosts[arn]

    def connection(self, arn: str) -> Held:
        """Raises ResourceNotFoundException."""
        return self._found(self.connections, arn)

    def host(self, arn: str) -> Held:
        """Raises ResourceNotFoundException."""
        return self._found(self.hosts, arn)

    def tagged(self, arn: str) -> Held:
        """The connection or host with this ARN. Raises ResourceNotFoundException."""
        return self._found(self.connections | self.hosts, arn)

    def delete_connection(self, arn: str) -> None:
        """Raises ResourceNotFoundException."""
        self.connection(arn)
        del self.connections[arn]

    def delete_host(self, arn: str) -> None:
        """Raises ResourceNotFoundException; ValidationException while a connection uses it."""
        self.host(arn)
        if any(one.told.get("HostArn") == arn for one in self.connections.values()):
            raise ValidationException(f"Connections use the host {arn}")
        del self.hosts[arn]

    def _arn(self, resource: str) -> str:
        return f"arn:{self.partition}:codeconnections:{self.region_name}:{self.account_id}:{resource}"

    @staticmethod
    def _found(among: Mapping[str, Held], arn: str) -> Held:
        if arn not in among:
            raise ResourceNotFoundException(f"Resource not found: {arn}")
        return among[arn]


def _by_key(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


# botocore lists no endpoint of this service: it is here wherever MWAA is.
codeconnections_backends = BackendDict(
    CodeConnectionsBackend, "codeconnections", use_boto3_regions=False, additional_regions=sorted(REGIONS)
)
