"""Packages that MWAA's image has."""

from collections.abc import Iterator

from mwaa.checks.finding import Finding
from mwaa.checks.requirements_subject import (
    GUIDE,
    RequirementsSubject,
    resolution_of,
)
from mwaa.checks.rule import Rule

IN_IMAGE = Rule(
    "requirements-in-image",
    "A line names a package that MWAA's image has.",
    "At the image's version it is not needed; at another one it replaces what Airflow was tested with.",
    GUIDE,
)

RULES = (IN_IMAGE,)


def check(subject: RequirementsSubject) -> Iterator[Finding]:
    resolution = resolution_of(subject)
    for package in resolution.packages if resolution else ():
        if package.image_version is None or (package.in_image and package.line is None):
            continue
        shown = subject.shown["requirements"]
        if package.in_image:
            found = f"{package.name} {package.version} is in MWAA's image already"
            yield IN_IMAGE.finding("note", found, "remove the line", shown, package.line)
            continue
        found = f"{package.name} {package.version} replaces {package.image_version} of MWAA's image"
        if package.line is None:
            found += f", for {', '.join(package.needed_by)}"
        fix = f"test it with the DAGs, or choose what goes with {package.image_version}"
        yield IN_IMAGE.finding("warning", found, fix, shown, package.line)
