"""A line of requirements.txt that pip cannot read."""

from collections.abc import Iterator

from mwaa.checks.finding import Finding
from mwaa.checks.requirements_subject import (
    GUIDE,
    RequirementsSubject,
    shown_line,
)
from mwaa.checks.rule import Rule

UNREADABLE = Rule(
    "requirements-unreadable",
    "pip cannot read a line of requirements.txt.",
    "pip installs nothing at all, and MWAA only logs it.",
    GUIDE,
)

RULES = (UNREADABLE,)


def check(subject: RequirementsSubject) -> Iterator[Finding]:
    file = subject.requirements_file
    if file is None:
        return
    shown = subject.shown["requirements"]
    for line in file.lines:
        if line.kind == "unreadable":
            found = f'pip cannot read "{shown_line(line)}": {line.value}'
            yield UNREADABLE.finding("error", found, "write NAME==VERSION, or remove the line", shown, line.number)
