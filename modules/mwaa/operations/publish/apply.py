"""Publishing: from a plan, in the one order in which no DAG meets a plugin that is not there yet, to a release.

1. The lock, with a journal of all that will be touched, for the publisher that comes after a killed one.
2. plugins.zip, requirements and startup script: new S3 versions, of which the environment takes no notice.
3. If the environment has other versions than these: UpdateEnvironment, followed to its end. If it fails, MWAA restores
   what ran before, and no DAG was touched.
4. The DAG files: what DAGs import first. Then what no release needs any more is deleted.
5. The bucket is listed: what somebody else has written meanwhile is put right.
6. The release, complete; then the ledger, by a conditional write, which makes it the current one.

A DAG that goes in the same release as the plugin it needs is without that plugin from 3 to 4: publish twice.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from mwaa.operations.access import translate_errors
from mwaa.operations.errors import AccessError
from mwaa.operations.publish import lock as locks
from mwaa.operations.publish.bucket import list_dags
from mwaa.operations.publish.connection import RUN_AGAIN, Connection
from mwaa.operations.publish.desired import DesiredContent, DesiredObject
from mwaa.operations.publish.documents import (
    KEPT,
    AttemptJournal,
    ChangedMeanwhile,
    Ledger,
    PublishedRelease,
    ReleaseRecord,
    StoredObject,
    attempt_key,
    ledger_key,
    release_key,
    write,
)
from mwaa.operations.publish.errors import PublishError
from mwaa.operations.publish.lock import HeldLock, hold_lock
from mwaa.operations.publish.origin import Origin
from mwaa.operations.publish.plan import PublishPlan, parts_to_roll
from mwaa.operations.publish.roll import BUSY, USUAL, follow_roll, refuse_unfit, start_roll, wait_until_idle
from mwaa.operations.publish.snapshot import Snapshot, take_snapshot
from mwaa.operations.publish.transfer import Transfer
from mwaa.progress import Report, Step

Strategy = Literal["FORCED", "GRACEFUL"]
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class PublishOutcome:
    """What a publish or rollback did, or would do."""

    done: Literal["nothing", "planned", "rolling", "released"]
    """`rolling`: without waiting; the DAGs follow when the same command is run again."""
    plan: PublishPlan | None
    current: ReleaseRecord | None
    """The release that is current now."""
    notes: tuple[str, ...] = ()


def apply(
    connection: Connection,
    desired: DesiredContent,
    origin: Origin,
    strategy: Strategy | None,
    *,
    wait: bool,
    report: Report,
) -> PublishOutcome:
    chosen: Strategy = strategy or connection.names.workspace.worker_replacement_strategy
    while True:
        snapshot = take_snapshot(connection, desired)
        if snapshot.lock is not None and snapshot.busy:
            locks.refuse_or_wait(connection, snapshot.lock, wait=wait, report=report)
            continue
        report(Step("comparing with the bucket"))
        plan = snapshot.make_plan(connection)
        if not plan.new:
            return PublishOutcome("nothing", plan, snapshot.current)
        unsettled = bool(snapshot.attempts.unfinished) and snapshot.environment.status in BUSY
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
    snapshot: Snapshot,
    plan: PublishPlan,
    id: str,
    origin: Origin,
    strategy: Strategy,
    hold: HeldLock,
    *,
    wait: bool,
    report: Report,
) -> PublishOutcome:
    stored = dict(plan.kept)
    transfer = Transfer(connection, id, hold, plan.fenced)

    def put(what: str, items: tuple[DesiredObject, ...]) -> None:
        if items:
            report(Step(f"putting {what} into s3://{connection.bucket}"))
        stored.update(transfer.put(items, plan.present, report))

    put("plugins, requirements or startup script", plan.put_parts)
    environment = snapshot.environment
    if environment.status in BUSY and (plan.rolls or snapshot.attempts.unfinished):
        report(Step(f"the environment is {environment.status}: waiting until it is not"))
        environment = wait_until_idle(connection, hold, report)
        refuse_unfit(connection, environment, rolls=bool(plan.rolls), strategy=strategy, wait=wait)
    to_roll = parts_to_roll(snapshot.desired, environment, stored)
    if to_roll:
        parts = {part: stored[snapshot.desired.parts[part].key] for part in to_roll}
        hold.check()
        report(Step(f"updating {connection.names.environment}: {', '.join(to_roll)} ({USUAL[strategy]})"))
        start_roll(connection, parts, strategy)
        if not wait:
            hold.free(done=False)
            return PublishOutcome("rolling", plan, snapshot.current, plan.notes)
        try:
            follow_roll(connection, parts, strategy, environment, hold, report)
        except KeyboardInterrupt:
            name = connection.names.environment
            report(
                Step(f"MWAA goes on updating {name}, without the new DAGs: run the same command again to upload them")
            )
            raise
    put("DAGs", plan.put_dags)
    if plan.delete:
        report(Step(f"deleting {len(plan.delete)} that this release no longer has"))
        transfer.delete(plan.delete, plan.present)
    _put_right(snapshot, plan, transfer, stored, report)
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
    snapshot.attempts.forget(connection, id)
    return PublishOutcome("released", plan, record, plan.notes)


def _put_right(
    snapshot: Snapshot, plan: PublishPlan, transfer: Transfer, stored: dict[str, StoredObject], report: Report
) -> None:
    """List the DAGs, and put those again that are no longer as this release put them. Raises PublishError."""
    wanted = {item.key: item for item in snapshot.desired.dags}
    for _ in range(_ROUNDS):
        listed = list_dags(transfer.connection)
        present = {key: found.etag for key, found in listed.items()}
        wrong = [item for key, item in wanted.items() if present.get(key) != stored[key].etag]
        extra = [key for key in plan.inherited if key in present and key not in wanted]
        if not wrong and not extra:
            return
        report(Step(f"putting {len(wrong) + len(extra)} right that somebody else has written meanwhile"))
        stored.update(transfer.put(wrong, present, report))
        transfer.delete(extra, present)
    raise PublishError("DAGs of this release are changed by somebody else, again and again", RUN_AGAIN)


def _write_release(
    connection: Connection, snapshot: Snapshot, record: ReleaseRecord, objects: tuple[StoredObject, ...]
) -> None:
    before = snapshot.ledger.document.releases if snapshot.ledger else ()
    etag = snapshot.ledger.etag if snapshot.ledger else None
    write(connection, release_key(connection, record.id), PublishedRelease(record, objects), replacing=None)
    try:
        write(connection, ledger_key(connection), Ledger((record, *before)[:KEPT]), replacing=etag)
    except ChangedMeanwhile:
        raise PublishError(
            "another publisher finished a release in the meantime", "run the same command again"
        ) from None
