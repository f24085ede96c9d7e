"""What attempts to publish may have touched, or may yet: the journals that each writes before it begins."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime

from mwaa.operations.publish.connection import Connection
from mwaa.operations.publish.documents import AttemptJournal, attempt_key, attempts_prefix, read

_REMEMBERED = timedelta(days=7)
"""How long the journal of a publisher counts that was taken over and may only sleep. A role's session has 12 hours."""


@dataclass(frozen=True, slots=True)
class Attempts:
    """The attempts whose journals are in the bucket, beside `unfinished`: the last one, if its release is not there."""

    unfinished: str
    taken_over: bool
    """Whether the unfinished one was silent and may go on at any moment."""
    left: tuple[str, ...]
    """Attempts that ended in no release and did not remove their journal."""
    forgotten: tuple[str, ...]
    """Attempts so old that nobody goes on with them."""

    def touched(self, connection: Connection, everything: Iterable[str]) -> frozenset[str]:
        """Return the keys that these attempts name; `everything` if the last one's journal is gone."""
        keys: set[str] = set()
        for attempt in dict.fromkeys((*self.left, self.unfinished)):
            if not attempt:
                continue
            journal = read(connection, attempt_key(connection, attempt), AttemptJournal)
            if journal is not None:
                keys.update(journal.document.touched)
            elif attempt == self.unfinished:
                keys.update(everything)
        return frozenset(keys)

    def forget(self, connection: Connection, own: str) -> None:
        """Delete the journals that no longer count, after the release of the attempt `own` is complete."""
        ended = () if self.taken_over or not self.unfinished else (self.unfinished,)
        for attempt in (own, *ended, *self.forgotten):
            connection.s3.delete_object(Bucket=connection.bucket, Key=attempt_key(connection, attempt))


def read_attempts(connection: Connection, unfinished: str, *, taken_over: bool) -> Attempts:
    """Read which attempts left a journal."""
    prefix = attempts_prefix(connection)
    pages = connection.s3.get_paginator("list_objects_v2").paginate(Bucket=connection.bucket, Prefix=prefix)
    left: list[str] = []
    forgotten: list[str] = []
    for page in pages:
        now = parsedate_to_datetime(page["ResponseMetadata"]["HTTPHeaders"]["date"])
        for found in page.get("Contents", ()):
            attempt = found["Key"].removeprefix(prefix).removesuffix(".json")
            if attempt != unfinished:
                (left if now - found["LastModified"] < _REMEMBERED else forgotten).append(attempt)
    return Attempts(unfinished, taken_over, tuple(left), tuple(forgotten))
