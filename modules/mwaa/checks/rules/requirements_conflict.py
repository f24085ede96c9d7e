"""Lines that cannot be installed together, or not with what MWAA pins.

Why: pip finds no solution, installs nothing, and the failure is only a line in a log.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mwaa.checks.finding import Finding
from mwaa.checks.requirements_subject import (
    GUIDE,
    RequirementsSubject,
    against_constraints,
    against_essentials,
    shown_line,
    unresolvable,
)
from mwaa.checks.rule import Rule

if TYPE_CHECKING:
    from mwaa.requirements import Unresolvable


ESSENTIAL = Rule(
    "requirements-essential",
    "A line asks for another version of a package that MWAA pins.",
    "MWAA always applies its own pin: pip finds no solution and installs nothing.",
    "github.com/aws/amazon-mwaa-docker-images at 9d2bebb, etc/mwaa_essential_constraints.txt",
)

CONFLICT = Rule(
    "requirements-conflict",
    "The lines cannot be installed together, or not with Airflow.",
    "pip installs nothing, and DAGs miss every package of requirements.txt.",
    GUIDE,
)

RULES = (
    ESSENTIAL,
    CONFLICT,
)


def check(subject: RequirementsSubject) -> Iterator[Finding]:
    for line, version in against_essentials(subject):
        found = f"{line.requirement} contradicts MWAA, which pins {line.name} to {version}"
        fix = f"remove the line, or write {line.name}=={version}"
        if line.name == "apache-airflow":
            fix = "remove the line; airflow_version of the workspace sets the release"
        yield ESSENTIAL.finding("error", found, fix, subject.shown["requirements"], line.number)
    for line, version in against_constraints(subject):
        constraints = f"the constraints of Airflow {subject.airflow_version}"
        found = f"{line.requirement} contradicts {constraints}, which pin {line.name} to {version}"
        fix = f"write {line.name}=={version}, or switch the constraints off with a comment: # --constraint none"
        yield CONFLICT.finding("error", found, fix, subject.shown["requirements"], line.number)
    error = unresolvable(subject)
    if error and error.kind not in ("no such package", "no such version", "source"):
        yield _unresolvable(error, subject)


def _unresolvable(error: "Unresolvable", subject: RequirementsSubject) -> Finding:
    lines = {line.number: line for line in subject.requirements_file.lines} if subject.requirements_file else {}
    named = " and ".join(shown_line(lines[number]) for number in error.lines)
    found = (
        f"{named} cannot be installed together with Airflow {subject.airflow_version}"
        if named
        else f"requirements.txt cannot be installed with Airflow {subject.airflow_version}"
    )
    fix = "choose versions that go together, or remove the versions and lock the file"
    detail = f"{error.explanation}\n(resolved {error.under})"
    first = error.lines[0] if error.lines else None
    return CONFLICT.finding("error", found, fix, subject.shown["requirements"], first, detail=detail)
