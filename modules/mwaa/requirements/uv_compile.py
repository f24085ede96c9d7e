"""One run of `uv pip compile`, and its output as packages or as an explanation."""

import platform as machine
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from mwaa.aws_facts.image_packages import PUBLISHED
from mwaa.process import Ended
from mwaa.requirements.resolution import Package, Platform, Trouble
from mwaa.requirements.uv import explain, indexes, interpreter, parse_yanked, uv, version

MWAA_PLATFORM = "x86_64-manylinux_2_34"
"""Amazon Linux 2023 has glibc 2.34 (docs.aws.amazon.com/linux/al2023/ug/compare-with-al2.html)."""


@dataclass(frozen=True, slots=True)
class ResolutionTarget:
    """The release, Python and platform that packages are resolved for."""

    airflow_version: str
    python: str
    platform: Platform

    @property
    def cutoff(self) -> date:
        """The day after the release: what was published later cannot be in its constraints."""
        return PUBLISHED[self.airflow_version] + timedelta(days=1)

    @property
    def key(self) -> tuple[str, ...]:
        """The parts of a cache key that decide what uv answers."""
        here = ("host", machine.system(), machine.machine()) if self.platform == "host" else ("mwaa",)
        return (self.airflow_version, self.python, *here, version(), *indexes())

    def arguments(self) -> list[str]:
        """Return the options of uv."""
        mwaa = ["--python-platform", MWAA_PLATFORM] if self.platform == "mwaa" else []
        return ["--python-version", self.python, "--python", interpreter(), *mwaa]


@dataclass(frozen=True, slots=True)
class Compilation:
    """The input of one `uv pip compile`."""

    target: ResolutionTarget
    lines: tuple[str, ...]
    constraints: tuple[str, ...]
    preferred: tuple[str, ...] = ()
    """Pins to keep unless something conflicts with them, as pip keeps what is installed."""
    cutoff: date | None = None
    """The last day of publication of a package."""
    exempt: frozenset[str] = frozenset()
    """Packages that may be newer than `cutoff`."""
    options: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    """Variables beside those of `uv.environ`."""
    seconds: float | None = None
    """The most that it may take; None is no limit."""


def compile_requirements(compilation: Compilation) -> tuple[Ended, str]:
    """Run uv, and return how it ended and the pins that it wrote. Raises subprocess.TimeoutExpired."""
    files = {
        "requirements.in": compilation.lines,
        "constraints.txt": compilation.constraints,
        "pins.txt": compilation.preferred,
    }
    cutoff = compilation.cutoff
    newest = ["--exclude-newer", f"{cutoff + timedelta(days=1)}T00:00:00Z"] if cutoff else []
    for name in sorted(compilation.exempt) if cutoff else ():
        newest += ["--exclude-newer-package", f"{name}=2999-01-01"]
    with tempfile.TemporaryDirectory(prefix="mwaa-") as made:
        folder = Path(made)
        for name, content in files.items():
            (folder / name).write_text("".join(f"{line}\n" for line in content), encoding="utf-8")
        ended = uv(
            [
                "pip", "compile", "requirements.in", "--constraint", "constraints.txt", "--output-file", "pins.txt",
                *compilation.target.arguments(), "--no-header", "--annotation-style", "line",
                *newest, *compilation.options,
            ],
            folder,
            compilation.environ,
            compilation.seconds,
        )  # fmt: skip
        return ended, (folder / "pins.txt").read_text(encoding="utf-8")


def parse_packages(pins: str, numbers: Mapping[str, int], ended: Ended) -> list[Package]:
    """Return the packages in uv's output; `numbers` are the lines of requirements.txt by package."""
    withdrawn = parse_yanked(ended.stderr)
    found: list[Package] = []
    for row in pins.splitlines():
        text, _, via = row.partition("# via ")
        try:
            requirement = Requirement(text.strip())
        except InvalidRequirement:
            continue  # an option that uv repeats
        name = canonicalize_name(requirement.name)
        needed_by = tuple(sorted(part for part in via.strip().split(", ") if part and not part.startswith("-")))
        number = "".join(part.version for part in requirement.specifier)
        path = None
        if requirement.url:
            file = requirement.url.rsplit("/", 1)[-1].split("#")[0]
            number = _archive_version(file)
            if requirement.url.startswith("file://"):
                path = Path(requirement.url.removeprefix("file://"))
        found.append(
            Package(
                name, number, numbers.get(name), False, needed_by, path,
                address=(requirement.url or "") if path is None else "", yanked=withdrawn.get(f"{name}=={number}"),
            )
        )  # fmt: skip
    return found


def _archive_version(archive: str) -> str:
    try:
        return str(parse_wheel_filename(archive)[1])
    except InvalidWheelFilename:
        found = re.search(r"-(\d[\w.!+]*?)(\.tar\.\w+|\.zip|\.tgz)$", archive)
        return found[1] if found else ""


def describe_trouble(stderr: str, numbers: Mapping[str, int]) -> dict[str, Any]:
    """Return why uv found no solution, as JSON values: explanation, lines, kind and package of `Unresolvable`."""
    explanation = explain(stderr)
    kind, package = _classify(explanation)
    words = {canonicalize_name(word) for word in re.findall(r"[A-Za-z0-9][\w.-]*[A-Za-z0-9]|[A-Za-z0-9]", explanation)}
    lines = sorted({number for name, number in numbers.items() if name in words})
    return {"explanation": explanation, "lines": lines, "kind": kind, "package": package}


def _classify(explanation: str) -> tuple[Trouble, str]:
    """Return kind and package by the first line; in later lines the same words are a step of a longer argument."""
    begins = "\n".join(explanation.splitlines()[:1])
    for kind, pattern in _KINDS:
        if found := pattern.search(begins):
            return kind, found[1]
    return "conflict", ""


_NAMED = r"([\w.-]+(?:\[[^\]]*\])?(?:[=<>!~][^\s`]*[^\s`,.])?)"


_KINDS: tuple[tuple[Trouble, re.Pattern[str]], ...] = (
    ("no such package", re.compile(rf"{_NAMED} was not found in the (?:package registry|provided package locations)")),
    ("no such version", re.compile(rf"there (?:is|are) no versions? of {_NAMED}")),
    ("no such version", re.compile(rf"only [^\s]+ (?:is|are) available and you require {_NAMED}")),
    ("no such version", re.compile(rf"{_NAMED} has no wheels with a matching")),
    ("no such version", re.compile(rf"{_NAMED} depends on Python[<>=!~]")),
    ("source", re.compile(rf"{_NAMED} has no usable wheels")),
    ("source", re.compile(r"Failed to (?:download and )?build `([^`]+)`")),
)
