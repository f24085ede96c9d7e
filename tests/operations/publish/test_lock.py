"""One publisher at a time: a holder is reported, a dead one is taken over, one that lost the lock stops."""

import re
import threading
from datetime import UTC, datetime

import pytest
from mwaa.config import Names
from mwaa.operations.publish import PublishError, lock, releases
from mwaa.operations.publish.connection import Connection
from mwaa.operations.publish.documents import (
    AttemptJournal,
    ChangedMeanwhile,
    DocumentVersion,
    PublishLock,
    attempt_key,
    write,
)
from mwaa.operations.publish.lock import HeldLock, hold_lock, read_lock
from mwaa.operations.publish.origin import Origin
from mwaa.progress import Step

from tests.operations.publish.conftest import Site

OTHER = Origin("", "", "ada@laptop, process 7")
ATTEMPT = "20260101-000000-abcdef"


@pytest.fixture
def connection(site: Site) -> Connection:
    return Connection(Names(site.workspace))


def begun(connection: Connection) -> None:
    """What another publisher writes before it takes the lock."""
    write(connection, attempt_key(connection, ATTEMPT), AttemptJournal(("dags/other.py",)), replacing=None)


def test_the_publisher_is_named_and_a_second_publisher_is_refused(
    site: Site, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "BEAT_SECONDS", 0.2)
    begun(connection)
    with hold_lock(connection, None, ATTEMPT, OTHER, site.events.append) as hold:
        since = f"{datetime.now(UTC):%Y-%m-%d %H:%M}"
        for wait in (True, False):
            with pytest.raises(PublishError) as raised:
                site.publish(wait=wait)
            who = "arn:aws:iam::600000000000:user/embedded-aws (ada@laptop, process 7)"
            assert str(raised.value).startswith(f"{who} is publishing since {since}")
            assert str(raised.value).endswith(f" UTC (release {ATTEMPT})")
            assert raised.value.fix == "run the same command again when that is done"
            assert site.moved() == set()
        hold.free(done=True)
    assert site.publish().done == "released"


def test_a_second_publisher_goes_on_when_the_first_ends(site: Site, connection: Connection) -> None:
    begun(connection)
    with hold_lock(connection, None, ATTEMPT, OTHER, site.events.append) as hold:
        threading.Timer(0.5, lambda: hold.free(done=True)).start()
        assert site.publish().done == "released"
    assert len(releases(site.workspace)) == 1


def test_a_holder_without_a_sign_of_life_is_taken_over(
    site: Site, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(connection)
    dead = PublishLock(ATTEMPT, True, "arn:dead", "build 7", datetime.now(UTC))
    write(connection, connection.names.publishing_lock, dead, replacing=None)
    monkeypatch.setattr(lock, "is_stale", lambda found: found.document.run == "build 7")
    assert site.publish().done == "released"
    steps = [event.text for event in site.events if isinstance(event, Step)]
    assert re.fullmatch(r"taking over from arn:dead \(build 7\), silent for \d+ s", steps[2])
    after = read_lock(connection)
    assert after is not None
    assert (after.document.held, after.document.attempt) == (False, "")


def test_age_is_by_the_clock_of_s3_and_two_minutes_are_too_old() -> None:
    document = PublishLock("a", True, "who", "run", datetime.now(UTC))
    assert lock.is_stale(DocumentVersion(document, "etag", 121.0))
    assert not lock.is_stale(DocumentVersion(document, "etag", 119.0))


def test_who_lost_the_lock_stops(site: Site, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "BEAT_SECONDS", 0.1)
    document = PublishLock(ATTEMPT, True, "who", "run", datetime.now(UTC))
    hold = HeldLock(connection, document, write(connection, connection.names.publishing_lock, document, replacing=None))
    hold.check()
    taken = PublishLock("20260101-000001-abcdef", True, "other", "run", datetime.now(UTC))
    for _ in range(20):
        now = read_lock(connection)
        assert now is not None
        try:
            write(connection, connection.names.publishing_lock, taken, replacing=now.etag)
        except ChangedMeanwhile:  # a beat came between
            continue
        break
    hold._thread.join(10)
    with pytest.raises(PublishError, match="this publish was taken over: another publisher took its lock"):
        hold.check()
    hold.free(done=True)
    found = read_lock(connection)
    assert found is not None
    assert found.document == taken


def test_a_machine_that_slept_stops(site: Site, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    with hold_lock(connection, None, ATTEMPT, OTHER, site.events.append) as hold:
        hold.check()
        now = lock._now()
        monkeypatch.setattr(lock, "_now", lambda: now + 61)
        with pytest.raises(PublishError, match="the lock of this publish could not be renewed"):
            hold.check()


def test_of_two_who_take_a_free_lock_one_succeeds(site: Site, connection: Connection) -> None:
    with hold_lock(connection, None, ATTEMPT, OTHER, site.events.append) as hold:
        with pytest.raises(ChangedMeanwhile), hold_lock(connection, None, "other", OTHER, site.events.append):
            pass
        hold.free(done=True)


def test_a_lock_is_let_go_when_its_holder_fails_and_remembers_the_attempt(site: Site, connection: Connection) -> None:
    with pytest.raises(ZeroDivisionError), hold_lock(connection, None, ATTEMPT, OTHER, site.events.append):
        raise ZeroDivisionError
    found = read_lock(connection)
    assert found is not None
    assert (found.document.held, found.document.attempt) == (False, ATTEMPT)


def test_a_document_that_this_version_cannot_read_is_reported(site: Site) -> None:
    site.client("s3").put_object(Bucket=site.bucket, Key=".mwaa/releases.json", Body=b'{"format": 2, "releases": []}')
    with pytest.raises(PublishError) as raised:
        site.publish()
    assert str(raised.value) == (
        f"s3://{site.bucket}/.mwaa/releases.json is not as this version of mwaa writes it: format: Input should be 1"
    )
