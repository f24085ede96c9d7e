"""What Airflow 3 no longer takes, in code that importing a file does not run.

Why: arguments, context keys and functions that are gone fail when the task runs, long after the file was imported
without an error. Only for workspaces on Airflow 3: on Airflow 2 all this is right, and `mwaa upgrade-test` reports it.
"""

from collections.abc import Iterator
from dataclasses import replace

from mwaa.checks.airflow_3_uses import moved_uses, removed_uses
from mwaa.checks.finding import Finding
from mwaa.checks.rule import Rule
from mwaa.checks.subject import Subject
from mwaa.process import ToolError

AIRFLOW_3_REMOVED = Rule(
    "airflow-3-removed",
    "The code uses what Airflow 3 has removed.",
    "It fails when the file is imported, or when the task runs.",
    "https://docs.astral.sh/ruff/rules/airflow3-removal/",
)
AIRFLOW_3_MOVED = Rule(
    "airflow-3-moved",
    "The code uses an old path that still works in this Airflow 3.",
    "A later release will not have it.",
    "https://docs.astral.sh/ruff/rules/airflow3-suggested-update/",
)
RULES = (
    AIRFLOW_3_REMOVED,
    AIRFLOW_3_MOVED,
)


def check(subject: Subject) -> Iterator[Finding]:
    for use, severity in removed_uses(subject):
        yield AIRFLOW_3_REMOVED.finding(
            severity, f"{use.message} ({use.code})", use.fix, use.file.shown, use.line, docs=use.docs
        )
    yield from _moved(subject)


def _moved(subject: Subject) -> Iterator[Finding]:
    """One note for each name, however many files use it; none where Airflow itself has warned."""
    uses = moved_uses(subject)
    warned = _warned_places(subject) if uses else set()  # asks Airflow
    places: dict[str, list[str]] = {}
    first: dict[str, Finding] = {}
    for use in uses:
        if use.place in warned:
            continue
        text = f"{use.path} has moved in Airflow 3; the old path still works in {subject.airflow_version} ({use.code})"
        found = AIRFLOW_3_MOVED.finding("note", text, use.fix, use.file.shown, use.line, docs=use.docs)
        first.setdefault(text, found)
        if (place := f"{use.file.shown}:{use.line}") not in places.setdefault(text, []):
            places[text].append(place)
    for text, found in first.items():
        others = places[text][1:]
        more = f" and {len(others) - 10} more" if len(others) > 10 else ""
        yield replace(found, detail="also in " + ", ".join(others[:10]) + more if others else "")


def _warned_places(subject: Subject) -> set[tuple[str, int | None]]:
    """Return the lines of DAG files at which Airflow warned about something deprecated."""
    from mwaa.requirements import Unresolvable

    try:
        parsed = subject.parsed
    except (Unresolvable, ToolError):
        return set()
    deprecations = [one for file in parsed.files for one in file.deprecations] + list(parsed.plugins.deprecations)
    return {subject.place(one.where) for one in deprecations}
