"""Moves objects into the bucket and out of it, many at a time, each with its checksum."""

import base64
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from io import BytesIO
from pathlib import Path

from mwaa.operations.publish.connection import RUN_AGAIN, WORKERS, Connection
from mwaa.operations.publish.desired import DesiredObject
from mwaa.operations.publish.documents import StoredObject
from mwaa.operations.publish.errors import PublishError
from mwaa.operations.publish.events import ObjectsMoved
from mwaa.operations.publish.lock import HeldLock
from mwaa.progress import Report

_DELETED_AT_ONCE = 1000
"""Source: S3 API reference, DeleteObjects."""


def put(
    connection: Connection, items: Sequence[DesiredObject], release: str, hold: HeldLock, report: Report
) -> list[StoredObject]:
    """Put every object. S3 refuses bytes that are not of the checksum. Raises PublishError; what is put stays."""
    if not items:
        return []

    def one(item: DesiredObject) -> StoredObject:
        hold.check()
        if isinstance(item.source, StoredObject):
            return _copy_object(connection, item, item.source, release)
        return _put(connection, item, item.source, release)

    stored: list[StoredObject] = []
    with ThreadPoolExecutor(min(WORKERS, len(items))) as pool:
        moving = [pool.submit(one, item) for item in items]
        try:
            for moved in as_completed(moving):
                stored.append(moved.result())
                report(ObjectsMoved(len(stored), len(items)))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return stored


def delete(connection: Connection, keys: Sequence[str], hold: HeldLock) -> None:
    """Delete objects; their versions stay for a rollback. Raises PublishError if one is left."""
    for start in range(0, len(keys), _DELETED_AT_ONCE):
        hold.check()
        some = [{"Key": key} for key in keys[start : start + _DELETED_AT_ONCE]]
        answer = connection.s3.delete_objects(Bucket=connection.bucket, Delete={"Objects": some, "Quiet": True})
        if errors := answer.get("Errors"):
            first = errors[0]
            raise PublishError(
                f"{len(errors)} objects could not be deleted; {first.get('Key')}: {first.get('Message')}", RUN_AGAIN
            )


def _put(connection: Connection, item: DesiredObject, source: Path | bytes, release: str) -> StoredObject:
    with BytesIO(source) if isinstance(source, bytes) else source.open("rb") as body:
        answer = connection.s3.put_object(
            Bucket=connection.bucket,
            Key=item.key,
            Body=body,
            ChecksumSHA256=_base64(item.sha256),
            ContentType=item.content_type,
            Metadata={"release": release},
        )
    return _stored(connection, item, answer.get("VersionId"))


def _copy_object(connection: Connection, item: DesiredObject, source: StoredObject, release: str) -> StoredObject:
    """A copy, so that the version in use is the newest one: an older one would expire while it is in use."""
    answer = connection.s3.copy_object(
        Bucket=connection.bucket,
        Key=item.key,
        CopySource={"Bucket": connection.bucket, "Key": source.key, "VersionId": source.version},
        ChecksumAlgorithm="SHA256",
        MetadataDirective="REPLACE",
        ContentType=item.content_type,
        Metadata={"release": release},
    )
    if answer["CopyObjectResult"].get("ChecksumSHA256") != _base64(item.sha256):
        raise PublishError(
            f"version {source.version} of {source.key} is not what the release put there",
            "roll back to another release",
        )
    return _stored(connection, item, answer.get("VersionId"))


def _stored(connection: Connection, item: DesiredObject, version: str | None) -> StoredObject:
    if version in (None, "null"):
        raise PublishError(
            f"the bucket {connection.bucket} keeps no versions, which MWAA needs",
            f"turn versioning on: cdktf deploy {connection.names.workspace.name}",
        )
    assert version is not None
    return StoredObject(item.key, item.sha256, item.size, version)


def _base64(sha256: str) -> str:
    return base64.b64encode(bytes.fromhex(sha256)).decode()
