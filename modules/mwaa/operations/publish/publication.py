"""Publishing: from a plan, in the one order in which no DAG meets a plugin that is not there yet, to a release.

1. The lock, with a journal of all that will be touched, so that whoever comes after a killed publisher knows.
2. plugins.zip, requirements and startup script: new S3 versions, of which the environment takes no notice.
3. If the environment has other versions than these: UpdateEnvironment, followed to its end. If it fails, MWAA restores
   what ran before, and no DAG was touched.
4. The DAG files: what DAGs import first. Then what no release needs any more is deleted.
5. The release, complete; then the ledger, by a conditional write, which makes it the current one.

A DAG that goes in the same release as the plugin it needs is without that plugin from 3 to 4: publish twice.
"""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from mwaa import content
from mwaa.config import ConfigurationError, Definition, Names, Problem, Workspace
from mwaa.operations.access import translate_errors
from mwaa.operations.errors import AccessError
from mwaa.operations.live_environment import LiveEnvironment
from mwaa.operations.publish import lock as locks
from mwaa.operations.publish import transfer
from mwaa.operations.publish.connection import Connection, connect
from mwaa.operations.publish.desired import DesiredContent, DesiredObject, complete_for, from_bundle, from_release
from mwaa.operations.publish.documents import (
    KEPT,
    AttemptJournal,
    ChangedMeanwhile,
    DocumentVersion,
    Ledger,
    PublishLock,
    Release,
    ReleaseRecord,
    StoredObject,
    attempt_key,
    ledger_key,
    read,
    release_key,
    write,
)
from mwaa.operations.publish.errors import PublishError
from mwaa.operations.publish.events import PublishReporter, PublishStep
from mwaa.operations.publish.lock import HeldLock, hold_lock
from mwaa.operations.publish.origin import Origin, find_origin
from mwaa.operations.publish.plan import PublishPlan, is_current, make_plan, parts_to_roll, unfinished_attempt
from mwaa.operations.publish.roll import (
    BUSY,
    USUAL,
    deployed_environment,
    follow_roll,
    refuse_unfit,
    start_roll,
    wait_until_idle,
)

Strategy = Literal["FORCED", "GRACEFUL"]


@dataclass(frozen=True, slots=True)
class PublishOutcome:
    """What a publish or rollback did, or would do."""

    done: Literal["nothing", "planned", "rolling", "released"]
    """`rolling`: without waiting; the DAGs follow when the same command is run again."""
    plan: PublishPlan | None
    current: ReleaseRecord | None
    """The release that is current now."""
    notes: tuple[str, ...] = ()


def publish(
    definition: Definition,
    root: Path,
    *,
    revision: str | None = None,
    strategy: Strategy | None = None,
    wait: bool = True,
    report: PublishReporter,
) -> PublishOutcome:
    """Brings the project's content to bucket and environment, and writes a release.

    `strategy` is how workers are replaced if the environment must be updated; None: as the workspace says. Without
    `wait`, it ends once MWAA has taken the update, and before the DAGs: run it again when the environment is AVAILABLE.

    Raises ContentError, AccessError, PublishError; ConfigurationError if Terraform owns the versions.
    """
    _refuse_terraform(definition)
    workspace = definition.workspace
    with connect(Names(workspace)) as connection, _bundled(workspace, root, report) as desired:
        origin = find_origin(root, revision)
        return _apply(connection, desired, origin, strategy, wait=wait, report=report)


def preview(definition: Definition, root: Path, *, report: PublishReporter) -> PublishOutcome:
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
    report: PublishReporter,
) -> PublishOutcome:
    """Restores an earlier release (None: the one before the current) from the object versions of then.

    The copies are a new release, which names the one that it restored. Raises AccessError, PublishError, and
    ConfigurationError if Terraform owns the versions.
    """
    _refuse_terraform(definition)
    with connect(Names(definition.workspace)) as connection:
        id = _earlier(connection, release)
        restored = _restored(connection, id)
        origin = replace(find_origin(root, None), revision=restored.record.revision)
        return _apply(connection, from_release(restored), origin, strategy, wait=wait, report=report)


