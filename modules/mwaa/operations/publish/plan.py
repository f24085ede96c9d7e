"""The plan of a publish: how bucket and environment differ from the desired content. Reads only."""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from mwaa.operations.live_environment import LiveEnvironment
from mwaa.operations.publish.connection import WORKERS, Connection, code_of
from mwaa.operations.publish.desired import DesiredContent, DesiredObject
from mwaa.operations.publish.documents import (
    AttemptJournal,
    DocumentVersion,
    Ledger,
    PublishedRelease,
    PublishLock,
    ReleaseChanges,
    StoredObject,
    attempt_key,
    read,
    release_key,
)
from mwaa.operations.publish.errors import PublishError

_NAMED = 5


@dataclass(frozen=True, slots=True)
class PublishPlan:
    """`added`, `changed` and `removed` are keys of DAG files against the current release; the rest is what is to do."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    parts: tuple[str, ...]
    """Of PARTS, those whose content changes."""
    rolls: tuple[str, ...]
    """Of PARTS, those of which the environment has another version than it should."""
    put_parts: tuple[DesiredObject, ...]
    put_dags: tuple[DesiredObject, ...]
    delete: tuple[str, ...]
    kept: Mapping[str, StoredObject]
    """What is in the bucket already, as it should be."""
    inherited: tuple[str, ...]
    """What an interrupted attempt may have touched."""
    notes: tuple[str, ...]
    new: bool
    """Whether there is a release to be written: False if all is as the current one says."""

    @property
    def touched(self) -> tuple[str, ...]:
        puts = (item.key for item in (*self.put_parts, *self.put_dags))
        return tuple(sorted({*puts, *self.delete, *self.inherited}))

    @property
    def changes(self) -> ReleaseChanges:
        return ReleaseChanges(len(self.added), len(self.changed), len(self.removed), self.parts)


def unfinished_attempt(lock: DocumentVersion[PublishLock] | None, ledger: DocumentVersion[Ledger] | None) -> str:
    """The attempt that ended before its release was written down; empty if there is none."""
    attempt = lock.document.attempt if lock else ""
    return "" if ledger is not None and ledger.document.current.id == attempt else attempt


def is_current(desired: DesiredContent, ledger: Ledger, environment: LiveEnvironment) -> bool:
    """Whether the current release is the desired content and the environment has it. Reads no object."""
    current = ledger.current
    runs = {part: (stored.key, stored.version) for part, stored in current.parts.items()}
    return desired.digest == current.digest and runs == dict(environment.parts)


def make_plan(
    connection: Connection,
    desired: DesiredContent,
    ledger: Ledger | None,
    attempt: str,
    environment: LiveEnvironment,
) -> PublishPlan:
    """Raises PublishError if object versions that the desired content needs are gone."""
    current = _release(connection, ledger.current.id).objects if ledger else ()
    inherited = _touched(connection, attempt, current, desired) if attempt else frozenset[str]()
    sure = {stored.key: stored for stored in current if stored.key not in inherited}
    kept = {item.key: sure[item.key] for item in desired.items if _same(item, sure.get(item.key))}
    unsure = {item.key: item for item in desired.items if item.key not in sure}
    part_keys = {item.key for item in desired.parts.values()}
    folder = f"{connection.names.workspace.content.dag_s3_path}/"
    listed: dict[str, Mapping[str, Any]] = {}
    if ledger is None or any(key not in part_keys for key in inherited):
        listed = {found["Key"]: found for found in _listed(connection, folder)}
    kept |= {key: found for key, item in unsure.items() if (found := _match_etag(item, listed.get(key)))}
    kept |= {
        item.key: found
        for item in desired.parts.values()
        if item.key in unsure and (found := _match_checksum(connection, item)) is not None
    }
    wanted = {item.key for item in desired.items}
    owned = {stored.key for stored in current} | inherited
    plan = _compared(desired, current, environment, kept)
    put_parts = tuple(item for item in desired.parts.values() if item.key not in kept)
    put_dags = tuple(item for item in desired.dags if item.key not in kept)
    _refuse_expired(connection, (*put_parts, *put_dags))
    return PublishPlan(
        **plan,
        put_parts=put_parts,
        put_dags=put_dags,
        delete=tuple(
            sorted(key for key in owned - wanted if key not in inherited or _there(connection, key, folder, listed))
        ),
        kept=kept,
        inherited=tuple(sorted(inherited)),
        notes=tuple(_notes(folder, ledger, attempt, set(listed) - wanted - owned)),
        new=ledger is None or bool(attempt) or desired.digest != ledger.current.digest or bool(plan["rolls"]),
    )


def _compared(
    desired: DesiredContent,
    current: Iterable[StoredObject],
    environment: LiveEnvironment,
    kept: Mapping[str, StoredObject],
) -> dict[str, Any]:
    before = {stored.key: stored.sha256 for stored in current}
    parts = {item.key for item in desired.parts.values()}
    dags = {item.key: item.sha256 for item in desired.dags}
    return {
        "added": tuple(sorted(key for key in dags if key not in before)),
        "changed": tuple(sorted(key for key, sha256 in dags.items() if before.get(key, sha256) != sha256)),
        "removed": tuple(sorted(key for key in before if key not in dags and key not in parts)),
        "parts": tuple(
            part
            for part, item in desired.parts.items()
            if (before.get(item.key) != item.sha256 if before else item.key not in kept)
        ),
        "rolls": parts_to_roll(desired, environment, kept),
    }


def parts_to_roll(
    desired: DesiredContent, environment: LiveEnvironment, kept: Mapping[str, StoredObject]
) -> tuple[str, ...]:
    """The parts of which the environment has another version than the one that is, or will be, in the bucket."""
    return tuple(
        part
        for part, item in desired.parts.items()
        if item.key not in kept or environment.parts.get(part) != (item.key, kept[item.key].version)
    )


def _notes(folder: str, ledger: Ledger | None, attempt: str, strays: set[str]) -> Iterator[str]:
    if attempt:
        yield f"an earlier attempt ({attempt}) was not brought to its end: this publish completes it"
    if strays and ledger is None:
        few = ", ".join(sorted(strays)[:_NAMED]) + (", ..." if len(strays) > _NAMED else "")
        yield (
            f"{len(strays)} objects below {folder} were put there by no release and are left alone: {few}"
            if len(strays) > 1
            else f"{few} was put there by no release and is left alone"
        )


def _release(connection: Connection, id: str) -> PublishedRelease:
    found = read(connection, release_key(connection, id), PublishedRelease)
    if found is None:
        key = release_key(connection, id)
        raise PublishError(
            f"s3://{connection.bucket}/{key} is gone, which says what release {id} put into the bucket",
            "remove its delete marker in S3 (aws s3api list-object-versions, delete-object --version-id)",
        )
    return found.document


def _touched(
    connection: Connection, attempt: str, current: Iterable[StoredObject], desired: DesiredContent
) -> frozenset[str]:
    """Without the attempt's journal, everything may have been touched."""
    journal = read(connection, attempt_key(connection, attempt), AttemptJournal)
    if journal is not None:
        return frozenset(journal.document.touched)
    return frozenset(stored.key for stored in current) | {item.key for item in desired.items}


