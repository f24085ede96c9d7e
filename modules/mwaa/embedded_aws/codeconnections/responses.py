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

from mwaa.embedded_aws.codeconnections.models import CodeConnectionsBackend, TaggedResource, codeconnections_backends
from mwaa.embedded_aws.mwaa import constraints

_ERROR = DenormalizedStructureBuilder().with_members({"__type": {"type": "string"}, "message": {"type": "string"}})

Input = Mapping[str, Any]
Output = dict[str, Any]


class CodeConnectionsResponse(BaseResponse):
    """The method with the operation's name, in snake case, takes the request and returns the answer as dicts."""

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
        parameters = _decode(request.data) if cbor else json.loads(request.data or "{}")
        shape, status = constraints.service_model("codeconnections").operation_model(operation).output_shape, 200
        try:
            constraints.check(operation, parameters, "codeconnections")
            document = method(parameters)
        except ServiceException as error:
            document, shape, status = {"__type": error.code, "message": error.message}, _ERROR.build_model(), 400
        if cbor:
            return status, _headers(status, "application/cbor"), _encode(document, shape)
        return status, _headers(status, "application/x-amz-json-1.0"), json.dumps(document)

    def create_connection(self, parameters: Input) -> Output:
        created = self.backend.create_connection(parameters)
        return {"ConnectionArn": created.fields["ConnectionArn"], "Tags": _tag_list(created)}

    def get_connection(self, parameters: Input) -> Output:
        return {"Connection": self.backend.connection(parameters["ConnectionArn"]).fields}

    def list_connections(self, parameters: Input) -> Output:
        wanted = {"ProviderType": parameters.get("ProviderTypeFilter"), "HostArn": parameters.get("HostArnFilter")}
        return {
            "Connections": [
                one.fields
                for one in self.backend.connections.values()
                if all(value in (None, one.fields.get(name)) for name, value in wanted.items())
            ]
        }

    def delete_connection(self, parameters: Input) -> Output:
        self.backend.delete_connection(parameters["ConnectionArn"])
        return {}

    def create_host(self, parameters: Input) -> Output:
        created = self.backend.create_host(parameters)
        return {"HostArn": created.fields["HostArn"], "Tags": _tag_list(created)}

    def get_host(self, parameters: Input) -> Output:
        return {
            name: value for name, value in self.backend.host(parameters["HostArn"]).fields.items() if name != "HostArn"
        }

    def list_hosts(self, _given: Input) -> Output:
        return {"Hosts": [one.fields for one in self.backend.hosts.values()]}

    def delete_host(self, parameters: Input) -> Output:
        self.backend.delete_host(parameters["HostArn"])
        return {}

    def tag_resource(self, parameters: Input) -> Output:
        self.backend.tagged_resource(parameters["ResourceArn"]).tags |= {
            tag["Key"]: tag["Value"] for tag in parameters["Tags"]
        }
        return {}

    def untag_resource(self, parameters: Input) -> Output:
        tags = self.backend.tagged_resource(parameters["ResourceArn"]).tags
        for key in parameters["TagKeys"]:
            tags.pop(key, None)
        return {}

    def list_tags_for_resource(self, parameters: Input) -> Output:
        return {"Tags": _tag_list(self.backend.tagged_resource(parameters["ResourceArn"]))}


def _tag_list(held: TaggedResource) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in held.tags.items()]


def _headers(status: int, content_type: str) -> dict[str, str]:
    return {"status": str(status), "Content-Type": content_type, "Smithy-Protocol": "rpc-v2-cbor"}


def _decode(body: bytes) -> dict[str, Any]:
    parser = RpcV2CBORParser()
    decoded: dict[str, Any] = parser.parse_data_item(parser.get_peekable_stream_from_bytes(body)) if body else {}
    return decoded


def _encode(document: Output, shape: Any) -> bytes:
    encoded = bytearray()
    serializer: Any = RpcV2CBORSerializer()
    serializer._serialize_data_item(encoded, document, shape)  # botocore's public method serializes requests only
    return bytes(encoded)
