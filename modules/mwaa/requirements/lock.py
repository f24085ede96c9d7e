"""requirements.txt with every version pinned, for the same result at every start of every component."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from mwaa.progress import ReportDetail
from mwaa.requirements.file import Line, RequirementsFile, parse
from mwaa.requirements.resolution import Package, Resolution
from mwaa.requirements.resolver import resolve

BEGIN = "# What the lines above need and MWAA's image lacks, by `mwaa requirements lock`: do not edit below."
"""The first line of the block that each lock replaces; the block reaches to the end of the file."""


@dataclass(frozen=True, slots=True)
class LockResult:
    """A requirements.txt after `lock`."""

    text: str
    changes: tuple[str, ...]
    """One line each; none if the file was locked already."""
    left: tuple[str, ...]
    """The lines without a pin, and why."""
    resolution: Resolution


def lock(file: RequirementsFile, airflow_version: str, mounts: Mapping[str, Path], say: ReportDetail) -> LockResult:
    """Pin each line of the file, and add below what they need beside MWAA's image. Comments, options and the constraint
    line keep their places; versions of an earlier lock are kept unless something conflicts with them.

    Raises what `resolve` raises.
    """
    own, block = _split(file)
    before = {line.name: line.pin for line in parse(block).requirements if line.pin}
    resolution = resolve(own, airflow_version, "mwaa", mounts, say, preferred=before)
    packages = {package.name: package for package in resolution.packages}
    lines: list[str] = []
    changes: list[str] = []
    left: list[str] = []
    for line in own.lines:
        package = packages.get(line.name) if line.kind == "requirement" else None
        if why := _why_unpinned(line, package, resolution):
            left.append(f"line {line.number}: {why}")
        if package is None or why or line.requirement is None or line.value or line.pin == package.version:
            lines.append(line.text)
            continue
        text = _pin(line, package)
        changes.append(f"line {line.number}: {line.requirement} -> {line.requirement.name}=={package.version}")
        lines.append(text)
    below = [package for package in resolution.added if package.line is None and not package.address]
    after = {package.name: package.version for package in below}
    changes += [f"added: {name}=={after[name]}" for name in after if name not in before]
    changes += [f"below: {name} {before[name]} -> {after[name]}" for name in after if _differs(before, after, name)]
    changes += [f"removed: {name}=={number}" for name, number in before.items() if name not in after]
    while lines and not lines[-1].strip():
        lines.pop()
    if below:
        lines += ["", BEGIN, *(_with_reason(package) for package in below)]
    text = "\n".join(lines) + "\n"
    return LockResult(text, tuple(changes), tuple(left), resolution)


def _split(file: RequirementsFile) -> tuple[RequirementsFile, str]:
    """Return the part that people wrote, and the block of an earlier lock."""
    own, _, block = file.text.partition(BEGIN)
    return parse(own), block


def _why_unpinned(line: Line, package: Package | None, resolution: Resolution) -> str:
    """Return why the line cannot be pinned; empty if it can."""
    if line.kind == "unreadable":
        return f"pip cannot read it ({line.value})"
    if line.kind != "requirement" or (line.requirement and line.pin):
        return ""
    if package is None or not line.requirement or line.value:
        return "it names no version to pin"
    if package.in_image and not resolution.is_certain and package.name not in _essential_pins(resolution):
        return f"{package.name} is in MWAA's image, at a version that only the official constraints have"
    return ""


def _essential_pins(resolution: Resolution) -> Mapping[str, str]:
    from mwaa.aws_facts.image_packages import essentials

    return essentials(resolution.airflow_version)


def _pin(line: Line, package: Package) -> str:
    """Return the line with its name, extras, marker and comment, and one version. Hashes are dropped."""
    assert line.requirement
    extras = f"[{','.join(sorted(line.requirement.extras))}]" if line.requirement.extras else ""
    marker = f" ; {line.requirement.marker}" if line.requirement.marker else ""
    comment = re.search(r"(\s+#.*)$", line.text.splitlines()[-1])
    return f"{line.requirement.name}{extras}=={package.version}{marker}{comment[1] if comment else ''}"


def _with_reason(package: Package) -> str:
    reasons = ", ".join(canonicalize_name(name) for name in package.needed_by)
    return f"{package.name}=={package.version}" + (f"  # via {reasons}" if reasons else "")


def _differs(before: Mapping[str, str | None], after: Mapping[str, str], name: str) -> bool:
    return name in before and before[name] != after[name]
