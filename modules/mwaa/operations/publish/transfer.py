"""Moves objects into the bucket and out of it, many at a time, each with its checksum.

Each write replaces the object that the plan saw, and no other: what somebody else has put there since is not lost.
Source: S3 user guide, conditional-writes and conditional-deletes.
"""

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from mwaa.operations.publish.bucket import bare_etag, base64_of, head
from mwaa.operations.publish.connection import RUN_AGAIN, WORKERS, Connection
from mwaa.operations.publish.desired import DesiredObject
from mwaa.operations.publish.documents import ChangedMeanwhile, StoredObject, condition, write_if
from mwaa.operations.publish.errors import PublishError
from mwaa.operations.publish.events import ObjectsMoved
from mwaa.operations.publish.lock import HeldLock
from mwaa.progress import Report

_DELETED_AT_ONCE = 1000
"""Source: S3 API reference, DeleteObjects."""
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Transfer:
    """The moves of one release."""

    connection: Connection
    release: str
    hold: HeldLock
    fenced: frozenset[str]
    """Keys whose ETag must change, though the bytes do not."""

    def put(
        self, items: Sequence[DesiredObject], present: Mapping[str, str], report: Report
    ) -> dict[str, StoredObject]:
        """Put every object over the one whose ETag is in `present`. S3 refuses bytes that are not of the checksum.

        Raises PublishError; what is put stays.
        """
        if not items:
            return {}
        stored: dict[str, StoredObject] = {}
        with ThreadPoolExecutor(min(WORKERS, len(items))) as pool:
            moving = [pool.submit(self._put, item, present.get(item.key)) for item in items]
            try:
                for moved in as_completed(moving):
                    stored[moved.result().key] = moved.result()
                    report(ObjectsMoved(len(stored), len(items)))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return stored

    def delete(self, keys: Sequence[str], present: Mapping[str, str]) -> None:
        """Delete the objects with these ETags; their versions stay for a rollback.

        Raises PublishError if one is left.
        """
        for start in range(0, len(keys), _DELETED_AT_ONCE):
            some = [{"Key": key, "ETag": present[key]} for key in keys[start : start + _DELETED_AT_ONCE]]
            answer = self.connection.s3.delete_objects(
                Bucket=self.connection.bucket, Delete={"Objects": some, "Quiet": True}
            )
            if errors := [error for error in answer.get("Errors", ()) if error.get("Code") != "NoSuchKey"]:
                first = errors[0]
                raise PublishError(
                    f"{len(errors)} objects could not be deleted; {first.get('Key')}: {first.get('Message')}", RUN_AGAIN
                )

    def _put(self, item: DesiredObject, etag: str | None) -> StoredObject:
        for _ in range(_TRIES):
            try:
                made = write_if(lambda replaced=etag: self._write(item, replaced), item.key)  # type: ignore[misc]
            except ChangedMeanwhile:
                self.hold.check()
                found = head(self.connection, item.key)
                if found is not None and self._is_ours(item, found):  # the answer was lost, and botocore asked again
                    return self._stored(item, found)
                etag = bare_etag(found) if found is not None else None
                continue
            if etag is None:
                self._withdraw_if_lost(made)
            return made
        raise PublishError(
            f"{item.key} is changed by somebody else, again and again, while this publish runs", RUN_AGAIN
        )

    def _write(self, item: DesiredObject, etag: str | None) -> StoredObject:
        if item.key in self.fenced and etag is not None and "-" not in etag and item.size:
            return self._write_in_parts(item, etag)
        target = {"Bucket": self.connection.bucket, "Key": item.key, **self._described(item), **condition(etag)}
        if isinstance(item.source, StoredObject):
            # A copy, so that the version in use is the newest one: an older one would expire while it is in use.
            answer = self.connection.s3.copy_object(
                **target,
                CopySource=self._source(item.source),
                ChecksumAlgorithm="SHA256",
                MetadataDirective="REPLACE",
            )
            if answer["CopyObjectResult"].get("ChecksumSHA256") != base64_of(item.sha256):
                raise PublishError(
                    f"version {item.source.version} of {item.source.key} is not what the release put there",
                    "roll back to another release",
                )
            return self._stored(item, answer | answer["CopyObjectResult"])
        answer = self.connection.s3.put_object(**target, Body=_read(item), ChecksumSHA256=base64_of(item.sha256))
        return self._stored(item, answer)

    def _write_in_parts(self, item: DesiredObject, etag: str) -> StoredObject:
        """Write the object as an upload of one part: the ETag of the same bytes is another one then."""
        s3, target = self.connection.s3, {"Bucket": self.connection.bucket, "Key": item.key}
        upload = s3.create_multipart_upload(**target, **self._described(item), ChecksumAlgorithm="SHA256")["UploadId"]
        part = {**target, "UploadId": upload, "PartNumber": 1}
        try:
            if isinstance(item.source, StoredObject):
                made = s3.upload_part_copy(**part, CopySource=self._source(item.source))["CopyPartResult"]
            else:
                made = s3.upload_part(**part, Body=_read(item), ChecksumSHA256=base64_of(item.sha256))
            parts = [{"PartNumber": 1, "ETag": made["ETag"], "ChecksumSHA256": base64_of(item.sha256)}]
            answer = s3.complete_multipart_upload(
                **target, UploadId=upload, MultipartUpload={"Parts": parts}, **condition(etag)
            )
        except ClientError:
            with suppress(ClientError):
                s3.abort_multipart_upload(**target, UploadId=upload)
            raise
        return self._stored(item, answer)

    def _withdraw_if_lost(self, made: StoredObject) -> None:
        """Remove an object that is new, if the lock was lost while the request was on its way.

        The publisher that took over does not have it, and the condition spares what others have put there. Raises
        PublishError.
        """
        try:
            self.hold.check()
        except PublishError:
            with suppress(ClientError):
                self.connection.s3.delete_object(Bucket=self.connection.bucket, Key=made.key, IfMatch=made.etag)
            raise

    def _is_ours(self, item: DesiredObject, found: Mapping[str, Any]) -> bool:
        ours: bool = found.get("Metadata", {}).get("release") == self.release and found["ContentLength"] == item.size
        return ours

    def _described(self, item: DesiredObject) -> dict[str, Any]:
        return {"ContentType": item.content_type, "Metadata": {"release": self.release}}

    def _source(self, source: StoredObject) -> dict[str, str]:
        return {"Bucket": self.connection.bucket, "Key": source.key, "VersionId": source.version}

    def _stored(self, item: DesiredObject, answer: Mapping[str, Any]) -> StoredObject:
        version = answer.get("VersionId")
        if version in (None, "null"):
            raise PublishError(
                f"the bucket {self.connection.bucket} keeps no versions, which MWAA needs",
                f"turn versioning on: cdktf deploy {self.connection.names.workspace.name}",
            )
        assert version is not None
        return StoredObject(item.key, item.sha256, item.size, version, bare_etag(answer))


def _read(item: DesiredObject) -> bytes:
    """Return the bytes of an item that is in the project. Raises PublishError if they are not those of the plan."""
    assert not isinstance(item.source, StoredObject)
    data = item.source if isinstance(item.source, bytes) else item.source.read_bytes()
    if hashlib.sha256(data).hexdigest() != item.sha256:
        raise PublishError(f"{item.source!s} was changed while it was published", RUN_AGAIN)
    return data
