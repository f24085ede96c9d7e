"""The plan of a publish: how bucket and environment differ from the desired content. Reads only."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mwaa.operations.live_environment import LiveEnvironment
from mwaa.operations.publish.attempts import Attempts
from mwaa.operations.publish.bucket import ListedObject, bare_etag, base64_of, head, heads, is_content, list_dags
from mwaa.operations.publish.connection import WORKERS, Connection
from mwaa.operations.publish.desired import DesiredContent, DesiredObject
from mwaa.operations.publish.documents import (
    Ledger,
    PublishedRelease,
    ReleaseChanges,
    StoredObject,
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
    present: Mapping[str, str]
    """The ETag of each object that is to be replaced or deleted: it is, only as long as it is this one."""
    fenced: frozenset[str]
    """Keys that are as they should be, but that a publisher may still write which was taken over: they are put again,
    so that their ETag changes, and it cannot."""
    inherited: tuple[str, ...]
    """What other attempts may have touched, or may yet."""
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


def make_plan(
    connection: Connection,
    desired: DesiredContent,
    ledger: Ledger | None,
    attempts: Attempts,
    environment: LiveEnvironment,
) -> PublishPlan:
    """Raises PublishError if object versions that the desired content needs are gone."""
    current = _release(connection, ledger.current.id).objects if ledger else ()
    recorded = {stored.key: stored for stored in current}
    touched = attempts.touched(connection, (*recorded, *(item.key for item in desired.items)))
    inherited = frozenset(key for key in touched if is_content(connection, key))
    listed = list_dags(connection)
    part_keys = {item.key for item in desired.parts.values()}
    certain = {key: stored for key, stored in recorded.items() if key not in inherited}
    drifted = {
        key
        for key, stored in certain.items()
        if key.startswith(connection.dag_folder) and not _as_recorded(stored, listed)
    }
    sure = {key: stored for key, stored in certain.items() if key not in drifted}
    kept = {item.key: _with_etag(sure[item.key], listed) for item in desired.items if _same(item, sure.get(item.key))}
    wanted = {item.key: item for item in desired.items}
    owned = recorded.keys() | inherited
    leaving = owned - wanted.keys()
    found = heads(
        connection,
        [
            *(key for key, item in wanted.items() if _unsure(item, kept, sure, listed, part_keys)),
            *(key for key in leaving if not key.startswith(connection.dag_folder)),
        ],
    )
    present = {key: one.etag for key, one in listed.items()} | {key: bare_etag(one) for key, one in found.items()}
    kept |= {
        key: matched
        for key, item in wanted.items()
        if key not in kept and key not in sure and (matched := _match(item, found.get(key)))
    }
    plan = _compared(desired, current, environment, kept)
    fenced = {key for key in inherited & kept.keys() if attempts.taken_over and key.startswith(connection.dag_folder)}
    kept = {key: stored for key, stored in kept.items() if key not in fenced}
    put_parts = tuple(item for item in desired.parts.values() if item.key not in kept)
    put_dags = tuple(item for item in desired.dags if item.key not in kept)
    delete = tuple(sorted(leaving & present.keys()))
    _refuse_expired(connection, (*put_parts, *put_dags))
    return PublishPlan(
        **plan,
        put_parts=put_parts,
        put_dags=put_dags,
        delete=delete,
        kept=kept,
        present=present,
        fenced=frozenset(fenced),
        inherited=tuple(sorted(inherited)),
        notes=tuple(_notes(connection, ledger, attempts, listed.keys() - wanted.keys() - owned, drifted)),
        new=ledger is None
        or bool(attempts.unfinished)
        or desired.digest != ledger.current.digest
        or bool(plan["rolls"] or put_parts or put_dags or delete),
    )


def parts_to_roll(
    desired: DesiredContent, environment: LiveEnvironment, kept: Mapping[str, StoredObject]
) -> tuple[str, ...]:
    """The parts of which the environment has another version than the one that is, or will be, in the bucket."""
    return tuple(
        part
        for part, item in desired.parts.items()
        if item.key not in kept or environment.parts.get(part) != (item.key, kept[item.key].version)
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


def _notes(
    connection: Connection, ledger: Ledger | None, attempts: Attempts, strays: set[str], drifted: set[str]
) -> Iterator[str]:
    folder = connection.dag_folder
    if attempts.unfinished:
        yield f"an earlier attempt ({attempts.unfinished}) was not brought to its end: this publish completes it"
    if drifted:
        yield (
            f"{_few(drifted)} was changed or deleted since the last release, but by no publish: it is put again"
            if len(drifted) == 1
            else f"{len(drifted)} objects below {folder} were changed or deleted since the last release, but by no "
            f"publish, and are put again: {_few(drifted)}"
        )
    if strays and ledger is None:
        yield (
            f"{len(strays)} objects below {folder} were put there by no release and are left alone: {_few(strays)}"
            if len(strays) > 1
            else f"{_few(strays)} was put there by no release and is left alone"
        )


def _few(keys: Iterable[str]) -> str:
    ordered = sorted(keys)
    return ", ".join(ordered[:_NAMED]) + (", ..." if len(ordered) > _NAMED else "")


def _release(connection: Connection, id: str) -> PublishedRelease:
    found = read(connection, release_key(connection, id), PublishedRelease)
    if found is None:
        key = release_key(connection, id)
        raise PublishError(
            f"s3://{connection.bucket}/{key} is gone, which says what release {id} put into the bucket",
            "remove its delete marker in S3 (aws s3api list-object-versions, delete-object --version-id)",
        )
    return found.document


def _as_recorded(stored: StoredObject, listed: Mapping[str, ListedObject]) -> bool:
    found = listed.get(stored.key)
    return found is not None and (found.etag == stored.etag if stored.etag else found.size == stored.size)


def _with_etag(stored: StoredObject, listed: Mapping[str, ListedObject]) -> StoredObject:
    """A release that was recorded without ETags gets them with the next one."""
    if stored.etag or stored.key not in listed:
        return stored
    return StoredObject(stored.key, stored.sha256, stored.size, stored.version, listed[stored.key].etag)


def _same(item: DesiredObject, stored: StoredObject | None) -> bool:
    return stored is not None and stored.sha256 == item.sha256


def _unsure(
    item: DesiredObject,
    kept: Mapping[str, StoredObject],
    sure: Mapping[str, StoredObject],
    listed: Mapping[str, ListedObject],
    part_keys: set[str],
) -> bool:
    """Whether the object must be looked at: it may be the item, or it is a part, which no list has."""
    if item.key in kept:
        return False
    if item.key in part_keys:
        return True
    return item.key not in sure and item.key in listed and listed[item.key].size == item.size


def _match(item: DesiredObject, found: Mapping[str, Any] | None) -> StoredObject | None:
    """The object if it is the item for sure: by the checksum of S3, else by the ETag, which then is the MD5.

    The ETag is no MD5 where a customer's key encrypts, or if it was uploaded in parts: such an object is put again.
    Source: S3 API reference, Object, ETag.
    """
    if found is None or found["ContentLength"] != item.size:
        return None
    if isinstance(item.source, StoredObject):
        same = found["VersionId"] == item.source.version
    elif (checksum := found.get("ChecksumSHA256")) is not None:
        same = checksum == base64_of(item.sha256)
    else:
        data = item.source.read_bytes() if isinstance(item.source, Path) else item.source
        same = hashlib.md5(data, usedforsecurity=False).hexdigest() == bare_etag(found)
    return StoredObject(item.key, item.sha256, item.size, found["VersionId"], bare_etag(found)) if same else None


def _refuse_expired(connection: Connection, items: Iterable[DesiredObject]) -> None:
    versions = [item.source for item in items if isinstance(item.source, StoredObject)]
    with ThreadPoolExecutor(WORKERS) as pool:
        there = pool.map(lambda stored: head(connection, stored.key, stored.version) is not None, versions)
        gone = [stored.key for stored, found in zip(versions, there, strict=True) if not found]
    if gone:
        days = connection.names.workspace.source_bucket.noncurrent_version_days
        raise PublishError(
            f"{len(gone)} of the object versions of that release are gone: {_few(gone)}. "
            f"The bucket keeps replaced versions for {days} days",
            "nothing was touched; roll back to a newer release, or check its revision out and run mwaa publish",
        )
