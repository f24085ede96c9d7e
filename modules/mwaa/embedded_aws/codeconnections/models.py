"""Connections to Git providers, and the hosts of self-managed ones.

A connection is PENDING until a person completes it in the console. There is no console here, so it stays PENDING.
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
class TaggedResource:
    """A connection or a host: its fields in the API, and its tags."""

    fields: dict[str, Any]
    tags: dict[str, str] = field(default_factory=dict)


class CodeConnectionsBackend(BaseBackend):
    """All connections and hosts of an account in a region, by ARN, in the order of their creation."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.connections: dict[str, TaggedResource] = {}
        self.hosts: dict[str, TaggedResource] = {}

    def create_connection(self, parameters: Mapping[str, Any]) -> TaggedResource:
        """Raises ValidationException unless exactly one of provider and host is named, ResourceNotFoundException."""
        host_arn, provider = parameters.get("HostArn"), parameters.get("ProviderType")
        if (host_arn is None) == (provider is None):
            raise ValidationException("Exactly one of ProviderType and HostArn is required")
        if provider in SELF_HOSTED:
            raise ValidationException(f"A connection to {provider} needs a HostArn")
        if host_arn is not None:
            provider = self.host(host_arn).fields["ProviderType"]
        arn = self._arn(f"connection/{uuid.uuid4()}")
        self.connections[arn] = TaggedResource(
            {
                "ConnectionName": parameters["ConnectionName"],
                "ConnectionArn": arn,
                "ProviderType": provider,
                "OwnerAccountId": self.account_id,
                "ConnectionStatus": "PENDING",
            }
            | ({"HostArn": host_arn} if host_arn else {}),
            _by_key(parameters.get("Tags", [])),
        )
        return self.connections[arn]

    def create_host(self, parameters: Mapping[str, Any]) -> TaggedResource:
        """Raises ValidationException for a provider without self-managed hosts."""
        if parameters["ProviderType"] not in SELF_HOSTED:
            raise ValidationException(f"{parameters['ProviderType']} has no self-managed hosts")
        arn = self._arn(f"host/{parameters['Name']}-{uuid.uuid4().hex[:8]}")
        fields = {name: parameters[name] for name in ("Name", "ProviderType", "ProviderEndpoint")}
        self.hosts[arn] = TaggedResource(
            fields | {"HostArn": arn, "Status": "PENDING"}, _by_key(parameters.get("Tags", []))
        )
        return self.hosts[arn]

    def connection(self, arn: str) -> TaggedResource:
        """Raises ResourceNotFoundException."""
        return self._get(self.connections, arn)

    def host(self, arn: str) -> TaggedResource:
        """Raises ResourceNotFoundException."""
        return self._get(self.hosts, arn)

    def tagged_resource(self, arn: str) -> TaggedResource:
        """The connection or host with this ARN. Raises ResourceNotFoundException."""
        return self._get(self.connections | self.hosts, arn)

    def delete_connection(self, arn: str) -> None:
        """Raises ResourceNotFoundException."""
        self.connection(arn)
        del self.connections[arn]

    def delete_host(self, arn: str) -> None:
        """Raises ResourceNotFoundException; ValidationException while a connection uses it."""
        self.host(arn)
        if any(one.fields.get("HostArn") == arn for one in self.connections.values()):
            raise ValidationException(f"Connections use the host {arn}")
        del self.hosts[arn]

    def _arn(self, resource: str) -> str:
        return f"arn:{self.partition}:codeconnections:{self.region_name}:{self.account_id}:{resource}"

    @staticmethod
    def _get(among: Mapping[str, TaggedResource], arn: str) -> TaggedResource:
        if arn not in among:
            raise ResourceNotFoundException(f"Resource not found: {arn}")
        return among[arn]


def _by_key(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


# botocore lists no endpoint of this service: it is here wherever MWAA is.
codeconnections_backends = BackendDict(
    CodeConnectionsBackend, "codeconnections", use_boto3_regions=False, additional_regions=sorted(REGIONS)
)
