"""Only one publisher at a time, by conditional writes of one object in the bucket.

The object says who publishes, and what that attempt may have left undone: it stays when the attempt ends early, so
that the next publisher knows. A holder rewrites it every few seconds; one that no longer does is taken over. No request
of a holder that changes anything is sent, for the first time or again, once its lock is too old or gone: a process that
was stopped, or a laptop that slept, sends nothing when it goes on.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime

from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import BotoCoreError, ClientError

from mwaa.operations.publish.connection import READ_TIMEOUT, RUN_AGAIN, Connection
from mwaa.operations.publish.documents import ChangedMeanwhile, DocumentVersion, PublishLock, read, write
from mwaa.operations.publish.errors import PublishError
from mwaa.operations.publish.origin import Origin
from mwaa.progress import Report, Step

BEAT_SECONDS = 20.0
"""How often a holder rewrites the lock."""
STALE_SECONDS = 120.0
"""After so long without a word from its holder, the lock is taken over. A few beats may be lost on the way."""
VALID_SECONDS = STALE_SECONDS - READ_TIMEOUT
"""After so long without a rewrite, the holder sends nothing more: what it sent before has ended when others begin."""
_LOOK_SECONDS = 2.0
_STOP_SECONDS = 30.0
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Counts while the machine sleeps, as CLOCK_MONOTONIC does on macOS. Nobody sets it, unlike the clock on the wall."""
_GUARDED = {
    "s3": ("PutObject", "CopyObject", "UploadPart", "CompleteMultipartUpload", "DeleteObjects"),
    "mwaa": ("UpdateEnvironment",),
}
"""The operations that change content or environment."""


def read_lock(connection: Connection) -> DocumentVersion[PublishLock] | None:
    """The lock as it is; None before the first publish of all."""
    return read(connection, connection.names.publishing_lock, PublishLock)


def is_stale(lock: DocumentVersion[PublishLock]) -> bool:
    return lock.age > STALE_SECONDS


def refuse_or_wait(connection: Connection, lock: DocumentVersion[PublishLock], *, wait: bool, report: Report) -> None:
    """Return when the lock that another publisher holds is free or stale.

    A publisher that was killed looks like one that lives until it misses its beat. So this watches for one: a holder
    that lives is refused to, within half a minute. Without `wait`, at once. Raises PublishError.
    """
    held = lock.document
    if not wait:
        raise _busy(held)
    report(Step(f"{_holder(held)} seems to be publishing since {_clock(held.since)}: looking whether it lives"))
    first = lock.etag
    while True:
        time.sleep(_LOOK_SECONDS)
        now = read_lock(connection)
        if now is None or not now.document.held or is_stale(now):
            return
        if now.etag != first:
            raise _busy(now.document)


class HeldLock:
    """The lock, held by us. It is checked before each attempt of each request that changes content or environment."""

    def __init__(self, connection: Connection, lock: PublishLock, etag: str) -> None:
        self._connection, self._lock, self._etag = connection, lock, etag
        self._renewed = _now()
        self._lost = ""
        self._over = threading.Event()
        self._watch_requests()
        self._thread = threading.Thread(target=self._beat, name="publishing lock", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raises PublishError if the lock is no longer ours, or might not be."""
        if self._lost:
            raise PublishError(
                f"this publish was taken over: {self._lost}", "look at what the other one does; " + RUN_AGAIN
            )
        if _now() - self._renewed > VALID_SECONDS:
            raise PublishError(
                "the lock of this publish could not be renewed: this process was stopped, or S3 did not answer, "
                f"for more than {VALID_SECONDS:.0f} s",
                RUN_AGAIN,
            )

    def free(self, *, done: bool) -> None:
        """Release the lock. With `done` nothing is left of the attempt; else the next publisher completes it."""
        self._over.set()
        self._thread.join(_STOP_SECONDS)  # it may be in the middle of a beat that S3 does not answer
        kept = replace(self._lock, held=False, attempt="" if done else self._lock.attempt)
        with suppress(ChangedMeanwhile):  # another publisher took it over
            write(self._connection, self._connection.names.publishing_lock, kept, replacing=self._etag)

    def abandon(self) -> None:
        """Release the lock if S3 is reachable; else it goes stale by itself."""
        with suppress(ClientError, BotoCoreError):
            self.free(done=False)

    def _watch_requests(self) -> None:
        key = self._connection.names.publishing_lock

        def check(request: AWSPreparedRequest, **_: object) -> None:
            if not self._over.is_set() and not request.url.split("?")[0].endswith(f"/{key}"):
                self.check()

        for service, operations in _GUARDED.items():
            events = getattr(self._connection, service).meta.events
            for operation in operations:
                events.register(f"before-send.{service}.{operation}", check)

    def _beat(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            following = replace(self._lock, beat=self._lock.beat + 1)
            started = _now()
            try:
                key = self._connection.names.publishing_lock
                self._etag = write(self._connection, key, following, replacing=self._etag)
            except ChangedMeanwhile:
                self._lost = "another publisher took its lock after it had been silent for too long"
                return
            except (ClientError, BotoCoreError):
                continue  # the next beat may come through; `check` counts the time
            self._lock, self._renewed = following, started


@contextmanager
def hold_lock(
    connection: Connection,
    before: DocumentVersion[PublishLock] | None,
    attempt: str,
    origin: Origin,
    report: Report,
) -> Iterator[HeldLock]:
    """Take the lock that was read as `before`. The block calls `free` when it has finished.

    If the block raises, the lock is released with the attempt recorded in it. Raises ChangedMeanwhile if somebody else
    was quicker.
    """
    if before is not None and before.document.held:
        report(Step(f"taking over from {_holder(before.document)}, silent for {before.age:.0f} s"))
    lock = PublishLock(attempt, True, connection.caller, origin.run, datetime.now(UTC))
    etag = write(connection, connection.names.publishing_lock, lock, replacing=before.etag if before else None)
    hold = HeldLock(connection, lock, etag)
    try:
        yield hold
    except BaseException:
        hold.abandon()
        raise


def _now() -> float:
    return time.clock_gettime(_CLOCK)


def _busy(held: PublishLock) -> PublishError:
    return PublishError(
        f"{_holder(held)} is publishing since {_clock(held.since)} (release {held.attempt})",
        "run the same command again when that is done",
    )


def _holder(held: PublishLock) -> str:
    return f"{held.who} ({held.run})"


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
