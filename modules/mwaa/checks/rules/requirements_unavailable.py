"""Packages and versions that no index has."""

from collections.abc import Iterator

from mwaa.aws_facts.releases import RELEASES
from mwaa.checks.finding import Finding
from mwaa.checks.requirements_subject import (
    GUIDE,
    RequirementsSubject,
    unresolvable,
)
from mwaa.checks.rule import Rule

NO_PACKAGE = Rule(
    "requirements-no-package",
    "The package index has no such package.",
    "pip installs nothing, and DAGs miss every package of requirements.txt.",
    GUIDE,
)

NO_VERSION = Rule(
    "requirements-no-version",
    "The package exists, but not in that version for this Python and platform.",
    "pip installs nothing, and DAGs miss every package of requirements.txt.",
    GUIDE,
)

RULES = (
    NO_PACKAGE,
    NO_VERSION,
)


def check(subject: RequirementsSubject) -> Iterator[Finding]:
    error = unresolvable(subject)
    if error is None:
        return
    shown, line = subject.shown["requirements"], error.lines[0] if error.lines else None
    if error.kind == "no such package":
        found = f"no index has a package {error.package}"
        fix = "correct the name; a private package needs --extra-index-url or a wheel in plugins/wheels"
        yield NO_PACKAGE.finding("error", found, fix, shown, line, detail=error.explanation)
    elif error.kind == "no such version":
        found = f"no index has {error.package} for Python {RELEASES[subject.airflow_version].python} on MWAA's platform"
        yield NO_VERSION.finding("error", found, "choose a version that exists", shown, line, detail=error.explanation)
