"""Versions that their authors have withdrawn."""

from collections.abc import Iterator

from mwaa.checks.finding import Finding
from mwaa.checks.requirements_subject import (
    RequirementsSubject,
    resolution_of,
)
from mwaa.checks.rule import Rule

YANKED = Rule(
    "requirements-yanked",
    "A version was withdrawn by its author.",
    "It is broken or unsafe; pip takes it only because it is pinned.",
    "https://peps.python.org/pep-0592/",
)

RULES = (YANKED,)


def check(subject: RequirementsSubject) -> Iterator[Finding]:
    resolution = resolution_of(subject)
    for package in resolution.packages if resolution else ():
        if package.yanked is not None and not package.in_image:
            why = f': "{package.yanked}"' if package.yanked else ""
            found = f"{package.name} {package.version} was withdrawn by its author{why}"
            fix = f"choose another version of {package.name}"
            yield YANKED.finding("warning", found, fix, subject.shown["requirements"], package.line)
