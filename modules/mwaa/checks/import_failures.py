"""What Airflow failed to import: DAG files and plugins, each failure once in its place."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from mwaa.checks.rule import Rule
from mwaa.checks.subject import Subject

if TYPE_CHECKING:
    from mwaa.airflow.parsing import ImportFailure

DAG_FAILURES = ("AirflowDagCycleException", "AirflowDagDuplicatedIdException", "SerializationError", "Timeout")
"""Kinds of failure that concern the DAGs of a file; all others are failures of the import itself."""

NOT_PROVED = Rule(
    "not-proved",
    "A file needed something, when imported, that only a running environment has.",
    "Whether Airflow finds its DAGs there is unknown.",
)


def import_failures(subject: Subject) -> Iterator["ImportFailure"]:
    """Yield the failures of imports, without those that concern the DAGs of a file."""
    yield from subject.parsed.plugins.errors
    yield from (file.error for file in subject.parsed.files if file.error and file.error.kind not in DAG_FAILURES)


def group_failures(
    failures: Iterable["ImportFailure"], subject: Subject
) -> Iterator[tuple["ImportFailure", tuple[str, ...]]]:
    """Yield one failure of each kind in each place, with the other DAG files that fail with it."""
    groups: dict[_Same, list[ImportFailure]] = {}
    for failure in failures:
        groups.setdefault(_same(failure), []).append(failure)
    importers: dict[_Same, set[str]] = {}
    for file in subject.parsed.files:
        if file.error:
            importers.setdefault(_same(file.error), set()).add(subject.dag(file.key))
    for same, group in groups.items():
        place = subject.place(group[0].where)[0]
        yield group[0], tuple(sorted(importers.get(same, set()) - {place}))


_Same = tuple[str, str, int | None, str, str]


def _same(failure: "ImportFailure") -> _Same:
    return failure.where.folder, failure.where.file, failure.where.line, failure.kind, failure.message
