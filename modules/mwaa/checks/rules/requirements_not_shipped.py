"""With --no-index, packages that no folder of --find-links has."""

from collections.abc import Iterator

from mwaa.aws_facts.user_guide import guide
from mwaa.checks.finding import Finding
from mwaa.checks.requirements_subject import (
    RequirementsSubject,
    resolution_of,
)
from mwaa.checks.rule import Rule

NOT_SHIPPED = Rule(
    "requirements-not-shipped",
    "With --no-index, a package is in none of the folders of --find-links.",
    "pip stops at it and installs nothing.",
    guide("configuring-networking"),
)

RULES = (NOT_SHIPPED,)


def check(subject: RequirementsSubject) -> Iterator[Finding]:
    file, resolution = subject.requirements_file, resolution_of(subject)
    if file is None or resolution is None or not file.options("--no-index"):
        return
    for package in resolution.added:
        if package.file is None and not package.address:
            found = f"{package.name} {package.version} is in no folder of --find-links, and --no-index allows no other"
            fix = "mwaa requirements wheels"
            yield NOT_SHIPPED.finding("error", found, fix, subject.shown["requirements"], package.line)
