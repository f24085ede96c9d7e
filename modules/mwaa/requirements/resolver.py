"""What MWAA's pip would install, found by uv's resolver: the image, and requirements.txt on top of it."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mwaa import cache
from mwaa.aws_facts.image_packages import essentials, image_requirements
from mwaa.aws_facts.releases import RELEASES, supported_versions
from mwaa.process import ToolError
from mwaa.progress import ReportDetail
from mwaa.requirements import constraints
from mwaa.requirements.file import RequirementsFile
from mwaa.requirements.image_constraints import (
    AppliedConstraints,
    apply_constraints,
    constraint_lines,
    describe_official,
)
from mwaa.requirements.resolution import (
    FIELDS,
    Package,
    Platform,
    Resolution,
    Unresolvable,
    package_from_json,
    package_to_json,
)
from mwaa.requirements.uv import NO_COMPILER, explain, index_error
from mwaa.requirements.uv_compile import (
    Compilation,
    ResolutionTarget,
    compile_requirements,
    describe_trouble,
    parse_packages,
)
from mwaa.requirements.uv_input import UvInput, read_uv_input, wheels_by_pin

_IMAGE_HOURS = 30 * 24.0

_HOURS = 24.0
"""An index changes: versions are added and yanked."""

_LAST_ATTEMPT_SECONDS = 20.0
"""uv explains a conflict by all versions that it tried, which takes minutes if many packages are free."""


def resolve(
    file: RequirementsFile | None,
    airflow_version: str,
    platform: Platform,
    mounts: Mapping[str, Path],
    say: ReportDetail,
    preferred: Mapping[str, str] | None = None,
) -> Resolution:
    """Return what is installed for `file` in the image of a release; without a file, the image alone.

    The platform "mwaa" is MWAA's on any machine; "host" is this machine. `mounts` maps folders of MWAA's containers to
    local ones, for the constraints, wheels and further requirements that `file` names there. `preferred` are versions
    by name to keep unless something conflicts with them. A resolution is cached for a day.

    Lines that cannot be part of it are left out: those that pip cannot read, version control, editable installs, and
    files outside of `mounts`; the checks report these.

    Raises Unresolvable, and ToolError if no index can be reached or MWAA does not offer the release.
    """
    release = RELEASES.get(airflow_version)
    if release is None or not release.python:
        allowed = ", ".join(supported_versions(date.today()))
        raise ToolError(f"MWAA does not offer Airflow {airflow_version}", f"use one of {allowed}")
    target = ResolutionTarget(airflow_version, release.python, platform)
    official = constraints.read_official(airflow_version, release.python)
    base = _resolve_image(target, official, say)
    if file is None:
        return base
    applied = apply_constraints(file, target, official, mounts)
    return _resolve_on_image(base, target, read_uv_input(file, mounts), applied, preferred or {}, say)


def _resolve_image(target: ResolutionTarget, official: str | None, say: ReportDetail) -> Resolution:
    """Return the packages of the image alone; `official` is the text of the official constraints, if known."""
    held = constraint_lines(target.airflow_version, official)
    under = describe_official(target, official)
    cutoff = None if official is not None else target.cutoff
    lines = image_requirements(target.airflow_version)

    def compute() -> dict[str, Any]:
        say(f"resolving Airflow {target.airflow_version} of MWAA's image")
        ended, out = compile_requirements(Compilation(target, lines, held, cutoff=cutoff))
        if ended.status:
            raise index_error(ended.stderr) or ToolError(
                f"Airflow {target.airflow_version} itself does not resolve {under}: {explain(ended.stderr)}",
                "check that the package index has all of its packages",
            )
        packages = [
            replace(package, in_image=True, image_version=package.version) for package in parse_packages(out, {}, ended)
        ]
        return {"packages": [package_to_json(package) for package in packages]}

    key = cache.digest("image", *FIELDS, *target.key, *lines, *held, str(cutoff))
    kept = cache.load_or_compute(_cache_path(key), compute, hours=_IMAGE_HOURS)
    packages = tuple(package_from_json(item) for item in kept["packages"])
    certain = official is not None
    return Resolution(target.airflow_version, target.python, target.platform, packages, under, is_certain=certain)


def _resolve_on_image(
    base: Resolution,
    target: ResolutionTarget,
    asked: UvInput,
    applied: AppliedConstraints,
    keep: Mapping[str, str],
    say: ReportDetail,
) -> Resolution:
    """Return the packages of the image with those of requirements.txt; `keep` are versions to prefer."""
    installed = {package.name: package.version for package in base.packages}
    lines = (*image_requirements(target.airflow_version), *asked.lines)
    attempts = _attempts(installed, target, asked, applied)
    preferred = tuple(f"{name}=={number}" for name, number in {**keep, **installed}.items())

    def compute() -> dict[str, Any]:
        say(f"resolving requirements.txt for Airflow {target.airflow_version} ({len(asked.numbers)} named)")
        options = (*asked.strategy, *(f"--find-links={folder}" for folder in asked.finds))
        wheels = wheels_by_pin(asked.finds)
        tools = NO_COMPILER if target.platform == "mwaa" else {}
        failed = ""
        for attempt in attempts:
            try:
                ended, out = compile_requirements(
                    Compilation(
                        target, lines, attempt.constraints, preferred, attempt.cutoff, asked.pinned, options, tools,
                        attempt.seconds,
                    )
                )  # fmt: skip
            except subprocess.TimeoutExpired:
                continue  # the explanation of an earlier attempt is reported
            if not ended.status:
                packages = parse_packages(out, asked.numbers, ended)
                found = [_compare_with_image(package, installed, wheels) for package in packages]
                return {"packages": [package_to_json(package) for package in found], "under": attempt.under}
            if error := index_error(ended.stderr):
                raise error
            failed = failed if attempt.seconds else ended.stderr
        return {"failed": describe_trouble(failed, asked.numbers), "under": applied.under}

    key = cache.digest(
        "on top", *FIELDS, *target.key, *lines, *map(repr, attempts), *preferred,
        json.dumps(asked.numbers, sort_keys=True), *asked.strategy, *map(str, asked.finds),
    )  # fmt: skip
    kept = cache.load_or_compute(_cache_path(key), compute, hours=_HOURS)
    if failed := kept.get("failed"):
        raise Unresolvable(
            failed["explanation"], tuple(failed["lines"]), failed["kind"], failed["package"], kept["under"]
        )
    packages = tuple(package_from_json(item) for item in kept["packages"])
    notes = (*applied.notes, *asked.notes)
    return Resolution(
        target.airflow_version, target.python, target.platform, packages, kept["under"], notes,
        applied.is_certain, asked.sources,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ResolutionAttempt:
    """One way to resolve: constraints, the last day of publication, a description, and the most seconds it may take."""

    constraints: tuple[str, ...]
    cutoff: date | None
    under: str
    seconds: float | None = None


def _attempts(
    installed: Mapping[str, str], target: ResolutionTarget, asked: UvInput, applied: AppliedConstraints
) -> tuple[ResolutionAttempt, ...]:
    """Return the attempts that come nearest to pip on MWAA, which keeps what is installed unless it conflicts.

    Under the official constraints there is one. Without them, the first keeps all of the image's packages that the file
    does not name, the next keeps only the image's own roots, and the last ones allow newer packages. The resolution
    marks what differs from the image: that is no error while the official constraints are unknown.
    """
    if applied.are_complete:
        return (ResolutionAttempt(applied.lines, None, applied.under),)
    fixed = essentials(target.airflow_version)
    roots = {canonicalize_name(Requirement(line).name) for line in image_requirements(target.airflow_version)}
    free = {name: number for name, number in installed.items() if name not in asked.numbers and name not in fixed}
    all_stay = (*applied.lines, *(f"{name}=={number}" for name, number in free.items()))
    roots_stay = (*applied.lines, *(f"{name}=={number}" for name, number in free.items() if name in roots))
    changed = ResolutionAttempt(
        roots_stay,
        applied.cutoff,
        f"{applied.under}; packages of the image changed, because these requirements need others",
        _LAST_ATTEMPT_SECONDS,
    )
    strict = ResolutionAttempt(all_stay, applied.cutoff, applied.under)
    if applied.cutoff is None:
        return strict, changed
    newer = f"{applied.under}; newer packages as well, because these requirements need some"
    both = (
        f"{applied.under}; newer packages as well, and packages of the image changed, "
        "because these requirements need them"
    )
    return (
        strict,
        changed,
        replace(strict, cutoff=None, under=newer),
        replace(changed, cutoff=None, under=both),
    )


def _compare_with_image(
    package: Package, installed: Mapping[str, str], wheels: Mapping[tuple[str, str], Path]
) -> Package:
    """Return the package with its version in the image, and its wheel if a folder has it: uv does not say."""
    before = installed.get(package.name)
    file = package.file or wheels.get((package.name, package.version))
    is_there = before == package.version
    return replace(package, in_image=is_there, image_version=before, file=None if is_there else file)


def _cache_path(key: str) -> Path:
    return cache.folder() / "resolutions" / f"{key}.json"
