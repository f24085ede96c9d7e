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
from mwaa.operations.access import told
from mwaa.operations.errors import AccessError
from mwaa.operations.publish import lock as locks
from mwaa.operations.publish import transfer
from mwaa.operations.publish.connection import Connection, connected
from mwaa.operations.publish.desired import Item, Target, completed, of_bundle, of_release
from mwaa.operations.publish.documents import (
    KEPT,
    Attempt,
    ChangedMeanwhile,
    Ledger,
    Lock,
    Record,
    Release,
    Stored,
    Written,
    attempt_key,
    ledger_key,
    read,
    release_key,
    write,
)
from mwaa.operations.publish.errors import PublishError
from mwaa.operations.publish.events import Report, Step
from mwaa.operations.publish.lock import Hold, holding
from mwaa.operations.publish.origin import Origin, origin_of
from mwaa.operations.publish.plan import Plan, nothing_to_do, plan_of, rolls, unfinished
from mwaa.operations.publish.roll import (
    BUSY,
    USUAL,
    Environment,
    environment_of,
    follow_roll,
    refuse_unfit,
    settled,
    start_roll,
)

Strategy = Literal["FORCED", "GRACEFUL"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a publish or rollback did, or would do."""

    done: Literal["nothing", "planned", "rolling", "released"]
    """`rolling`: without waiting; the DAGs follow when the same command is run again."""
    plan: Plan | None
    current: Record | None
    """The release that is current now."""
    notes: tuple[str, ...] = ()


def publish(
    definition: Definition,
    root: Path,
    *,
    revision: str | None = None,
    strategy: Strategy | None = None,
    wait: bool = True,
    report: Report,
) -> Outcome:
    """Brings the project's content to bucket and environment, and writes a release.

    `strategy` is how workers are replaced if the environment must be updated; None: as the workspace says. Without
    `wait`, it ends once MWAA has taken the update, and before the DAGs: run it again when the environment is AVAILABLE.

    Raises ContentError, AccessError, PublishError; ConfigurationError if Terraform owns the versions.
    """
    _refuse_terraform(definition)
    workspace = definition.workspace
    with connected(Names(workspace)) as connection, _bundled(workspace, root, report) as target:
        origin = origin_of(root, revision)
        return _bring(connection, target, origin, strategy, wait=wait, report=report)


def preview(definition: Definition, root: Path, *, report: Report) -> Outcome:
    """What `publish` would do now. Reads only. Raises ContentError, AccessError, PublishError."""
    workspace = definition.workspace
    with connected(Names(workspace)) as connection, _bundled(workspace, root, report) as target:
        return _foresee(connection, target)


def rollback(
    definition: Definition,
    root: Path,
    release: str | None,
    *,
    strategy: Strategy | None = None,
    wait: bool = True,
    report: Report,
) -> Outcome:
    """Restores an earlier release (None: the one before the current) from the object versions of then.

    The copies are a new release, which names the one that it restored. Raises AccessError, PublishError, and
    ConfigurationError if Terraform owns the versions.
    """
    _refuse_terraform(definition)
    with connected(Names(definition.workspace)) as connection:
        id = _earlier(connection, release)
        restored = _restored(connection, id)
        origin = replace(origin_of(root, None), revision=restored.record.revision)
        return _bring(connection, of_release(restored), origin, strategy, wait=wait, report=report)


def preview_rollback(definition: Definition, release: str | None) -> Outcome:
    """What `rollback` would do now. Reads only. Raises AccessError, PublishError."""
    with connected(Names(definition.workspace)) as connection:
        return _foresee(connection, of_release(_restored(connection, _earlier(connection, release))))


def releases(workspace: Workspace) -> tuple[Record, ...]:
    """Every release, newest first: the first is the current one. Raises AccessError, PublishError."""
    with connected(Names(workspace)) as connection:
        ledger = read(connection, ledger_key(connection), Ledger)
        return ledger.document.releases if ledger else ()


@dataclass(frozen=True, slots=True)
class _Scene:
    """What there is before a publish, read once."""

    lock: Written[Lock] | None
    ledger: Written[Ledger] | None
    environment: Environment
    target: Target
    """Complete for this environment."""

    @property
    def attempt(self) -> str:
        """An earlier attempt that was not brought to its end."""
        return unfinished(self.lock, self.ledger)

    @property
    def busy(self) -> bool:
        """Whether somebody publishes: holds the lock, gave a sign of life lately, and has work left."""
        return self.lock is not None and self.lock.document.held and not locks.stale(self.lock) and bool(self.attempt)

    @property
    def current(self) -> Record | None:
        return self.ledger.document.current if self.ledger else None

    @property
    def done(self) -> bool:
        return (
            not self.attempt
            and self.ledger is not None
            and nothing_to_do(self.target, self.ledger.document, self.environment)
        )


def _scene(connection: Connection, target: Target) -> _Scene:
    lock = locks.seen(connection)  # before the ledger: what its attempt has finished by then is in there
    environment = environment_of(connection)
    target = completed(target, environment, connection.names.workspace.content)
    return _Scene(lock, read(connection, ledger_key(connection), Ledger), environment, target)


def _plan(connection: Connection, scene: _Scene) -> Plan:
    ledger = scene.ledger.document if scene.ledger else None
    return plan_of(connection, scene.target, ledger, scene.attempt, scene.environment)


def _foresee(connection: Connection, target: Target) -> Outcome:
    scene = _scene(connection, target)
    if scene.done:
        return Outcome("nothing", None, scene.current)
    plan = _plan(connection, scene)
    notes = [*plan.notes]
    if scene.lock is not None and scene.busy:
        notes.append(f"{scene.lock.document.who} seems to be publishing right now")
    if plan.rolls and scene.environment.status in BUSY:
        notes.append(f"the environment is {scene.environment.status}: it would be waited for")
    return Outcome("planned" if plan.new else "nothing", plan, scene.current, tuple(notes))


def _bring(
    connection: Connection,
    target: Target,
    origin: Origin,
    strategy: Strategy | None,
    *,
    wait: bool,
    report: Report,
) -> Outcome:
    chosen: Strategy = strategy or connection.names.workspace.worker_replacement_strategy
    while True:
        scene = _scene(connection, target)
        if scene.lock is not None and scene.busy:
            locks.refuse_or_wait(connection, scene.lock, wait=wait, report=report)
            continue
        if scene.done:
            return Outcome("nothing", None, scene.current)
        report(Step("comparing with the bucket"))
        plan = _plan(connection, scene)
        if not plan.new:
            return Outcome("nothing", plan, scene.current)
        unsettled = bool(scene.attempt) and scene.environment.status in BUSY
        refuse_unfit(connection, scene.environment, rolls=bool(plan.rolls) or unsettled, strategy=chosen, wait=wait)
        id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        journal = attempt_key(connection, id)
        write(connection, journal, Attempt(plan.touched), replacing=None)
        try:
            with (
                told(connection.names.workspace.region),
                holding(connection, scene.lock, id, origin, report) as hold,
            ):
                return _carry_out(connection, scene, plan, id, origin, chosen, hold, wait=wait, report=report)
        except ChangedMeanwhile:  # somebody was quicker: look again
            connection.s3.delete_object(Bucket=connection.bucket, Key=journal)
        except AccessError as error:
            raise AccessError(
                f"{error}\nrelease {id} is not complete yet; the one before it is still recorded as the current one",
                f"{error.fix}; then run the same command again: it goes on from here",
            ) from None


def _carry_out(
    connection: Connection,
    scene: _Scene,
    plan: Plan,
    id: str,
    origin: Origin,
    strategy: Strategy,
    hold: Hold,
    *,
    wait: bool,
    report: Report,
) -> Outcome:
    stored = dict(plan.kept)

    def put(what: str, items: tuple[Item, ...]) -> None:
        if items:
            report(Step(f"putting {what} into s3://{connection.bucket}"))
        stored.update({moved.key: moved for moved in transfer.put(connection, items, id, hold, report)})

    put("plugins, requirements or startup script", plan.put_parts)
    environment = scene.environment
    if environment.status in BUSY and (plan.rolls or scene.attempt):
        report(Step(f"the environment is {environment.status}: waiting until it is not"))
        environment = settled(connection, hold, report)
        refuse_unfit(connection, environment, rolls=bool(plan.rolls), strategy=strategy, wait=wait)
    to_roll = rolls(scene.target, environment, stored)
    if to_roll:
        parts = {part: stored[scene.target.parts[part].key] for part in to_roll}
        hold.check()
        report(Step(f"updating {connection.names.environment}: {', '.join(to_roll)} ({USUAL[strategy]})"))
        start_roll(connection, parts, strategy)
        if not wait:
            hold.free(done=False)
            return Outcome("rolling", plan, scene.current, plan.notes)
        follow_roll(connection, parts, strategy, environment, hold, report)
    put("DAGs", plan.put_dags)
    if plan.delete:
        report(Step(f"deleting {len(plan.delete)} that this release no longer has"))
        transfer.delete(connection, plan.delete, hold)
    record = Record(
        id=id,
        at=datetime.now(UTC).replace(microsecond=0),
        workspace=connection.names.workspace.name,
        airflow_version=environment.airflow_version,
        revision=origin.revision,
        author=origin.author,
        caller=connection.caller,
        run=origin.run,
        digest=scene.target.digest,
        parts={part: stored[item.key] for part, item in scene.target.parts.items()},
        changes=plan.changes,
        rolled=bool(to_roll),
        rollback_to=scene.target.rollback_to,
    )
    hold.check()
    _write_down(connection, scene, record, tuple(stored[key] for key in sorted(stored)))
    hold.free(done=True)
    connection.s3.delete_object(Bucket=connection.bucket, Key=attempt_key(connection, id))
    return Outcome("released", plan, record, plan.notes)


def _write_down(connection: Connection, scene: _Scene, record: Record, objects: tuple[Stored, ...]) -> None:
    before = scene.ledger.document.releases if scene.ledger else ()
    etag = scene.ledger.etag if scene.ledger else None
    write(connection, release_key(connection, record.id), Release(record, objects), replacing=None)
    try:
        write(connection, ledger_key(connection), Ledger((record, *before)[:KEPT]), replacing=etag)
    except ChangedMeanwhile:
        raise PublishError(
            "another publisher finished a release in the meantime", "run the same command again"
        ) from None


@contextmanager
def _bundled(workspace: Workspace, root: Path, report: Report) -> Iterator[Target]:
    report(Step("building the bundle"))
    with tempfile.TemporaryDirectory(prefix="mwaa-publish-") as folder:
        bundle = content.gather(
            workspace.content, root, Path(folder, "bundle"), airflowignore_syntax=workspace.airflowignore_syntax
        )
        yield of_bundle(bundle)


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
