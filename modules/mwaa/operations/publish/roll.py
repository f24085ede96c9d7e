"""Rolling an environment: whether it can be updated, the update, and following it to its end."""

import time
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from mwaa.aws_facts.regions import GRACEFUL_UNAVAILABLE_REGIONS
from mwaa.aws_facts.user_guide import guide
from mwaa.operations.live_environment import PARTS, LiveEnvironment, find_environment
from mwaa.operations.publish.connection import RUN_AGAIN, Connection, code_of
from mwaa.operations.publish.documents import StoredObject
from mwaa.operations.publish.errors import PublishError
from mwaa.operations.publish.events import EnvironmentRolling
from mwaa.operations.publish.lock import HeldLock
from mwaa.progress import Report

BUSY = frozenset({"CREATING", "UPDATING", "CREATING_SNAPSHOT", "ROLLING_BACK", "MAINTENANCE"})
"""Statuses that end by themselves. An update during MAINTENANCE ends the tasks that it lets finish: it is waited for.
Source: MWAA user guide, update-environment."""
READY = frozenset({"AVAILABLE", "UPDATE_FAILED"})
"""Statuses in which an environment takes an update. After UPDATE_FAILED it runs as before that update."""

USUAL = {"FORCED": "20 to 30 minutes are usual", "GRACEFUL": "up to 12 hours: running tasks may end first"}
"""Source: MWAA user guide, update-environment and troubleshooting (t-create-update-environment)."""

_POLL_SECONDS = 15.0
_PATIENCE_SECONDS = {"FORCED": 3 * 3600.0, "GRACEFUL": 13 * 3600.0}
_SETTLING_SECONDS = 120.0
"""How long GetEnvironment may still answer as before an update that MWAA accepted."""
_LOG_LINES = 20
_LOGS = ("worker", "scheduler", "webserver")
"""Where the streams of installation lie, in the order of looking. mw1.micro has only the worker's: guide to logs."""
_STREAMS = ("requirements_install", "startup_script_execution")


def deployed_environment(connection: Connection) -> LiveEnvironment:
    """Return the workspace's environment. Raises PublishError if there is none."""
    names = connection.names
    environment = find_environment(connection.mwaa, names.environment)
    if environment is None:
        raise PublishError(
            f"there is no environment {names.environment} in {names.workspace.region} "
            f"of account {names.workspace.account}",
            f"deploy {names.workspace.name} first: cdktf deploy {names.workspace.name}",
        )
    return environment


def refuse_unfit(
    connection: Connection, environment: LiveEnvironment, *, rolls: bool, strategy: str, wait: bool
) -> None:
    """Raises PublishError, before anything is written, where this publish could not be brought to its end."""
    names, status = connection.names, environment.status
    name, region = names.environment, names.workspace.region
    wanted = names.workspace.content.dag_s3_path
    if environment.dag_s3_path != wanted:
        raise PublishError(
            f"{name} reads its DAGs from {environment.dag_s3_path}/ and not from {wanted}/, as the workspace says",
            f"deploy {names.workspace.name} first: cdktf deploy {names.workspace.name}",
        )
    if not rolls:
        return
    if strategy == "GRACEFUL" and region in GRACEFUL_UNAVAILABLE_REGIONS:
        raise PublishError(
            f"MWAA in {region} cannot replace workers gracefully",
            f"take FORCED (see {guide('update-environment')})",
        )
    if status in BUSY:
        if not wait:
            raise PublishError(
                f"{name} is {status}, and must be updated for this release",
                "run the same command again when the environment is AVAILABLE",
            )
    elif status == "PENDING":
        raise PublishError(
            f"{name} is PENDING: it waits for VPC endpoints that its owner makes",
            f"make them (cdktf deploy {names.workspace.name}), then run the same command again",
        )
    elif status not in READY:
        raise PublishError(
            f"{name} is {status}, in which MWAA updates nothing",
            f"see mwaa status {names.workspace.name}, fix or deploy it again, then run the same command again",
        )


def wait_until_idle(connection: Connection, hold: HeldLock, report: Report) -> LiveEnvironment:
    """The environment once nothing is at work on it. Raises PublishError if that takes longer than an update may."""
    began = time.monotonic()
    while True:
        environment = deployed_environment(connection)
        if environment.status not in BUSY:
            return environment
        _wait(connection, environment.status, time.monotonic() - began, _strategy_of(environment), hold, report)


