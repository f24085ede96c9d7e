"""Fixes for moto's S3."""

import json
from collections.abc import Mapping
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.exceptions import AccessDeniedByLock, S3ClientError
from moto.s3.models import FakeBucket, FakeKey, S3Backend
from moto.s3.responses import S3Response
from moto.s3.utils import compute_checksum
from werkzeug.datastructures import Headers

from mwaa.embedded_aws.moto_fixes.replacing import replace


def keep_newer_noncurrent_versions() -> None:
    """moto forgets NewerNoncurrentVersions of a lifecycle rule's NoncurrentVersionExpiration.

    The AWS provider reads the rules until they are as it set them: aws_s3_bucket_lifecycle_configuration hangs for
    three minutes and fails.
    """
    set_lifecycle, get_bucket_lifecycle = FakeBucket.set_lifecycle, S3Response.get_bucket_lifecycle

    def set_and_keep(bucket: Any, rules: list[dict[str, Any]]) -> None:
        set_lifecycle(bucket, rules)
        for kept, rule in zip(bucket.rules, rules, strict=True):
            kept.newer_versions = (rule.get("NoncurrentVersionExpiration") or {}).get("NewerNoncurrentVersions")

    def get_with_newer_versions(response: Any) -> Any:
        serialize = response.serialized
        kept = response.backend.get_bucket_lifecycle(response.bucket_name)

        def complete(result: ActionResult) -> Any:
            answer: Any = result.result
            if not isinstance(answer, Exception):  # a bucket without rules is answered by an error
                for rule, answer_rule in zip(kept, answer["Rules"], strict=True):
                    if rule.newer_versions is not None:
                        answer_rule["NoncurrentVersionExpiration"]["NewerNoncurrentVersions"] = rule.newer_versions
            return serialize(result)

        response.serialized = complete
        return get_bucket_lifecycle(response)

    replace(FakeBucket, "set_lifecycle", set_and_keep)
    replace(S3Response, "get_bucket_lifecycle", get_with_newer_versions)


def apply_conditions_of_bucket_policies() -> None:
    """moto ignores every condition of a bucket policy but StringEquals, so "deny without TLS" denies everything.

    aws_s3_object fails with 403 Forbidden under the policy that every security benchmark requires. Requests here use
    TLS; a statement with any other condition is left out, because what it examines does not exist here.
    """

    def get_permission(bucket: Any, action: str, resource: str) -> Any:
        if bucket.policy is None:
            return PermissionResult.NEUTRAL
        document = json.loads(bucket.policy)
        statements = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
        effective = [
            {name: value for name, value in statement.items() if name != "Condition"}
            for statement in statements
            if _is_met(statement.get("Condition", {}))
        ]
        return IAMPolicy(json.dumps({"Version": "2012-10-17", "Statement": effective})).is_action_permitted(
            action, resource
        )

    replace(FakeBucket, "get_permission", get_permission)


def _is_met(condition: Mapping[str, Mapping[str, Any]]) -> bool:
    return all(
        operator == "Bool" and key.lower() == "aws:securetransport" and str(value).lower() == "true"
        for operator, tests in condition.items()
        for key, value in tests.items()
    )


def verify_checksums() -> None:
    """moto forgets an object's checksum that is sent in its header alone, and compares no checksum with the bytes.

    HeadObject returns no checksum then, and damage on the way goes unnoticed.
    """
    put_object = S3Response.put_object

    def put_verified_object(response: Any) -> Any:
        for algorithm in ("SHA256", "SHA1", "CRC32"):  # those that Python's own library can compute
            expected = response.headers.get(f"x-amz-checksum-{algorithm.lower()}")
            if expected is None:
                continue
            if compute_checksum(response.body or b"", algorithm).decode() != expected:
                raise BadDigest(algorithm)
            response.headers = Headers(response.headers)
            response.headers["x-amz-sdk-checksum-algorithm"] = algorithm
        return put_object(response)

    replace(S3Response, "put_object", put_verified_object)


class BadDigest(S3ClientError):
    """The error of S3 for a wrong checksum."""

    code = "BadDigest"

    def __init__(self, algorithm: str) -> None:
        super().__init__(f"The {algorithm} you specified did not match the calculated checksum.")


def keep_versions_in_a_suspended_bucket() -> None:
    """moto forgets all versions of an object that is written or deleted while versioning is suspended.

    Only the version "null" is replaced in AWS. Terraform suspends versioning before it empties a bucket, and moto then
    fails with AttributeError at an object that has a delete marker: the bucket can never be destroyed.
    """
    delete_object, put_object = S3Backend.delete_object, S3Backend.put_object

    def delete_and_keep(
        backend: Any, bucket_name: str, key_name: str, version_id: str | None = None, bypass: bool = False
    ) -> Any:
        bucket = backend.get_bucket(bucket_name)
        if getattr(bucket, "versioning_status", None) != "Suspended" or key_name not in bucket.keys:
            return delete_object(backend, bucket_name, key_name, version_id, bypass)
        if version_id is None:
            _forget_null(bucket, key_name)
        bucket.versioning_status = "Enabled"
        try:
            if version_id is not None or key_name in bucket.keys:
                done, answer = delete_object(backend, bucket_name, key_name, version_id, bypass)
            else:
                done, answer = True, {"version-id": "null"}
        finally:
            bucket.versioning_status = "Suspended"
        if version_id is None and key_name in bucket.keys:
            bucket.keys[key_name]._version_id = answer["version-id"] = "null"
        return done, answer

    def put_and_keep(backend: Any, bucket_name: str, key_name: str, *args: Any, **kwargs: Any) -> FakeKey:
        bucket = backend.get_bucket(bucket_name)
        if getattr(bucket, "versioning_status", None) != "Suspended":
            return put_object(backend, bucket_name, key_name, *args, **kwargs)
        _forget_null(bucket, key_name)
        kept = bucket.keys.getlist(key_name, default=[])
        made = put_object(backend, bucket_name, key_name, *args, **kwargs)
        bucket.keys.setlist(key_name, [*kept, made])
        return made

    replace(S3Backend, "delete_object", delete_and_keep)
    replace(S3Backend, "put_object", put_and_keep)


def _forget_null(bucket: Any, key_name: str) -> None:
    kept = [key for key in bucket.keys.getlist(key_name, default=[]) if str(key.version_id) != "null"]
    if kept:
        bucket.keys.setlist(key_name, kept)
    else:
        bucket.keys.setlist(key_name, [])
        bucket.keys.pop(key_name)


def deny_deleting_the_bucket_of_another_account() -> None:
    """moto fails with KeyError in DeleteBucket of a bucket that another account has."""
    delete_bucket = S3Backend.delete_bucket

    def delete_own_bucket(backend: Any, bucket_name: str) -> Any:
        if backend.get_bucket(bucket_name).account_id != backend.account_id:
            raise AccessDeniedByLock
        return delete_bucket(backend, bucket_name)

    replace(S3Backend, "delete_bucket", delete_own_bucket)
