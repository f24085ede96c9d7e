"""Publish, roll back, and list releases: what `mwaa publish`, `mwaa rollback` and `mwaa releases` call."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from mwaa import content
from mwaa.config import ConfigurationError, Definition, Names, Problem, Workspace
from mwaa.operations.publish.apply import PublishOutcome, Strategy, apply
from mwaa.operations.publish.connection import Connection, connect
from mwaa.operations.publish.desired import DesiredContent, from_bundle, from_release
from mwaa.operations.publish.documents import Ledger, PublishedRelease, ReleaseRecord, ledger_key, read, release_key
from mwaa.operations.publish.errors import PublishError
from mwaa.operations.publish.origin import find_origin
from mwaa.operations.publish.roll import BUSY
from mwaa.operations.publish.snapshot import take_snapshot
from mwaa.progress import Report, Step


def publish(
    definition: Definition,
    root: Path,
    *,
    revision: str | None = None,
    strategy: Strategy | None = None,
    wait: bool = True,
    report: Report,
) -> PublishOutcome:
    """Bring the project's content to bucket and environment, and write a release.

    `strategy` is how workers are replaced if the environment must be updated; None: as the workspace says. Without
    `wait`, it ends once MWAA has taken the update, and before the DAGs: run it again when the environment is AVAILABLE.

    Raises ContentError, AccessError, PublishError; ConfigurationError if Terraform owns the versions.
    """
    _refuse_terraform(definition)
    workspace = definition.workspace
    with connect(Names(workspace)) as connection, _bundled(workspace, root, report) as desired:
        origin = find_origin(root, revision)
        return apply(connection, desired, origin, strategy, wait=wait, report=report)


def preview(definition: Definition, root: Path, *, report: Report) -> PublishOutcome:
    """What `publish` would do now. Reads only. Raises ContentError, AccessError, PublishError."""
    workspace = definition.workspace
    with connect(Names(workspace)) as connection, _bundled(workspace, root, report) as desired:
        return _preview(connection, desired)


def rollback(
    definition: Definition,
    root: Path,
    release: str | None,
    *,
    strategy: Strategy | None = None,
    wait: bool = True,
    report: Report,
) -> PublishOutcome:
    """Restore an earlier release (None: the one before the current) from the object versions of then.

    The copies are a new release, which names the one that it restored. Raises AccessError, PublishError, and
    ConfigurationError if Terraform owns the versions.
    """
    _refuse_terraform(definition)
    with connect(Names(definition.workspace)) as connection:
        id = _earlier(connection, release)
        restored = _restored(connection, id)
        origin = replace(find_origin(root, None), revision=restored.record.revision)
        return apply(connection, from_release(restored), origin, strategy, wait=wait, report=report)


def preview_rollback(definition: Definition, release: str | None) -> PublishOutcome:
    """What `rollback` would do now. Reads only. Raises AccessError, PublishError."""
    with connect(Names(definition.workspace)) as connection:
        return _preview(connection, from_release(_restored(connection, _earlier(connection, release))))


def releases(workspace: Workspace) -> tuple[ReleaseRecord, ...]:
    """Every release, newest first: the first is the current one. Raises AccessError, PublishError."""
    with connect(Names(workspace)) as connection:
        ledger = read(connection, ledger_key(connection), Ledger)
        return ledger.document.releases if ledger else ()


def _preview(connection: Connection, desired: DesiredContent) -> PublishOutcome:
    snapshot = take_snapshot(connection, desired)
    plan = snapshot.make_plan(connection)
    notes = [*plan.notes]
    if snapshot.lock is not None and snapshot.busy:
        notes.append(f"{snapshot.lock.document.who} seems to be publishing right now")
    if plan.rolls and snapshot.environment.status in BUSY:
        notes.append(f"the environment is {snapshot.environment.status}: it would be waited for")
    return PublishOutcome("planned" if plan.new else "nothing", plan, snapshot.current, tuple(notes))


@contextmanager
def _bundled(workspace: Workspace, root: Path, report: Report) -> Iterator[DesiredContent]:
    report(Step("building the bundle"))
    with tempfile.TemporaryDirectory(prefix="mwaa-publish-") as folder:
        bundle = content.gather(
            workspace.content, root, Path(folder, "bundle"), airflowignore_syntax=workspace.airflowignore_syntax
        )
        yield from_bundle(bundle)


def _earlier(connection: Connection, release: str | None) -> str:
    ledger = read(connection, ledger_key(connection), Ledger)
    known = [record.id for record in ledger.document.releases] if ledger else []
    name = connection.names.workspace.name
    if release is None and len(known) < 2:
        raise PublishError(f"{name} has no release before the current one", f"mwaa releases {name}")
    if release is not None and release not in known:
        raise PublishError(f'{name} has no release "{release}"', f"mwaa releases {name}")
    return release or known[1]


def _restored(connection: Connection, id: str) -> PublishedRelease:
    found = read(connection, release_key(connection, id), PublishedRelease)
    if found is None:
        raise PublishError(
            f"s3://{connection.bucket}/{release_key(connection, id)} is gone, which says what release {id} is made of",
            "roll back to another release",
        )
    return found.document


def _refuse_terraform(definition: Definition) -> None:
    """Two owners would undo each other's work: Terraform's next plan would show every publish as a difference."""
    if definition.workspace.content.owner == "TERRAFORM":
        given = "TERRAFORM: each deployment brings the content"
        fix = 'write content=Content(owner="PUBLISH") and deploy once; or bring content by cdktf deploy alone'
        raise ConfigurationError([Problem("content.owner", given, "PUBLISH, or a pipeline", fix, file=definition.file)])
