"""A publisher that sleeps while another takes over, and then goes on, changes nothing any more."""

import multiprocessing
import random
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import psutil
import pytest
from botocore.awsrequest import AWSPreparedRequest
from mwaa.config import Names
from mwaa.operations.publish import PublishError, lock
from mwaa.operations.publish.connection import Connection
from mwaa.operations.publish.documents import AttemptJournal, attempt_key, write

from tests.operations.publish.conftest import Site, refusal
from tests.operations.publish.killed import publish_until

DAGS = 12


@contextmanager
def sleeping(site: Site, moment: int) -> Iterator[None]:
    """A publish of a copy of the project, stopped at that event for the time of the block, then awake to its end."""
    copy = site.root.parent / "sleeper"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(site.root, copy)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.operations.publish.killed"])
    arguments = (site.definition, copy, site.environ, moment, signal.SIGSTOP)
    process = context.Process(target=publish_until, args=arguments)
    process.start()
    assert process.pid
    seen = psutil.Process(process.pid)
    deadline = time.monotonic() + 60
    while seen.status() != psutil.STATUS_STOPPED:
        assert time.monotonic() < deadline
        assert process.is_alive()
        time.sleep(0.01)
    try:
        yield
    finally:
        seen.send_signal(signal.SIGCONT)
        process.join(60)
    assert process.exitcode == 0


def write_all(site: Site, text: str) -> None:
    for number in range(DAGS):
        site.write(f"dags/d{number}.py", f"# {text} {number}\n")


@pytest.mark.parametrize("other", ["everything new", "as it was", "without the new ones"])
def test_stopped_at_many_moments_the_publisher_that_took_over_is_right(
    site: Site, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    write_all(site, "first")
    site.publish()
    monkeypatch.setattr(lock, "is_stale", lambda _: True)  # else each would take two minutes
    for turn, moment in enumerate(random.Random(other).sample(range(3, 32), 4)):
        write_all(site, f"sleeper {turn}")
        site.write(f"dags/new{turn}.py", "# of the sleeper\n")
        site.write("dags/weekly.py", None)
        with sleeping(site, moment):
            write_all(site, f"other {turn}" if other == "everything new" else "first")
            site.write("dags/weekly.py", "from airflow import DAG\n")
            if other == "without the new ones":
                site.write(f"dags/new{turn}.py", None)
            site.publish()
        if site.objects() != site.bundle():  # a request was sent already, for an object that only the sleeper has
            assert site.objects().keys() - site.bundle().keys() <= {f"dags/new{turn}.py"}, moment
            assert {key: site.objects()[key] for key in site.bundle()} == site.bundle(), moment
        site.publish()
        assert site.objects() == site.bundle(), moment
        assert site.publish().done == "nothing"


def test_no_attempt_is_sent_once_the_lock_is_too_old(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each attempt of a request counts: the first is answered by 503, and before the second the machine sleeps."""
    site.publish()
    before = site.objects()
    site.write("dags/orders.py", "# 2\n")
    sent: list[str] = []
    clock = lock._now

    def refuse_and_sleep(request: AWSPreparedRequest, **_: Any) -> Any:
        if not request.url.endswith("/dags/orders.py"):
            return None
        sent.append(request.url)
        monkeypatch.setattr(lock, "_now", lambda: clock() + 61)
        return refusal("SlowDown", "Please reduce your request rate.", 503)(request)

    assert boto3.DEFAULT_SESSION
    boto3.DEFAULT_SESSION.events.register_last("before-send.s3.PutObject", refuse_and_sleep)
    with pytest.raises(PublishError) as raised:
        site.publish()
    assert str(raised.value) == (
        "the lock of this publish could not be renewed: this process was stopped, or S3 did not answer, for more than "
        "60 s"
    )
    assert len(sent) == 1
    assert site.objects() == before


def test_an_object_that_somebody_else_changed_is_put_again(site: Site) -> None:
    site.publish()
    site.client("s3").put_object(Bucket=site.bucket, Key="dags/orders.py", Body=b"# by hand\n")
    site.client("s3").delete_object(Bucket=site.bucket, Key="dags/weekly.py")
    outcome = site.publish()
    assert outcome.done == "released"
    assert outcome.notes == (
        "2 objects below dags/ were changed or deleted since the last release, but by no publish, and are put again: "
        "dags/orders.py, dags/weekly.py",
    )
    assert site.objects() == site.bundle()


def test_what_is_changed_while_a_publish_runs_is_put_right_before_the_release(site: Site) -> None:
    site.publish()
    site.write("dags/orders.py", "# 2\n")
    s3 = site.client("s3")

    def meddle(**_: Any) -> None:
        if "PutObject dags/orders.py" in site.calls and not meddled:
            meddled.append("")
            s3.put_object(Bucket=site.bucket, Key="dags/weekly.py", Body=b"# late\n")

    meddled: list[str] = []
    assert boto3.DEFAULT_SESSION
    boto3.DEFAULT_SESSION.events.register("after-call.s3.PutObject", meddle)
    assert site.publish().done == "released"
    assert meddled
    assert site.objects() == site.bundle()
    assert site.publish().done == "nothing"


def test_a_journal_deletes_only_content(site: Site) -> None:
    """A journal that somebody else wrote deletes no other keys."""
    site.publish()
    s3 = site.client("s3")
    others = ("dags/gone.py", "invoices/2026.csv", ".mwaa/releases.json", "dagsfolder/x.py")
    for key in ("dags/gone.py", "invoices/2026.csv", "dagsfolder/x.py"):
        s3.put_object(Bucket=site.bucket, Key=key, Body=b"")
    connection = Connection(Names(site.workspace))
    attempt = "20260101-000000-abcdef"
    write(connection, attempt_key(connection, attempt), AttemptJournal(others), replacing=None)
    assert site.publish().done == "released"
    there = site.objects()
    assert there.keys() - site.bundle().keys() == {"invoices/2026.csv", "dagsfolder/x.py"}