def start_roll(connection: Connection, parts: Mapping[str, StoredObject], strategy: str) -> None:
    """Ask MWAA to update the environment to these versions. Raises PublishError if MWAA refuses."""
    given: dict[str, Any] = {}
    for part, stored in parts.items():
        given |= {f"{PARTS[part]}S3Path": stored.key, f"{PARTS[part]}S3ObjectVersion": stored.version}
    name = connection.names.environment
    try:
        connection.mwaa.update_environment(Name=name, **given, WorkerReplacementStrategy=strategy)
    except ClientError as error:
        if code_of(error) != "ValidationException":
            raise
        if deployed_environment(connection).status in BUSY:
            return  # the answer was lost, and botocore asked again; `follow_roll` sees whose update it is
        hint = "; an environment's first update must be --strategy FORCED" if strategy == "GRACEFUL" else ""
        raise PublishError(
            f"MWAA refuses to update {name}: {error.response['Error'].get('Message', '')}",
            f"no DAG was changed, and {name} runs as before; fix that{hint}, then run the same command again",
        ) from None


def follow_roll(
    connection: Connection,
    parts: Mapping[str, StoredObject],
    strategy: str,
    before: LiveEnvironment,
    hold: HeldLock,
    report: Report,
) -> None:
    """Wait until the environment runs these versions. Raises PublishError with what MWAA and the logs say, if not."""
    began, wall = time.monotonic(), time.time()
    wanted = {part: (stored.key, stored.version) for part, stored in parts.items()}
    while True:
        now = deployed_environment(connection)
        seconds = time.monotonic() - began
        if now.status not in BUSY:
            failed = now.status not in READY or (now.last_update is not None and now.last_update.status == "FAILED")
            if not failed and all(now.parts.get(part) == version for part, version in wanted.items()):
                return
            # GetEnvironment may lag behind: its answer counts once it has changed
            if now.last_update != before.last_update or now.status != before.status or seconds > _SETTLING_SECONDS:
                raise _failure(connection, now, wall)
        _wait(connection, now.status, seconds, strategy, hold, report)


def _wait(connection: Connection, status: str, seconds: float, strategy: str, hold: HeldLock, report: Report) -> None:
    if seconds > _PATIENCE_SECONDS[strategy]:
        raise PublishError(
            f"{connection.names.environment} is still {status} after {seconds / 3600:.0f} hours", RUN_AGAIN
        )
    report(EnvironmentRolling(status, seconds, USUAL[strategy]))
    hold.check()
    time.sleep(_POLL_SECONDS)


def _failure(connection: Connection, now: LiveEnvironment, since: float) -> PublishError:
    name = connection.names.environment
    if now.status in READY and (now.last_update is None or now.last_update.status != "FAILED"):
        return PublishError(f"{name} was updated by somebody else in the meantime and has other versions", RUN_AGAIN)
    error = now.last_update.error if now.last_update else ""
    lines = [f"the update of {name} failed: {error or 'MWAA names no cause'}"]
    lines += log_lines(connection, since)
    restored = (
        "no DAG was changed, and it runs as before"
        if now.status in READY
        else f"it is {now.status} and needs a person: see {guide('t-create-update-environment')}"
    )
    return PublishError("\n".join(lines), f"{restored}; fix what it says, then run mwaa publish again")


def log_lines(connection: Connection, since: float) -> list[str]:
    """The newest lines that the installation of requirements or the startup script wrote after `since` (Unix time).

    Source: MWAA user guide, working-dags-dependencies and using-startup-script (names of the streams).
    """
    groups = connection.names.log_groups
    start = int((since - 60) * 1000)
    for group in (groups[module] for module in _LOGS):
        for prefix in _STREAMS:
            try:
                # Log streams by prefix come in the order of their names; ordered by time, no prefix is allowed.
                streams = connection.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=prefix)
            except ClientError as error:
                if code_of(error) == "ResourceNotFoundException":  # this log is off
                    break
                return [f"(the log group {group} could not be read: {error})"]
            found = [stream for stream in streams["logStreams"] if stream.get("lastEventTimestamp", 0) >= start]
            if not found:
                continue
            newest = max(found, key=lambda stream: int(stream["lastEventTimestamp"]))["logStreamName"]
            events = connection.logs.get_log_events(
                logGroupName=group, logStreamName=newest, startTime=start, limit=_LOG_LINES, startFromHead=False
            )["events"]
            if events:
                return [f"from {group}, {newest}:", *(f"  {event['message'].rstrip()}" for event in events)]
    return ["(no log has lines of an installation from this time)"]


def _strategy_of(environment: LiveEnvironment) -> str:
    """Return how workers are replaced in an update that somebody else began; a maintenance is GRACEFUL."""
    return "GRACEFUL" if environment.status == "MAINTENANCE" else "FORCED"
