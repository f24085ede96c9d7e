"""The constraint line of requirements.txt, read as MWAA reads it.

Why: MWAA looks for the line as text. What it does not see, or what is for another release, changes every version.
"""

from collections.abc import Iterator

from mwaa.aws_facts.releases import RELEASES
from mwaa.checks.finding import Finding
from mwaa.checks.requirements_subject import (
    GUIDE,
    IMAGE,
    RequirementsSubject,
    shown_value,
)
from mwaa.checks.rule import Rule

CONSTRAINT_RELEASE = Rule(
    "requirements-constraint-release",
    "The constraint line is for another Airflow release or another Python.",
    "It pins packages to versions of another Airflow: some cannot be installed, others break it.",
    GUIDE,
)

CONSTRAINT_FORM = Rule(
    "requirements-constraint-form",
    "The constraint line is written so that MWAA does not see it.",
    "MWAA forces the release's own constraints on top, and the two may contradict each other.",
    IMAGE,
)

CONSTRAINT_MISSING = Rule(
    "requirements-constraint-missing",
    "The constraint line names a file that is not shipped.",
    "pip stops at it and installs nothing.",
    GUIDE,
)

NO_CONSTRAINT = Rule(
    "requirements-no-constraint",
    "requirements.txt has no constraint line.",
    "MWAA forces the release's own constraints: usually right, and surprising if you want another version.",
    IMAGE,
)

CONSTRAINT_OFF = Rule(
    "requirements-constraint-off",
    "A comment switches MWAA's own constraints off.",
    "Only MWAA's essential pins apply: packages of the image may be replaced.",
    IMAGE,
)

RULES = (
    CONSTRAINT_RELEASE,
    CONSTRAINT_FORM,
    CONSTRAINT_MISSING,
    NO_CONSTRAINT,
    CONSTRAINT_OFF,
)


def check(subject: RequirementsSubject) -> Iterator[Finding]:
    from mwaa.requirements.constraints import local_path, official_address, parse_release

    file = subject.requirements_file
    if file is None:
        return
    shown = subject.shown["requirements"]
    version, python = subject.airflow_version, RELEASES[subject.airflow_version].python
    right = f'--constraint "{official_address(version, python)}"'
    for line in file.constraints:
        place = shown_value(line)
        named = parse_release(line.value)
        if named and named != (version, python):
            found = f"the constraints are those of Airflow {named[0]} on Python {named[1]}, not {version} on {python}"
            yield CONSTRAINT_RELEASE.finding("error", found, f"write {right}", shown, line.number)
        if not line.is_detected:
            found = f'MWAA does not see this constraint: it looks for "--constraint " or "-c " with a space ({place})'
            yield CONSTRAINT_FORM.finding("error", found, f'write --constraint "{place}"', shown, line.number)
        if "://" not in line.value:
            path = local_path(line.value, subject.folders)
            if path is None or not path.is_file():
                found = f"the constraints {place} are not shipped"
                fix = f"write {right}, or put the file into plugins and name it /usr/local/airflow/plugins/..."
                yield CONSTRAINT_MISSING.finding("error", found, fix, shown, line.number)
    offline = bool(file.options("--no-index"))  # no address could be read there
    if file.constrained == "forced" and not file.constraints and file.requirements and not offline:
        found = f"no constraint line: MWAA applies its own constraints of Airflow {version}"
        yield NO_CONSTRAINT.finding("warning", found, f"write {right} as the first line", shown)
    elif file.constrained == "opted out":
        first = next(line for line in file.lines if line.is_detected)
        found = "this line makes MWAA apply no constraints but its essential pins"
        fix = f"to apply the constraints, write {right}"
        yield CONSTRAINT_OFF.finding("note", found, fix, shown, first.number)
