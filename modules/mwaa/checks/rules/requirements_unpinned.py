"""Lines that do not pin one version."""

from collections.abc import Iterator

from mwaa.aws_facts.image_packages import essentials
from mwaa.checks.finding import Finding
from mwaa.checks.requirements_subject import (
    GUIDE,
    RequirementsSubject,
    constraint_pins,
)
from mwaa.checks.rule import Rule

UNPINNED = Rule(
    "requirements-unpinned",
    "A line does not pin one version.",
    "Another version may be installed whenever a component starts, also in the middle of the night.",
    GUIDE,
)

RULES = (UNPINNED,)


def check(subject: RequirementsSubject) -> Iterator[Finding]:
    if subject.requirements_file is None:
        return
    pinned = constraint_pins(subject).keys() | essentials(subject.airflow_version).keys()
    for line in subject.requirements_file.requirements:
        if line.requirement and line.name and not line.value and line.pin is None and line.name not in pinned:
            found = f"{line.requirement} is not pinned to one version"
            fix = "mwaa requirements lock"
            yield UNPINNED.finding("warning", found, fix, subject.shown["requirements"], line.number)
