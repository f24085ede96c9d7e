"""Lines that name a place which MWAA does not have, or cannot install from."""

from collections.abc import Iterator
from pathlib import Path

from mwaa.checks.finding import Finding
from mwaa.checks.requirements_subject import (
    GUIDE,
    RequirementsSubject,
    shown_value,
)
from mwaa.checks.rule import Rule

VCS = Rule(
    "requirements-vcs",
    "A line installs from version control.",
    "It needs git and internet on every component, and what it installs may change at any start.",
    GUIDE,
)

EDITABLE = Rule(
    "requirements-editable",
    "A line is an editable installation.",
    "MWAA has no source tree to link to.",
    GUIDE,
)

PATH = Rule(
    "requirements-path",
    "A line names a file or folder that MWAA does not have.",
    "pip stops at it and installs nothing.",
    GUIDE,
)

RULES = (
    VCS,
    EDITABLE,
    PATH,
)


def check(subject: RequirementsSubject) -> Iterator[Finding]:
    from mwaa.requirements.constraints import local_path

    file = subject.requirements_file
    if file is None:
        return
    shown = subject.shown["requirements"]
    build = "build a wheel and put it into plugins/wheels, or publish it on an index"
    for line in file.requirements:
        if line.option == "--editable":
            found = f"MWAA cannot install {shown_value(line)} as editable"
            yield EDITABLE.finding("error", found, build, shown, line.number)
        elif line.is_vcs:
            yield VCS.finding("error", f"{shown_value(line)} comes from version control", build, shown, line.number)
        elif line.is_path and not _is_shipped(local_path(line.path, subject.folders)):
            found = f"MWAA has no {line.path}"
            fix = "put the wheel into plugins/wheels and name it /usr/local/airflow/plugins/wheels/..."
            yield PATH.finding("error", found, fix, shown, line.number)
    for option, what in (("--requirement", "file"), ("--find-links", "folder")):
        for line in file.options(option):
            place = local_path(line.value, subject.folders)
            if "://" not in line.value and (place is None or not place.exists()):
                found = f"MWAA has no {what} {line.value}"
                fix = f"put the {what} into plugins and name it /usr/local/airflow/plugins/..."
                yield PATH.finding("error", found, fix, shown, line.number)


def _is_shipped(path: Path | None) -> bool:
    return path is not None and path.is_file()
