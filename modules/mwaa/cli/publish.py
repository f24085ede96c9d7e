"""`mwaa publish`, `mwaa releases`, `mwaa rollback`: publish content to MWAA, release by release, and restore it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mwaa.cli.arguments import Json, Name, picked

if TYPE_CHECKING:
    from mwaa.operations.publish import PublishOutcome, PublishPlan, ReleaseRecord

SUMMARY_LENGTH = 500
"""Of the last line of a dry run, which a pipeline shows to the person who approves."""
_LISTED = 40
_NAMES = {"plugins": "plugins", "requirements": "requirements", "startup_script": "startup script"}


class Strategy(StrEnum):
    """As MWAA names them."""

    FORCED = "FORCED"
    GRACEFUL = "GRACEFUL"


DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done; write nothing.")]
Replacement = Annotated[
    Strategy | None,
    typer.Option(
        "--strategy",
        help="In an update of the environment, end running tasks or wait for them. Default: that of the workspace.",
        show_default=False,
    ),
]
NoWait = Annotated[
    bool,
    typer.Option("--no-wait", help="Exit once MWAA has accepted an update. Run the command again to upload the DAGs."),
]
Revision = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT", help="The revision that the release records. Default: MWAA_REVISION, else the git commit."
    ),
]
ReleaseId = Annotated[
    str | None,
    typer.Argument(
        metavar="RELEASE", help="A release that `mwaa releases` lists. Default: the one before the current."
    ),
]


def publish(
    workspace: Name = None,
    dry_run: DryRun = False,
    strategy: Replacement = None,
    no_wait: NoWait = False,
    revision: Revision = None,
    json: Json = False,
) -> None:
    """Publish the project's content to MWAA.

    What changed is uploaded to the source bucket. The environment is updated if plugins, requirements or startup script
    changed.

    \b
    Examples:
      mwaa publish dev
      mwaa publish dev --dry-run
    """
    from mwaa.cli.progress_view import watching
    from mwaa.operations import publish as publishing

    root, definition = picked(workspace)
    with watching() as report:
        if dry_run:
            outcome = publishing.preview(definition, root, report=report)
        else:
            outcome = publishing.publish(
                definition,
                root,
                revision=revision,
                strategy=strategy.value if strategy else None,
                wait=not no_wait,
                report=report,
            )
    chosen = strategy.value if strategy else definition.workspace.worker_replacement_strategy
    _print_outcome(definition.name, outcome, chosen, json_wanted=json)


def releases(workspace: Name = None, json: Json = False) -> None:
    """List the published releases, newest first.

    The first one is current.

    \b
    Example:
      mwaa releases dev
    """
    from mwaa.cli import output
    from mwaa.operations import publish as publishing

    chosen = picked(workspace)[1].workspace
    found = publishing.releases(chosen)
    if json:
        output.as_json([_record(record) | {"current": record is found[0]} for record in found])
    elif not found:
        output.say(f"Nothing was published to {chosen.name} yet. Next: {output.command()} publish {chosen.name}")
    else:
        rows = [
            (
                record.id,
                f"{record.at:%Y-%m-%d %H:%M} UTC",
                record.author or record.caller,
                record.revision or "-",
                _what(record),
                "current" if record is found[0] else "",
            )
            for record in found
        ]
        output.table(("RELEASE", "PUBLISHED", "BY", "REVISION", "CHANGES", ""), rows)


def rollback(
    workspace: Name = None,
    release: ReleaseId = None,
    dry_run: DryRun = False,
    strategy: Replacement = None,
    no_wait: NoWait = False,
    json: Json = False,
) -> None:
    """Restore an earlier release.

    DAGs, plugins, requirements and startup script become exactly what they were.

    \b
    Examples:
      mwaa rollback dev --dry-run
      mwaa rollback dev 20261130-120000-4f2a91
    """
    from mwaa.cli.progress_view import watching
    from mwaa.operations import publish as publishing

    root, definition = picked(workspace)
    with watching() as report:
        if dry_run:
            outcome = publishing.preview_rollback(definition, release)
        else:
            outcome = publishing.rollback(
                definition,
                root,
                release,
                strategy=strategy.value if strategy else None,
                wait=not no_wait,
                report=report,
            )
    chosen = strategy.value if strategy else definition.workspace.worker_replacement_strategy
    _print_outcome(definition.name, outcome, chosen, json_wanted=json)


def summary(name: str, outcome: PublishOutcome, strategy: str) -> str:
    """Return one line for the person who approves, or who reads the end of a log."""
    plan, current = outcome.plan, outcome.current
    if outcome.done == "nothing":
        return f"{name}: nothing to publish; release {current.id if current else '-'} is what is there"[:SUMMARY_LENGTH]
    assert plan is not None
    changes = _counted(len(plan.added), len(plan.changed), len(plan.removed), plan.parts)
    text = f"{name}: {changes or 'no content changes'}"
    if outcome.done == "planned":
        from mwaa.operations.publish.roll import USUAL

        if plan.rolls:
            text += f": the environment rolls ({USUAL[strategy]})"
    elif outcome.done == "rolling":
        text += "; MWAA updates the environment: run the same command again when it is AVAILABLE, for the DAGs"
    elif current is not None:
        text += f"; release {current.id} is current" + (", the environment was updated" if current.rolled else "")
    return text[:SUMMARY_LENGTH]


def _print_outcome(name: str, outcome: PublishOutcome, strategy: str, *, json_wanted: bool) -> None:
    from mwaa.cli import output

    if json_wanted:
        output.as_json(
            {
                "done": outcome.done,
                "current": _record(outcome.current) if outcome.current else None,
                "plan": _plan(outcome.plan) if outcome.plan else None,
                "notes": outcome.notes,
                "summary": summary(name, outcome, strategy),
            }
        )
        return
    for note in outcome.notes:
        output.say(f"note: {note}", style="yellow")
    if outcome.plan is not None and outcome.done == "planned":
        _list(outcome.plan)
    output.say(summary(name, outcome, strategy), style="bold")


def _list(plan: PublishPlan) -> None:
    from mwaa.cli import output

    lines = [
        *(("~", _NAMES[part] + (" (the environment rolls)" if part in plan.rolls else "")) for part in plan.parts),
        *(
            ("~", f"{_NAMES[part]}: the environment has another version")
            for part in plan.rolls
            if part not in plan.parts
        ),
        *(("+", key) for key in plan.added),
        *(("~", key) for key in plan.changed),
        *(("-", key) for key in plan.removed),
    ]
    colours = {"+": "green", "~": "yellow", "-": "red"}
    for sign, text in lines[:_LISTED]:
        output.say(f"{sign} {text}", style=colours[sign])
    if len(lines) > _LISTED:
        output.say(f"and {len(lines) - _LISTED} more (all of them: --json)")


def _what(record: ReleaseRecord) -> str:
    changes = record.changes
    text = _counted(changes.added, changes.changed, changes.removed, changes.parts) or "nothing"
    return f"rollback to {record.rollback_to}: {text}" if record.rollback_to else text


def _counted(added: int, changed: int, removed: int, parts: tuple[str, ...]) -> str:
    """Such as "1 DAG file added, 2 removed; plugins changed"."""
    numbers = [(added, "added"), (changed, "changed"), (removed, "removed")]
    counts = [f"{number} {verb}" for number, verb in numbers if number]
    if counts:
        first, _, verb = counts[0].partition(" ")
        counts[0] = f"{first} DAG file{'' if first == '1' else 's'} {verb}"
    groups = [", ".join(counts), ", ".join(_NAMES[part] for part in parts) + " changed" if parts else ""]
    return "; ".join(filter(None, groups))


def _record(record: ReleaseRecord) -> dict[str, Any]:
    from pydantic import TypeAdapter

    document: dict[str, Any] = TypeAdapter(type(record)).dump_python(record, mode="json")
    return document


def _plan(plan: PublishPlan) -> dict[str, Any]:
    return {
        "dags": {"added": plan.added, "changed": plan.changed, "removed": plan.removed},
        "parts": plan.parts,
        "rolls": plan.rolls,
        "put": [item.key for item in (*plan.put_parts, *plan.put_dags)],
        "delete": plan.delete,
    }
