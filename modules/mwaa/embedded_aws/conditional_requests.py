"""Conditions of CopyObject and DeleteObjects, which moto ignores: If-Match, If-None-Match, and an ETag beside a key.

Publishing relies on them: what somebody else has written meanwhile is neither overwritten nor deleted.
Source: S3 API reference, CopyObject and DeleteObjects; S3 user guide, conditional-writes and conditional-deletes.
"""

from typing import Any

import xmltodict  # type: ignore[import-untyped]
from moto.core.responses import ActionResult
from moto.s3.exceptions import MissingKey, PreconditionFailed
from moto.s3.responses import S3Response

_REFUSED = "At least one of the pre-conditions you specified did not hold"


def apply() -> None:
    """Make moto in this process honour them. Call it once."""
    copy_object, delete_keys = S3Response.copy_object, S3Response._bucket_response_delete_keys

    def copy_if(response: Any) -> Any:
        there = response.backend.get_object(response.bucket_name, response.parse_key_name())
        wanted = response.headers.get("If-Match")
        if wanted and there is None:
            raise MissingKey
        if wanted and _bare(wanted) != _bare(there.etag):
            raise PreconditionFailed("If-Match")
        if response.headers.get("If-None-Match") == "*" and there is not None:
            raise PreconditionFailed("If-None-Match")
        return copy_object(response)

    def delete_if(response: Any, bucket_name: str, *given: Any, **named: Any) -> Any:
        document = xmltodict.parse(response.body, strip_whitespace=False, force_list=("Object",))
        kept = {}
        for item in document["Delete"].get("Object", ()):
            if etag := item.get("ETag"):
                there = response.backend.get_object(bucket_name, item["Key"])
                if there is None:
                    kept[item["Key"]] = ("NoSuchKey", "The specified key does not exist.")
                elif _bare(etag) != _bare(there.etag):
                    kept[item["Key"]] = ("PreconditionFailed", _REFUSED)
        if not kept:
            return delete_keys(response, bucket_name, *given, **named)
        errors = [{"Key": key, "Code": code, "Message": message} for key, (code, message) in kept.items()]
        left = [item for item in document["Delete"]["Object"] if item["Key"] not in kept]
        if not left:
            response.data["Action"] = "DeleteObjects"
            return response.serialized(ActionResult({"Deleted": [], "Errors": errors}))
        document["Delete"]["Object"] = left
        response.body = xmltodict.unparse(document)
        serialize = response.serialized

        def complete(result: ActionResult) -> Any:
            answer: Any = result.result
            answer["Errors"] = [*answer.get("Errors", ()), *errors]
            return serialize(result)

        response.serialized = complete
        return delete_keys(response, bucket_name, *given, **named)

    for name, function in (("copy_object", copy_if), ("_bucket_response_delete_keys", delete_if)):
        setattr(S3Response, name, function)


def _bare(etag: str) -> str:
    return etag.replace('"', "")
