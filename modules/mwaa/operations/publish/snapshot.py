"""What there is before a publish, read once: the lock, the ledger, the environment, and what is desired of it."""

from dataclasses import dataclass

from mwaa.operations.live_environment import LiveEnvironment
from mwaa.operations.publish import lock as locks
from mwaa.operations.publish.attempts import Attempts, read_attempts
from mwaa.operations.publish.connection import Connection
from mwaa.operations.publish.desired import DesiredContent, complete_for
from mwaa.operations.publish.documents import DocumentVersion, Ledger, PublishLock, ReleaseRecord, ledger_key, read
from mwaa.operations.publish.plan import PublishPlan, make_plan
from mwaa.operations.publish.roll import deployed_environment


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What there is before a publish, read once."""

    lock: DocumentVersion[PublishLock] | None
    ledger: DocumentVersion[Ledger] | None
    environment: LiveEnvironment
    desired: DesiredContent
    """Complete for this environment."""
    attempts: Attempts

    @property
    def busy(self) -> bool:
        """Whether somebody publishes: holds the lock, gave a sign of life lately, and has work left."""
        return (
            self.lock is not None
            and self.lock.document.held
            and not locks.is_stale(self.lock)
            and bool(self.attempts.unfinished)
        )

    @property
    def current(self) -> ReleaseRecord | None:
        return self.ledger.document.current if self.ledger else None

    def make_plan(self, connection: Connection) -> PublishPlan:
        """Compare with the bucket. Raises PublishError if object versions that are needed are gone."""
        ledger = self.ledger.document if self.ledger else None
        return make_plan(connection, self.desired, ledger, self.attempts, self.environment)


def take_snapshot(connection: Connection, desired: DesiredContent) -> Snapshot:
    """Read what there is. Raises PublishError if there is no environment."""
    lock = locks.read_lock(connection)  # before the ledger: what its attempt has finished by then is in there
    environment = deployed_environment(connection)
    desired = complete_for(desired, environment, connection.names.workspace.content)
    ledger = read(connection, ledger_key(connection), Ledger)
    unfinished = lock.document.attempt if lock else ""
    if ledger is not None and ledger.document.current.id == unfinished:
        unfinished = ""  # its release is written down
    held = lock is not None and lock.document.held
    attempts = read_attempts(connection, unfinished, taken_over=held and bool(unfinished))
    return Snapshot(lock, ledger, environment, desired, attempts)