def preview_rollback(definition: Definition, release: str | None) -> PublishOutcome:
    """What `rollback` would do now. Reads only. Raises AccessError, PublishError."""
    with connect(Names(definition.workspace)) as connection:
        return _preview(connection, from_release(_restored(connection, _earlier(connection, release))))


def releases(workspace: Workspace) -> tuple[ReleaseRecord, ...]:
    """Every release, newest first: the first is the current one. Raises AccessError, PublishError."""
    with connect(Names(workspace)) as connection:
        ledger = read(connection, ledger_key(connection), Ledger)
        return ledger.document.releases if ledger else ()


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """What there is before a publish, read once."""

    lock: DocumentVersion[PublishLock] | None
    ledger: DocumentVersion[Ledger] | None
    environment: LiveEnvironment
    desired: DesiredContent
    """Complete for this environment."""

    @property
    def attempt(self) -> str:
        """An earlier attempt that was not brought to its end."""
        return unfinished_attempt(self.lock, self.ledger)

    @property
    def busy(self) -> bool:
        """Whether somebody publishes: holds the lock, gave a sign of life lately, and has work left."""
        return (
            self.lock is not None and self.lock.document.held and not locks.is_stale(self.lock) and bool(self.attempt)
        )

    @property
    def current(self) -> ReleaseRecord | None:
        return self.ledger.document.current if self.ledger else None

    @property
    def done(self) -> bool:
        return (
            not self.attempt
            and self.ledger is not None
            and is_current(self.desired, self.ledger.document, self.environment)
        )


def _take_snapshot(connection: Connection, desired: DesiredContent) -> _Snapshot:
    lock = locks.read_lock(connection)  # before the ledger: what its attempt has finished by then is in there
    environment = deployed_environment(connection)
    desired = complete_for(desired, environment, connection.names.workspace.content)
    return _Snapshot(lock, read(connection, ledger_key(connection), Ledger), environment, desired)


def _plan(connection: Connection, snapshot: _Snapshot) -> PublishPlan:
    ledger = snapshot.ledger.document if snapshot.ledger else None
    return make_plan(connection, snapshot.desired, ledger, snapshot.attempt, snapshot.environment)


def _preview(connection: Connection, desired: DesiredContent) -> PublishOutcome:
    snapshot = _take_snapshot(connection, desired)
    if snapshot.done:
        return PublishOutcome("nothing", None, snapshot.current)
    plan = _plan(connection, snapshot)
    notes = [*plan.notes]
    if snapshot.lock is not None and snapshot.busy:
        notes.append(f"{snapshot.lock.document.who} seems to be publishing right now")
    if plan.rolls and snapshot.environment.status in BUSY:
        notes.append(f"the environment is {snapshot.environment.status}: it would be waited for")
    return PublishOutcome("planned" if plan.new else "nothing", plan, snapshot.current, tuple(notes))


def _apply(
    connection: Connection,
    desired: DesiredContent,
    origin: Origin,
    strategy: Strategy | None,
    *,
    wait: bool,
    report: PublishReporter,
) -> PublishOutcome:
    chosen: Strategy = strategy or connection.names.workspace.worker_replacement_strategy
    while True:
        snapshot = _take_snapshot(connection, desired)
        if snapshot.lock is not None and snapshot.busy:
            locks.refuse_or_wait(connection, snapshot.lock, wait=wait, report=report)
            continue
        if snapshot.done:
            return PublishOutcome("nothing", None, snapshot.current)
        report(PublishStep("comparing with the bucket"))
        plan = _plan(connection, snapshot)
        if not plan.new:
            return PublishOutcome("nothing", plan, snapshot.current)
        unsettled = bool(snapshot.attempt) and snapshot.environment.status in BUSY
        refuse_unfit(connection, snapshot.environment, rolls=bool(plan.rolls) or unsettled, strategy=chosen, wait=wait)
        id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        journal = attempt_key(connection, id)
        write(connection, journal, AttemptJournal(plan.touched), replacing=None)
        try:
            with (
                translate_errors(connection.names.workspace.region),
                hold_lock(connection, snapshot.lock, id, origin, report) as hold,
            ):
                return _carry_out(connection, snapshot, plan, id, origin, chosen, hold, wait=wait, report=report)
        except ChangedMeanwhile:  # somebody was quicker: look again
            connection.s3.delete_object(Bucket=connection.bucket, Key=journal)
        except AccessError as error:
            raise AccessError(
                f"{error}\nrelease {id} is not complete yet; the one before it is still recorded as the current one",
                f"{error.fix}; then run the same command again: it goes on from here",
            ) from None


