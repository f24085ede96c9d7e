"""What publishing writes into the bucket beside the content: releases, and the ledger that says which one is current.

All of it is JSON below `Names.publishing_prefix`, where no content can lie. Airflow never reads it.
"""

import time
from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar

from botocore.exceptions import ClientError
from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from mwaa.operations.publish.connection import Connection, code_of
from mwaa.operations.publish.errors import PublishError

KEPT = 200
"""Releases that the ledger lists. With the 90 days that the bucket keeps old versions, older ones are of no use."""

_TRIES = 5
Document = TypeVar("Document")
Written = TypeVar("Written")


@dataclass(frozen=True)
class StoredObject:
    """An object in the bucket: the SHA-256 of its bytes in hex, their number, its S3 version and its ETag.

    The ETag is empty in what was recorded before releases had it.
    """

    key: str
    sha256: str
    size: int
    version: str
    etag: str = ""


@dataclass(frozen=True)
class ReleaseChanges:
    """How a release differs from the one before it, in numbers of DAG files; `parts` are names in PARTS."""

    added: int
    changed: int
    removed: int
    parts: tuple[str, ...]


@dataclass(frozen=True)
class ReleaseRecord:
    """A release in short. `at` is in UTC; `digest` is the bundle's."""

    id: str
    at: datetime
    workspace: str
    airflow_version: str
    revision: str
    author: str
    """Who wrote it: as the pipeline says, else git."""
    caller: str
    """Who published it: an ARN."""
    run: str
    """What published it: a pipeline's run, or a user on a machine."""
    digest: str
    parts: dict[str, StoredObject]
    changes: ReleaseChanges
    rolled: bool
    """Whether the environment was updated for it."""
    rollback_to: str = ""
    """The release that it restored; empty if it came from the project."""


@dataclass(frozen=True)
class PublishedRelease:
    """A release in full. It is written when every object of it is in the bucket, never before."""

    record: ReleaseRecord
    objects: tuple[StoredObject, ...]
    state: Literal["complete"] = "complete"
    format: Literal[1] = 1


@dataclass(frozen=True)
class Ledger:
    """Every release, newest first: the first one is current."""

    releases: Annotated[tuple[ReleaseRecord, ...], Field(min_length=1)]
    format: Literal[1] = 1

    @property
    def current(self) -> ReleaseRecord:
        return self.releases[0]


@dataclass(frozen=True)
class AttemptJournal:
    """What an attempt is about to touch, written before it does: keys that may no longer be as the ledger says."""

    touched: tuple[str, ...]
    format: Literal[1] = 1


@dataclass(frozen=True)
class PublishLock:
    """Who publishes. `held` is False once an attempt has ended, `attempt` empty once nothing of it is left to do."""

    attempt: str
    held: bool
    who: str
    run: str
    since: datetime
    beat: int = 0
    """Grows while the holder lives, so that the object changes."""
    format: Literal[1] = 1


class DocumentVersion(NamedTuple, Generic[Document]):
    """A document as the bucket has it, with the ETag that names these very bytes and the seconds since it was put."""

    document: Document
    etag: str
    age: float


class ChangedMeanwhile(Exception):
    """Somebody else wrote the document since it was read."""


def ledger_key(connection: Connection) -> str:
    return f"{connection.names.publishing_prefix}releases.json"


def release_key(connection: Connection, release: str) -> str:
    return f"{connection.names.releases_prefix}{release}.json"


def attempts_prefix(connection: Connection) -> str:
    return f"{connection.names.publishing_prefix}attempts/"


def attempt_key(connection: Connection, release: str) -> str:
    return f"{attempts_prefix(connection)}{release}.json"


def read(connection: Connection, key: str, kind: type[Document]) -> DocumentVersion[Document] | None:
    """None if there is no such object. Raises PublishError if this release of ours cannot read it."""
    found = _found(connection, key)
    if found is None:
        return None
    body, answer = found
    try:
        document = TypeAdapter(kind).validate_json(body)
    except ValidationError as error:
        problem = min(error.errors(), key=lambda found: found["loc"] != ("format",))  # the one that explains the others
        where = ".".join(map(str, problem["loc"])) or "the text"
        raise PublishError(
            f"s3://{connection.bucket}/{key} is not as this version of mwaa writes it: {where}: {problem['msg']}",
            "use the newest version of this project everywhere; a damaged object can be restored from its S3 versions",
        ) from None
    return DocumentVersion(document, answer["ETag"], _age(answer))


def write(connection: Connection, key: str, document: Any, *, replacing: str | None) -> str:
    """Write the document over the one with the ETag `replacing` (None: there is none yet); return the new ETag.

    Raises ChangedMeanwhile if another one is there. Source: S3 user guide, conditional-writes.
    """
    body = TypeAdapter(type(document)).dump_json(document)

    def put() -> str:
        answer = connection.s3.put_object(
            Bucket=connection.bucket,
            Key=key,
            Body=body,
            ContentType="application/json",
            **condition(replacing),
        )
        return str(answer["ETag"])

    try:
        return write_if(put, key)
    except ChangedMeanwhile:
        # Ours may be the one that is there: the answer was lost and botocore sent it once more.
        found = _found(connection, key)
        if found is not None and found[0] == body:
            return str(found[1]["ETag"])
        raise


def condition(replacing: str | None) -> dict[str, str]:
    """Return the arguments of a write that replaces the object with this ETag, or makes the first of its key."""
    return {"IfMatch": replacing} if replacing else {"IfNoneMatch": "*"}


def write_if(write: Callable[[], Written], key: str) -> Written:
    """Call `write`, which is conditional, again where S3 asks for it. Raises ChangedMeanwhile if its condition fails.

    Source: S3 user guide, conditional-writes.
    """
    for attempt in range(_TRIES):
        try:
            return write()
        except ClientError as error:
            if code_of(error) == "ConditionalRequestConflict":  # two writes at the same moment: S3 asks to try again
                time.sleep(0.1 * 2**attempt)
                continue
            if code_of(error) not in ("PreconditionFailed", "NoSuchKey"):
                raise
            break
    raise ChangedMeanwhile(key)


def _found(connection: Connection, key: str) -> tuple[bytes, Any] | None:
    try:
        answer = connection.s3.get_object(Bucket=connection.bucket, Key=key)
        return answer["Body"].read(), answer
    except ClientError as error:
        if code_of(error) == "NoSuchKey":
            return None
        raise


def _age(answer: Any) -> float:
    """By S3's clock at both ends: those of two publishers may differ."""
    now = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
    put: datetime = answer["LastModified"]
    return max(0.0, (now - put).total_seconds())
