"""What pip downloads for requirements.txt: archives without a wheel, and their size."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from mwaa.aws_facts.releases import RELEASES
from mwaa.checks.finding import Finding
from mwaa.checks.requirements_subject import (
    GUIDE,
    RequirementsSubject,
    resolution_of,
    unresolvable,
)
from mwaa.checks.rule import Rule

if TYPE_CHECKING:
    from mwaa.requirements import Package


SIZE_ADVICE = 1_000_000_000
"""Bytes. AWS's advice for all libraries together. UG working-dags-dependencies."""

SOURCE = Rule(
    "requirements-source",
    "A package has no wheel for MWAA, only source.",
    "Every component builds it whenever it starts, within 9 minutes for all; one that needs a compiler may fail.",
    GUIDE,
)

SIZE = Rule(
    "requirements-size",
    "The packages are larger together than the 1 GB that AWS advises at most.",
    "Components start slowly, and the installation may run out of its 9 minutes.",
    GUIDE,
)

RULES = (
    SOURCE,
    SIZE,
)


def check(subject: RequirementsSubject) -> Iterator[Finding]:
    from mwaa.requirements.archives import find_archives, try_build

    error = unresolvable(subject)
    if error and error.kind == "source":
        line = error.lines[0] if error.lines else None
        yield _needs_compiler(subject, error.package, line, error.explanation)
    resolution = resolution_of(subject)
    if resolution is None:
        return
    lines = _lines(resolution.packages)
    archives = find_archives(resolution, subject.say)
    for archive in archives:
        if archive.is_wheel:
            continue
        built = try_build(archive, resolution, subject.say)
        name, line = f"{archive.name} {archive.version}", lines.get(archive.name)
        if built.outcome == "pure":
            found = f"{name} has no wheel: every component of MWAA builds it from source when it starts"
            fix = "mwaa requirements wheels"
            yield SOURCE.finding("warning", found, fix, subject.shown["requirements"], line)
        else:
            yield _needs_compiler(subject, name, line, built.why)
    if (size := sum(archive.size for archive in archives)) > SIZE_ADVICE:
        found = f"the packages are {size / 1e9:.1f} GB to download, more than the 1 GB that AWS advises at most"
        largest = sorted(archives, key=lambda archive: -archive.size)[:3]
        names = ", ".join(f"{one.name} {one.size / 1e9:.1f} GB" for one in largest)
        yield SIZE.finding("warning", found, f"remove the largest: {names}", subject.shown["requirements"])


def _needs_compiler(subject: RequirementsSubject, package: str, line: int | None, detail: str) -> Finding:
    python = RELEASES[subject.airflow_version].python
    found = f"{package} has no wheel for Python {python} on MWAA's platform, and does not build without a compiler"
    fix = "choose a version that has a wheel, or build one for manylinux_2_34 x86-64 and put it into plugins/wheels"
    return SOURCE.finding("error", found, fix, subject.shown["requirements"], line, detail=detail)


def _lines(packages: Iterable["Package"]) -> dict[str, int | None]:
    """The line that each package is there for: its own, or that of a package which needs it."""
    own = {package.name: package.line for package in packages}
    for _ in range(len(own)):
        reached = {
            package.name: next((own[need] for need in package.needed_by if own.get(need)), None)
            for package in packages
            if own[package.name] is None
        }
        found = {name: line for name, line in reached.items() if line}
        if not found:
            break
        own |= found
    return own