def _carry_out(
    connection: Connection,
    snapshot: _Snapshot,
    plan: PublishPlan,
    id: str,
    origin: Origin,
    strategy: Strategy,
    hold: HeldLock,
    *,
    wait: bool,
    report: PublishReporter,
) -> PublishOutcome:
    stored = dict(plan.kept)

    def put(what: str, items: tuple[DesiredObject, ...]) -> None:
        if items:
            report(PublishStep(f"putting {what} into s3://{connection.bucket}"))
        stored.update({moved.key: moved for moved in transfer.put(connection, items, id, hold, report)})

    put("plugins, requirements or startup script", plan.put_parts)
    environment = snapshot.environment
    if environment.status in BUSY and (plan.rolls or snapshot.attempt):
        report(PublishStep(f"the environment is {environment.status}: waiting until it is not"))
        environment = wait_until_idle(connection, hold, report)
        refuse_unfit(connection, environment, rolls=bool(plan.rolls), strategy=strategy, wait=wait)
    to_roll = parts_to_roll(snapshot.desired, environment, stored)
    if to_roll:
        parts = {part: stored[snapshot.desired.parts[part].key] for part in to_roll}
        hold.check()
        report(PublishStep(f"updating {connection.names.environment}: {', '.join(to_roll)} ({USUAL[strategy]})"))
        start_roll(connection, parts, strategy)
        if not wait:
            hold.free(done=False)
            return PublishOutcome("rolling", plan, snapshot.current, plan.notes)
        follow_roll(connection, parts, strategy, environment, hold, report)
    put("DAGs", plan.put_dags)
    if plan.delete:
        report(PublishStep(f"deleting {len(plan.delete)} that this release no longer has"))
        transfer.delete(connection, plan.delete, hold)
    record = ReleaseRecord(
        id=id,
        at=datetime.now(UTC).replace(microsecond=0),
        workspace=connection.names.workspace.name,
        airflow_version=environment.airflow_version,
        revision=origin.revision,
        author=origin.author,
        caller=connection.caller,
        run=origin.run,
        digest=snapshot.desired.digest,
        parts={part: stored[item.key] for part, item in snapshot.desired.parts.items()},
        changes=plan.changes,
        rolled=bool(to_roll),
        rollback_to=snapshot.desired.rollback_to,
    )
    hold.check()
    _write_release(connection, snapshot, record, tuple(stored[key] for key in sorted(stored)))
    hold.free(done=True)
    connection.s3.delete_object(Bucket=connection.bucket, Key=attempt_key(connection, id))
    return PublishOutcome("released", plan, record, plan.notes)


def _write_release(
    connection: Connection, snapshot: _Snapshot, record: ReleaseRecord, objects: tuple[StoredObject, ...]
) -> None:
    before = snapshot.ledger.document.releases if snapshot.ledger else ()
    etag = snapshot.ledger.etag if snapshot.ledger else None
    write(connection, release_key(connection, record.id), Release(record, objects), replacing=None)
    try:
        write(connection, ledger_key(connection), Ledger((record, *before)[:KEPT]), replacing=etag)
    except ChangedMeanwhile:
        raise PublishError(
            "another publisher finished a release in the meantime", "run the same command again"
        ) from None


@contextmanager
def _bundled(workspace: Workspace, root: Path, report: PublishReporter) -> Iterator[DesiredContent]:
    report(PublishStep("building the bundle"))
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
        raise PublishError(f"{name} has no release before the current one", f"mwaa releases {name} lists them")
    if release is not None and release not in known:
        raise PublishError(f'{name} has no release "{release}"', f"mwaa releases {name} lists them")
    return release or known[1]


def _restored(connection: Connection, id: str) -> Release:
    found = read(connection, release_key(connection, id), Release)
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
