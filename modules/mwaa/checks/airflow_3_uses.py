"""What Airflow 3 no longer takes, as ruff's AIR rules find it in Python files. ruff runs once a check.

Source: docs.astral.sh/ruff/rules/#airflow-air.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mwaa import process
from mwaa.checks.finding import Severity
from mwaa.checks.moved_imports import moved
from mwaa.checks.python_imports import Imported, imports_in, runs_later
from mwaa.checks.subject import ContentFile, Subject
from mwaa.process import ToolError

REMOVED = ("AIR301", "AIR302", "AIR303")
MOVED = ("AIR311", "AIR312")

_FIXES = {
    "airflow.utils.dates.days_ago": "write a fixed date: start_date=datetime(2026, 1, 1, tzinfo=UTC)",
    "provide_context": "remove it: the context is always passed",
}
"""Where ruff has no advice."""


@dataclass(frozen=True, slots=True)
class Airflow3Use:
    """One use of something that Airflow 3 has removed or moved."""

    path: str
    """The dotted path or the argument that ruff names; empty if it names none."""
    message: str
    code: str
    """ruff's rule, such as AIR301."""
    fix: str
    docs: str
    file: ContentFile
    line: int
    """The line of the import that brings the name, if there is one; otherwise that of the use."""
    imported: Imported | None

    @property
    def place(self) -> tuple[str, int]:
        """File and line as the user knows them."""
        return self.file.shown, self.line

    @property
    def runs_later(self) -> bool:
        """Whether the line belongs to a function, and so does not run when the file is imported."""
        return self.imported.later if self.imported else runs_later(self.file.text(), self.line)


def removed_uses(subject: Subject) -> list[tuple[Airflow3Use, Severity]]:
    """Return the uses of what Airflow 3 has removed, each once; none on Airflow 2.

    A use is a warning if Airflow ran its line without failing: it is less serious than ruff must assume.
    """
    if not _concerns(subject):
        return []
    failed = _failed_files(subject)
    found: dict[Airflow3Use, Severity] = {}
    for use in _uses(subject, REMOVED):
        if use.imported and (use.imported.optional or _is_moved_from_1_10(use.path, use.imported)):
            continue
        is_error = use.runs_later or failed is None or use.file.shown in failed
        found[use] = "error" if is_error else "warning"
    return list(found.items())


def moved_uses(subject: Subject) -> list[Airflow3Use]:
    """Return the uses of paths that Airflow 3 has moved and still takes; none on Airflow 2."""
    if not _concerns(subject):
        return []
    return [use for use in _uses(subject, MOVED) if not (use.imported and use.imported.optional)]


def run_ruff(files: list[ContentFile]) -> list[dict[str, Any]]:
    """Return what ruff finds in the files, as its JSON states it. Raises ToolError."""
    if not files:
        return []
    beside = Path(sys.executable).with_name("ruff")
    program = str(beside) if beside.exists() else shutil.which("ruff")
    if program is None:
        raise ToolError("ruff is not installed, which finds what Airflow 3 removed", "pip install ruff")
    options = [
        "check",
        "--isolated",
        "--no-cache",
        "--output-format=json",
        "--exit-zero",
        "--select",
        ",".join(REMOVED + MOVED),
    ]
    folder = Path(os.path.commonpath([file.path.parent for file in files]))
    ended = process.ask([program, *options, folder], folder, dict(os.environ), seconds=300)
    if ended.status:
        raise ToolError(f"ruff failed: {ended.stderr.strip()}")
    wanted = {str(file.path) for file in files}
    return [one for one in json.loads(ended.stdout) if one["filename"] in wanted and one["code"] in REMOVED + MOVED]


def _concerns(subject: Subject) -> bool:
    return subject.release.major >= 3 and bool(subject.python_files)


def _uses(subject: Subject, codes: tuple[str, ...]) -> Iterator[Airflow3Use]:
    files = {str(file.path): file for file in subject.python_files}
    for one in subject.airflow_3_messages:
        if one["code"] not in codes:
            continue
        file, message = files[one["filename"]], one["message"]
        path = message.split("`")[1] if "`" in message else ""
        imported = _import_of(path, file)
        fix = (one["fix"] or {}).get("message") or _FIXES.get(path, "")
        # ruff reports each use of a name: it is reported at its import.
        line = imported.line if imported else one["location"]["row"]
        yield Airflow3Use(path, message.rstrip(";. "), one["code"], fix, one["url"], file, line, imported)


def _failed_files(subject: Subject) -> set[str] | None:
    """Return the files that Airflow failed to import, and those that failed in them; None if it could not be asked."""
    from mwaa.requirements import Unresolvable

    try:
        parsed = subject.parsed
    except (Unresolvable, ToolError):  # other rules report that
        return None
    errors = [*parsed.plugins.errors, *(file.error for file in parsed.files if file.error)]
    own = {subject.dag(file.key) for file in parsed.files if file.error}
    return own | {subject.place(error.where)[0] for error in errors}


def _import_of(path: str, file: ContentFile) -> Imported | None:
    """Return the import that brings what ruff names, such as `airflow.hooks.base_hook.BaseHook`."""
    for one in imports_in(file.text()):
        if path == one.module or any(path == f"{one.module}.{name}" for name in one.names):
            return one
    return None


def _is_moved_from_1_10(path: str, imported: Imported) -> bool:
    """Whether the rule for moved imports has a better answer: where a path of Airflow 1.10 is now."""
    return moved(imported.module, path.rpartition(".")[2] if imported.names else None, 3) is not None
