"""The operations of the CodeConnections API, in both of its protocols: JSON, and CBOR, which moto does not speak.

Terraform's AWS provider 5.100 speaks the first, boto3 the second.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from botocore.model import DenormalizedStructureBuilder
from botocore.parsers import RpcV2CBORParser
from botocore.serialize import RpcV2CBORSerializer
from moto.core.exceptions import ServiceException
from moto.core.responses import BaseResponse
from moto.core.utils import camelcase_to_underscores

from mwaa.embedded_aws.codeconnections.models import CodeConnectionsBackend, Held, codeconnections_backends
from mwaa.embedded_aws.mwaa import constraints

_ERROR = DenormalizedStructureBuilder().with_members({"__type": {"type": "string"}, "message": {"type": "string"}})

Given = Mapping[str, Any]
Answer = dict[str, Any]


class CodeConnectionsResponse(BaseResponse):
    """The method that is named as the operation, in snake case, gets the request and gives the answer as dicts."""

    def __init__(self) -> None:
        super().__init__(service_name="codeconnections")

    @property
    def backend(self) -> CodeConnectionsBackend:
        backend: CodeConnectionsBackend = codeconnections_backends[self.current_account][self.region]
        return backend

    def _dispatch(self, request: Any, full_url: str | None = None, headers: Any = None) -> tuple[int, Any, str | bytes]:
        self.setup_class(request, full_url, headers)
        cbor = request.headers.get("Smithy-Protocol") == "rpc-v2-cbor"
        path = urlsplit(str(full_url or request.url)).path
        operation = path.rsplit("/", 1)[-1] if cbor else request.headers["X-Amz-Target"].rsplit(".", 1)[-1]
        try:
            method = getattr(self, camelcase_to_underscores(operation))
        except AttributeError:
            raise NotImplementedError(f"The {operation} action has not been implemented") from None
        given = _decoded(request.data) if cbor else json.loads(request.data or "{}")
        shape, status = constraints.model("codeconnections").operation_model(operation).output_shape, 200
        try:
            constraints.check(operation, given, "codeconnections")
            told = method(given)
        except ServiceException as error:
            told, shape, status = {"__type": error.code, "message": error.message}, _ERROR.build_model(), 400
        if cbor:
            return status, _headers(status, "application/cbor"), _encoded(told, shape)
        return status, _headers(status, "application/x-amz-json-1.0"), json.dumps(told)

    def create_connection(self, given: Given) -> Answer:
        made = self.backend.create_connection(given)
        return {"ConnectionArn": made.told["ConnectionArn"], "Tags": _listed(made)}

    def get_connection(self, given: Given) -> Answer:
        return {"Connection": self.backend.connection(given["ConnectionArn"]).told}

    def list_connections(self, given: Given) -> Answer:
        wanted = {"ProviderType": given.get("ProviderTypeFilter"), "HostArn": given.get("HostArnFilter")}
        return {
            "Connections": [
                one.told
                for one in self.backend.connections.values()
                if all(value in (None, one.told.get(name)) for name, value in wanted.items())
            ]
        }

    def delete_connection(self, given: Given) -> Answer:
        self.backend.delete_connection(given["ConnectionArn"])
        return {}

    def create_host(self, given: Given) -> Answer:
        made = self.backend.create_host(given)
        return {"HostArn": made.told["HostArn"], "Tags": _listed(made)}

    def get_host(self, given: Given) -> Answer:
        return {name: value for name, value in self.backend.host(given["HostArn"]).told.items() if name != "HostArn"}

    def list_hosts(self, _given: Given) -> Answer:
        return {"Hosts": [one.told for one in self.backend.hosts.values()]}

    def delete_host(self, given: Given) -> Answer:
        self.backend.delete_host(given["HostArn"])
        return {}

    def tag_resource(self, given: Given) -> Answer:
        self.backend.tagged(given["ResourceArn"]).tags |= {tag["Key"]: tag["Value"] for tag in given["Tags"]}
        return {}

    def untag_resource(self, given: Given) -> Answer:
        tags = self.backend.tagged(given["ResourceArn"]).tags
        for key in given["TagKeys"]:
            tags.pop(key, None)
        return {}

    def list_tags_for_resource(self, given: Given) -> Answer:
        return {"Tags": _listed(self.backend.tagged(given["ResourceArn"]))}


def _listed(held: Held) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in held.tags.items()]


def _headers(status: int, content_type: str) -> dict[str, str]:
    return {"status": str(status), "Content-Type": content_type, "Smithy-Protocol": "rpc-v2-cbor"}


def _decoded(body: bytes) -> dict[str, Any]:
    parser = RpcV2CBORParser()
    decoded: dict[str, Any] = parser.parse_data_item(parser.get_peekable_stream_from_bytes(body)) if body else {}
    return decoded


def _encoded(told: Answer, shape: Any) -> bytes:
    encoded = bytearray()
    serializer: Any = RpcV2CBORSerializer()
    serializer._serialize_data_item(encoded, told, shape)  # botocore's own way in serializes requests only
    return bytes(encoded)
