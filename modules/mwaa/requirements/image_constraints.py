"""The constraints that hold a resolution: MWAA's essential pins, the release's own, and those of the file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mwaa.aws_facts.image_packages import essentials
from mwaa.requirements import constraints
from mwaa.requirements.file import RequirementsFile, hide_secrets, parse
from mwaa.requirements.uv_compile import ResolutionTarget

_HOURS = 24.0
"""A constraints file that requirements.txt names may change."""


@dataclass(frozen=True, slots=True)
class AppliedConstraints:
    """The constraints of one resolution: their lines, the last day of publication, and a description of them."""

    lines: tuple[str, ...]
    cutoff: date | None
    under: str
    are_complete: bool
    """Whether the official constraints apply, and are known here."""
    is_certain: bool
    """Whether all constraints could be read, and the official ones, which say what the image has."""
    notes: tuple[str, ...] = ()


def apply_constraints(
    file: RequirementsFile, target: ResolutionTarget, official: str | None, mounts: Mapping[str, Path]
) -> AppliedConstraints:
    """Return the constraints that pip gets on MWAA: the file's own, and the release's where MWAA forces them."""
    own: list[str] = []
    notes: list[str] = []
    is_official = file.constrained == "forced"
    for line in file.constraints:
        place = line.value
        if constraints.parse_release(place):
            is_official = True  # the checks report those of another release; here this release's apply
            continue
        path = constraints.local_path(place, mounts)
        if path:
            text = constraints.read_local(path)
        else:
            text = constraints.download(place, hours=_HOURS) if "://" in place else None
        if text is None:
            notes.append(f"line {line.number}: the constraints {hide_secrets(place)} cannot be read on this machine")
        else:
            own.append(text)
    text = "\n".join([*own, official or ""]) if is_official else "\n".join(own)
    if is_official:
        under = describe_official(target, official)
        cutoff = None if official is not None else target.cutoff
    else:
        under = "under the file's own constraints" if own else "under MWAA's essential constraints alone"
        cutoff = None
    complete = is_official and official is not None
    certain = official is not None and not notes
    lines = constraint_lines(target.airflow_version, text)
    return AppliedConstraints(lines, cutoff, under, complete, certain, tuple(notes))


def constraint_lines(airflow_version: str, text: str | None) -> tuple[str, ...]:
    """Return constraint lines: the essential pins, and those of `text` on other packages."""
    fixed = essentials(airflow_version)
    rest = [] if text is None else [line for line in _parse_constraints(text) if line[0] not in fixed]
    return (*(f"{name}=={number}" for name, number in fixed.items()), *(line for _, line in rest))


def _parse_constraints(text: str) -> list[tuple[str, str]]:
    return [(line.name, str(line.requirement)) for line in parse(text).requirements if line.requirement]


def describe_official(target: ResolutionTarget, official: str | None) -> str:
    """Return in one line what stands for the release's official constraints; `official` is their text, if known."""
    if official is not None:
        return f"under the official constraints of Airflow {target.airflow_version} on Python {target.python}"
    return (
        f"under packages published until {target.cutoff}, a day after Airflow {target.airflow_version}, "
        "because its official constraints are unreachable"
    )
