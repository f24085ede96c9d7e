"""Versions found without the official constraints of the release."""

from collections.abc import Iterator

from mwaa.checks.finding import Finding
from mwaa.checks.requirements_subject import (
    RequirementsSubject,
    needs_official,
    resolution_of,
)
from mwaa.checks.rule import Rule

APPROXIMATE = Rule(
    "requirements-approximate",
    "The versions were resolved without the release's official constraints.",
    "MWAA applies them: a few versions may differ there.",
    "https://airflow.apache.org/docs/apache-airflow/stable/installation/installing-from-pypi.html",
)

RULES = (APPROXIMATE,)


def check(subject: RequirementsSubject) -> Iterator[Finding]:
    file, resolution = subject.requirements_file, resolution_of(subject)
    if file is None or resolution is None:
        return
    shown = subject.shown["requirements"]
    if not resolution.is_certain and needs_official(file):
        fix = "run it where raw.githubusercontent.com is reachable, or set MWAA_CONSTRAINTS to a copy"
        yield APPROXIMATE.finding("note", f"resolved {resolution.under}", fix, shown)
    for note in resolution.notes:
        yield APPROXIMATE.finding("note", note, "", shown)
