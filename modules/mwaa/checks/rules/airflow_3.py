"""What Airflow 3 no longer takes, as ruff's AIR rules know it, in code that importing a file does not run.

Why: arguments, context keys and functions that are gone fail when the task runs, long after the file was imported
well. Only told to a workspace on Airflow 3: on Airflow 2 all this is right, and `mwaa upgrade-test` tells it.
Source: docs.astral.sh/ruff/rules/#airflow-air.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from mwaa import process
from mwaa.checks.finding import Finding
from mwaa.checks.moved_imports import moved
from mwaa.checks.python_imports import Imported, imports_in, runs_later
from mwaa.checks.rule import Rule
from mwaa.checks.rules.dags import place_of
from mwaa.checks.subject import ContentFile, Subject
from mwaa.process import ToolError

RULES = (
    Rule(
        "airflow-3-removed",
        "The code uses what Airflow 3 has removed.",
        "It fails when the file is imported, or when the task runs.",
        "https://docs.astral.sh/ruff/rules/airflow3-removal/",
    ),
    Rule(
        "airflow-3-moved",
        "The code uses an old path that still works in this Airflow 3.",
        "A later release will not have it.",
        "https://docs.astral.sh/ruff/rules/airflow3-suggested-update/",
    ),
)

_REMOVED = ("AIR301", "AIR302", "AIR303")
_MOVED = ("AIR311", "AIR312")


_FIXES = {
    "airflow.utils.dates.days_ago": "write a fixed date: start_date=datetime(2026, 1, 1, tzinfo=UTC)",
    "provide_context": "remove it: the context is always passed",
}
"""Where ruff has no advice."""


def check(subject: Subject) -> Iterator[Finding]:
    if not _concerns(subject):
        return
    yield from _removed(subject)
    yield from _moved(subject)


def removed_in(subject: Subject) -> list[Finding]:
    """What is told here as removed; nothing on Airflow 2."""
    return list(_removed(subject)) if _concerns(subject) else []


def _concerns(subject: Subject) -> bool:
    return subject.release.major >= 3 and bool(subject.python_files)


def _removed(subject: Subject) -> Iterator[Finding]:
    failed = _failed(subject)
    told: set[Finding] = set()
    for file, one in _in_files(subject, _REMOVED):
        path = one["message"].split("`")[1] if "`" in one["message"] else ""
        imported = _import_of(path, file)
        if imported and (imported.optional or _told_elsewhere(path, imported)):
            continue
        # What ruff tells at each use of a name is told at its import.
        line = imported.line if imported else one["location"]["row"]
        later = imported.later if imported else runs_later(file.text(), line)
        finding = Finding(
            "airflow-3-removed",
            # Where Airflow ran the line and did not mind, it is not as bad as ruff must think.
            "error" if later or failed is None or file.shown in failed else "warning",
            f"{one['message'].rstrip(';. ')} ({one['code']})",
            (one["fix"] or {}).get("message") or _FIXES.get(path, ""),
            file.shown,
            line,
            one["url"],
        )
        if finding not in told:
            told.add(finding)
            yield finding


def _moved(subject: Subject) -> Iterator[Finding]:
    """One note for each name, however many files use it; not where Airflow itself has warned (rules/dags.py)."""
    warned = _warned(subject)
    places: dict[str, list[str]] = {}
    first: dict[str, Finding] = {}
    for file, one in _in_files(subject, _MOVED):
        path = one["message"].split("`")[1]
        imported = _import_of(path, file)
        if imported and imported.optional:
            continue
        line = imported.line if imported else one["location"]["row"]
        if (file.shown, line) in warned:
            continue
        text = f"{path} has moved in Airflow 3; the old path still works in {subject.airflow_version} ({one['code']})"
        fix = (one["fix"] or {}).get("message") or ""
        first.setdefault(text, Finding("airflow-3-moved", "note", text, fix, file.shown, line, one["url"]))
        if (place := f"{file.shown}:{line}") not in places.setdefault(text, []):
            places[text].append(place)
    for text, found in first.items():
        others = places[text][1:]
        more = f" and {len(others) - 10} more" if len(others) > 10 else ""
        yield replace(found, detail="also in " + ", ".join(others[:10]) + more if others else "")


def _failed(subject: Subject) -> set[str] | None:
    """The files that Airflow failed to import, and those that failed in them; None if it could not be asked."""
    from mwaa.requirements import Unresolvable

    try:
        parsed = subject.parsed
    except (Unresolvable, ToolError):  # told by the rules whose business it is
        return None
    errors = [*parsed.plugins.errors, *(file.error for file in parsed.files if file.error)]
    own = {subject.dag(file.key) for file in parsed.files if file.error}
    return own | {place_of(error.where, subject)[0] for error in errors}


def _warned(subject: Subject) -> set[tuple[str, int | None]]:
    """The lines of DAG files at which Airflow told of something deprecated."""
    from mwaa.requirements import Unresolvable

    try:
        parsed = subject.parsed
    except (Unresolvable, ToolError):
        return set()
    all_of_them = [one for file in parsed.files for one in file.deprecations] + list(parsed.plugins.deprecations)
    return {place_of(one.where, subject) for one in all_of_them}


def _import_of(path: str, file: ContentFile) -> Imported | None:
    """The import that brings what ruff names, such as `airflow.hooks.base_hook.BaseHook`."""
    for one in imports_in(file.text()):
        if path == one.module or any(path == f"{one.module}.{name}" for name in one.names):
            return one
    return None


def _told_elsewhere(path: str, imported: Imported) -> bool:
    """Whether rules/imports.py has a better answer: where a path of Airflow 1.10 went."""
    return moved(imported.module, path.rpartition(".")[2] if imported.names else None, 3) is not None


def _in_files(subject: Subject, rules: tuple[str, ...]) -> Iterator[tuple[ContentFile, dict[str, Any]]]:
    files = {str(file.path): file for file in subject.python_files}
    for one in air_findings(list(files.values()), rules):
        yield files[one["filename"]], one


def air_findings(files: list[ContentFile], rules: tuple[str, ...]) -> list[dict[str, Any]]:
    """What the real ruff finds in the files, as its JSON tells it. Raises ToolError."""
    if not files:
        return []
    beside = Path(sys.executable).with_name("ruff")
    program = str(beside) if beside.exists() else shutil.which("ruff")
    if program is None:
        raise ToolError("ruff is not there, which knows what Airflow 3 removed", "pip install ruff")
    options = ["check", "--isolated", "--no-cache", "--output-format=json", "--exit-zero", "--select", ",".join(rules)]
    folder = Path(os.path.commonpath([file.path.parent for file in files]))
    ended = process.ask([program, *options, folder], folder, dict(os.environ), seconds=300)
    if ended.status:
        raise ToolError(f"ruff failed: {ended.stderr.strip()}")
    wanted = {str(file.path) for file in files}
    return [one for one in json.loads(ended.stdout) if one["filename"] in wanted and one["code"] in rules]
