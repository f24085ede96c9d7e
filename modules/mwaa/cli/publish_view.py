"""Prints what a publish or a rollback did or would do, for people and as JSON for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mwaa.operations.publish import PublishOutcome, PublishPlan, ReleaseRecord

SUMMARY_LENGTH = 500
"""Of the last line of a dry run, which a pipeline shows to the person who approves."""
_LISTED = 40
_NAMES = {"plugins": "plugins", "requirements": "requirements", "startup_script": "startup script"}


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


def show(name: str, outcome: PublishOutcome, strategy: str, *, json_wanted: bool) -> None:
    from mwaa.cli import output

    if json_wanted:
        output.as_json(
            {
                "done": outcome.done,
                "current": record_as_data(outcome.current) if outcome.current else None,
                "plan": _plan_as_data(outcome.plan) if outcome.plan else None,
                "notes": outcome.notes,
                "summary": summary(name, outcome, strategy),
            }
        )
        return
    for note in outcome.notes:
        output.say(f"note: {note}", style="yellow")
    if outcome.plan is not None and outcome.done == "planned":
        _list_changes(outcome.plan)
    output.say(summary(name, outcome, strategy), style="bold")


def _list_changes(plan: PublishPlan) -> None:
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


def describe_changes(record: ReleaseRecord) -> str:
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


def record_as_data(record: ReleaseRecord) -> dict[str, Any]:
    from pydantic import TypeAdapter

    document: dict[str, Any] = TypeAdapter(type(record)).dump_python(record, mode="json")
    return document


def _plan_as_data(plan: PublishPlan) -> dict[str, Any]:
    return {
        "dags": {"added": plan.added, "changed": plan.changed, "removed": plan.removed},
        "parts": plan.parts,
        "rolls": plan.rolls,
        "put": [item.key for item in (*plan.put_parts, *plan.put_dags)],
        "delete": plan.delete,
    }
