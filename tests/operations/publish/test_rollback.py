"""A release is restored exactly, from the object versions of then, or not at all."""

from typing import Any

import pytest
from mwaa.operations import publish as publishing
from mwaa.operations.publish import PublishError, PublishOutcome

from tests.operations.publish.conftest import Site
from tests.operations.publish.test_changes import LOOK, everything


def rollback(site: Site, release: str | None = None, **options: Any) -> PublishOutcome:
    site.calls.clear()
    return publishing.rollback(site.definition, site.root, release, report=site.events.append, **options)


def test_a_release_is_restored_exactly(site: Site) -> None:
    first = site.publish(revision="one").current
    objects = site.objects()
    everything(site)
    site.write("dags/new.py", "")
    second = site.publish(revision="two").current
    outcome = rollback(site)
    assert first is not None
    assert second is not None
    assert outcome.current is not None
    assert site.objects() == objects
    assert site.versions() == {key: site.newest(key) for key in ("plugins.zip", "requirements.txt", "startup.sh")}
    assert (outcome.current.rollback_to, outcome.current.revision) == (first.id, "one")
    assert outcome.current.rolled
    assert [record.id for record in publishing.releases(site.workspace)] == [outcome.current.id, second.id, first.id]
    assert rollback(site, outcome.current.id).done == "nothing"
    again = site.publish(revision="two")
    assert again.done == "released"
    assert site.objects() == site.bundle()


def test_a_rollback_of_dags_alone_copies_and_rolls_nothing(site: Site) -> None:
    site.publish()
    site.write("dags/orders.py", "# worse\n")
    site.publish()
    rollback(site)
    assert [call for call in site.calls if ".mwaa" not in call][2:] == [
        "ListObjectsV2",
        "ListObjectsV2",
        "HeadObject dags/orders.py",  # is that version still there
        "GetCallerIdentity",
        "CopyObject dags/orders.py",
        "ListObjectsV2",
    ]


def test_versions_that_expired_are_reported_before_anything_is_touched(site: Site) -> None:
    first = site.publish()
    version = site.newest("dags/orders.py")
    everything(site)
    site.write("dags/orders.py", "# worse\n")
    site.publish()
    site.client("s3").delete_object(Bucket=site.bucket, Key="dags/orders.py", VersionId=version)
    assert first.current is not None
    with pytest.raises(PublishError) as raised:
        rollback(site)
    assert str(raised.value) == (
        "1 of the object versions of that release are gone: dags/orders.py. The bucket keeps replaced versions for "
        "90 days"
    )
    assert not [call for call in site.calls if call.startswith(("Put", "Copy", "Delete", "Update"))]
    with pytest.raises(PublishError, match="are gone"):
        publishing.preview_rollback(site.definition, None)


def test_a_dry_run_of_a_rollback_writes_nothing(site: Site) -> None:
    site.publish()
    site.write("dags/orders.py", "# worse\n")
    site.publish()
    site.calls.clear()
    outcome = publishing.preview_rollback(site.definition, None)
    assert outcome.plan is not None
    assert outcome.plan.changed == ("dags/orders.py",)
    assert {call.split()[0] for call in site.calls} == {
        "GetCallerIdentity", "GetObject", "GetEnvironment", "HeadObject", "ListObjectsV2",
    }  # fmt: skip


def test_unknown_releases_are_refused(site: Site) -> None:
    with pytest.raises(PublishError, match="dev has no release before the current one"):
        rollback(site)
    site.publish()
    with pytest.raises(PublishError, match='dev has no release "20250101-000000-abcdef"'):
        rollback(site, "20250101-000000-abcdef")


def test_no_release_was_published_yet(site: Site) -> None:
    assert publishing.releases(site.workspace) == ()


def test_a_release_records_where_it_came_from(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MWAA_REVISION", "4f2a")
    monkeypatch.setenv("MWAA_AUTHOR", "Ada <ada@example.com>")
    monkeypatch.setenv("MWAA_RUN", "pipeline dev, execution 7")
    record = site.publish().current
    assert record is not None
    assert (record.revision, record.author, record.run) == (
        "4f2a",
        "Ada <ada@example.com>",
        "pipeline dev, execution 7",
    )
    assert record.caller == f"arn:aws:iam::{site.workspace.account}:user/embedded-aws"
    assert (record.workspace, record.airflow_version) == ("dev", "3.0.6")
    assert publishing.releases(site.workspace) == (record,)
    site.publish()
    assert site.calls == LOOK
