"""Two lines that name the same package."""

from collections.abc import Iterator

from mwaa.checks.finding import Finding
from mwaa.checks.requirements_subject import (
    RequirementsSubject,
)
from mwaa.checks.rule import Rule

DUPLICATE = Rule(
    "requirements-duplicate",
    "Two lines name the same package.",
    "Both apply: a change of one alone has no effect, or causes a conflict.",
    "https://pip.pypa.io/en/stable/reference/requirements-file-format/",
)

RULES = (DUPLICATE,)


def check(subject: RequirementsSubject) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for line in subject.requirements_file.requirements if subject.requirements_file else ():
        if not line.name:
            continue
        marker = str(line.requirement.marker or "") if line.requirement else ""
        number = first.setdefault(f"{line.name};{marker}", line.number)
        if number != line.number:
            found = f"{line.name} is named in line {number} already"
            yield DUPLICATE.finding("warning", found, "keep one of the two", subject.shown["requirements"], line.number)