def _same(item: DesiredObject, stored: StoredObject | None) -> bool:
    return stored is not None and stored.sha256 == item.sha256


def _listed(connection: Connection, folder: str) -> Iterator[Mapping[str, Any]]:
    """The objects below the folder, each by its newest version."""
    pages = connection.s3.get_paginator("list_object_versions").paginate(Bucket=connection.bucket, Prefix=folder)
    for page in pages:
        yield from (version for version in page.get("Versions", ()) if version["IsLatest"])


def _match_etag(item: DesiredObject, found: Mapping[str, Any] | None) -> StoredObject | None:
    """The object if it is the item for sure: its ETag is the MD5 of the bytes, but with a customer's key or in parts.

    Source: S3 API reference, Object, ETag. An ETag that is no MD5 equals none, and the object is put again.
    """
    if found is None or found["Size"] != item.size:
        return None
    if isinstance(item.source, StoredObject):
        same = found["VersionId"] == item.source.version
    else:
        data = item.source.read_bytes() if isinstance(item.source, Path) else item.source
        same = hashlib.md5(data, usedforsecurity=False).hexdigest() == found["ETag"].strip('"')
    return StoredObject(item.key, item.sha256, item.size, found["VersionId"]) if same else None


def _match_checksum(connection: Connection, item: DesiredObject) -> StoredObject | None:
    """The object if S3 holds the item's very checksum: Terraform's first upload has one, and each of ours."""
    found = _head(connection, item.key)
    if found is None or found.get("ChecksumSHA256") != base64.b64encode(bytes.fromhex(item.sha256)).decode():
        return None
    return StoredObject(item.key, item.sha256, item.size, found["VersionId"])


def _there(connection: Connection, key: str, folder: str, listed: Mapping[str, Any]) -> bool:
    return key in listed if key.startswith(folder) else _head(connection, key) is not None


def _refuse_expired(connection: Connection, items: Iterable[DesiredObject]) -> None:
    versions = [item.source for item in items if isinstance(item.source, StoredObject)]
    with ThreadPoolExecutor(WORKERS) as pool:
        there = pool.map(lambda stored: _head(connection, stored.key, stored.version) is not None, versions)
        gone = [stored.key for stored, found in zip(versions, there, strict=True) if not found]
    if gone:
        days = connection.names.workspace.source_bucket.noncurrent_version_days
        few = ", ".join(gone[:_NAMED]) + (", ..." if len(gone) > _NAMED else "")
        raise PublishError(
            f"{len(gone)} of the object versions of that release are gone: {few}. "
            f"The bucket keeps replaced versions for {days} days",
            "nothing was touched; roll back to a newer release, or check its revision out and run mwaa publish",
        )


def _head(connection: Connection, key: str, version: str | None = None) -> Any:
    which = {"VersionId": version} if version else {}
    try:
        return connection.s3.head_object(Bucket=connection.bucket, Key=key, ChecksumMode="ENABLED", **which)
    except ClientError as error:
        # 405: the version named is a delete marker
        if code_of(error) in ("404", "405", "NoSuchKey", "NoSuchVersion"):
            return None
        raise
