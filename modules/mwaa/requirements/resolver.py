"""What MWAA's pip would install, found by uv's real resolver: the image, and requirements.txt on top of it."""

import json
import platform as machine
import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from mwaa import cache
from mwaa.aws_facts.image_packages import PUBLISHED, essentials, image_requirements
from mwaa.aws_facts.releases import RELEASES, supported_versions
from mwaa.failure import Failure
from mwaa.process import Ended, Say, ToolError
from mwaa.requirements import constraints
from mwaa.requirements.file import Line, RequirementsFile, hide_secrets, parse
from mwaa.requirements.uv import NO_COMPILER, explain, index_error, indexes, interpreter, parse_yanked, uv, version

Platform = Literal["mwaa", "host"]
Trouble = Literal["conflict", "no such package", "no such version", "source"]

MWAA_PLATFORM = "x86_64-manylinux_2_34"
"""Amazon Linux 2023 has glibc 2.34 (docs.aws.amazon.com/linux/al2023/ug/compare-with-al2.html)."""

AT_UNKNOWN_VERSION = frozenset({"psycopg2", "pycurl", "boto3-stubs"})
"""In the image at a version that no constraints file tells. A line that names one without a version changes nothing."""

_IMAGE_HOURS = 30 * 24.0
_HOURS = 24.0
"""An index changes: versions are added and yanked."""

_LAST_ATTEMPT_SECONDS = 20.0
"""uv explains a conflict by all versions that it tried, which takes minutes where many packages are free."""


class Unresolvable(Failure):
    """No set of packages satisfies requirements.txt. `explanation` is uv's, `lines` the numbers that take part,
    `kind` what is the matter, and `package` the one it is about, if it is one."""

    def __init__(
        self, explanation: str, lines: tuple[int, ...], kind: Trouble = "conflict", package: str = "", under: str = ""
    ) -> None:
        text = f"requirements.txt cannot be installed as it stands:\n{explanation}"
        super().__init__(text, "mwaa requirements check tells line by line")
        self.explanation = explanation
        self.lines = lines
        self.kind = kind
        self.package = package
        self.under = under


@dataclass(frozen=True, slots=True)
class Package:
    """One package of a resolution, at its one version."""

    name: str
    version: str
    line: int | None
    """The line of requirements.txt that names it."""
    in_image: bool
    """Whether the image has it at this very version."""
    needed_by: tuple[str, ...]
    file: Path | None = None
    """The wheel, for one that comes from a folder."""
    address: str = ""
    """Where it comes from, for one that is named by an address."""
    image_version: str | None = None
    """What the image has, also where it differs."""
    yanked: str | None = None
    """Why its author took this version back; empty if nobody says."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """All that is installed when requirements.txt was. `under` says in one line which constraints were used."""

    airflow_version: str
    python: str
    platform: Platform
    packages: tuple[Package, ...]
    under: str
    notes: tuple[str, ...] = ()
    is_certain: bool = False
    """Whether all constraints could be read, the official ones among them, so that this is what MWAA would install."""
    sources: tuple[str, ...] = field(default=(), repr=False)
    """The file's own option lines on indexes and folders. May hold secrets: for uv's standard input only."""

    def installable(self, packages: Iterable[Package]) -> str:
        """What `uv pip install --no-deps --index-strategy unsafe-best-match -r -` takes to install these packages:
        pins, below the lines on indexes of the file itself."""
        return "".join(f"{line}\n" for line in (*self.sources, *map(format_pin, packages)))

    @property
    def added(self) -> tuple[Package, ...]:
        """What requirements.txt adds to the image or changes in it."""
        return tuple(package for package in self.packages if not package.in_image)


def resolve(
    file: RequirementsFile | None,
    airflow_version: str,
    platform: Platform,
    mounts: Mapping[str, Path],
    say: Say,
    preferred: Mapping[str, str] | None = None,
) -> Resolution:
    """What is installed for `file` in the image of a release; None is the image alone.

    "mwaa" is MWAA's platform, whatever this machine is; "host" this machine. `mounts` says where MWAA's places lie
    here, for constraints, wheels and further requirements that `file` names there. `preferred` are versions by name to
    stay with where nothing speaks against them. What was resolved is kept for a day.

    What cannot be part of it is left out: lines that pip cannot read, version control, editable installs, and files
    outside of `mounts`; the checks report these.

    Raises Unresolvable, and ToolError if no index can be reached or MWAA does not offer the release.
    """
    release = RELEASES.get(airflow_version)
    if release is None or not release.python:
        allowed = ", ".join(supported_versions(date.today()))
        raise ToolError(f"MWAA does not offer Airflow {airflow_version}", f"use one of {allowed}")
    target = _Target(airflow_version, release.python, platform)
    official = constraints.read_official(airflow_version, release.python)
    base = _image(target, official, say)
    if file is None:
        return base
    wanted = _wanted(file, mounts)
    rules = _rules(file, target, official, wanted, mounts)
    return _on_top(base, target, wanted, rules, preferred or {}, say)


@dataclass(frozen=True, slots=True)
class _Target:
    airflow_version: str
    python: str
    platform: Platform

    @property
    def cutoff(self) -> date:
        """The end of the day after the release: what was published later cannot be in its constraints."""
        return PUBLISHED[self.airflow_version] + timedelta(days=1)

    @property
    def key(self) -> tuple[str, ...]:
        here = ("host", machine.system(), machine.machine()) if self.platform == "host" else ("mwaa",)
        return (self.airflow_version, self.python, *here, version(), *indexes())

    def arguments(self) -> list[str]:
        mwaa = ["--python-platform", MWAA_PLATFORM] if self.platform == "mwaa" else []
        return ["--python-version", self.python, "--python", interpreter(), *mwaa]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What of a requirements.txt can be resolved here: uv's input, and the line of each package it names."""

    lines: tuple[str, ...]
    numbers: Mapping[str, int]
    pinned: frozenset[str]
    finds: tuple[Path, ...]
    notes: tuple[str, ...]
    strategy: tuple[str, ...]
    sources: tuple[str, ...]
    """Option lines that say where packages come from. May hold secrets: never printed, never kept."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """What holds the resolution: constraint lines, a last day, and how to tell them."""

    constraints: tuple[str, ...]
    cutoff: date | None
    under: str
    are_complete: bool
    """Whether the official constraints hold, and are known here."""
    is_certain: bool
    """Whether all constraints could be read, and the official ones, which tell what the image has."""
    notes: tuple[str, ...] = ()


def _image(target: _Target, official: str | None, say: Say) -> Resolution:
    held = _held(target, official)
    under = _official_under(target, official)
    cutoff = None if official is not None else target.cutoff
    lines = image_requirements(target.airflow_version)

    def compute() -> dict[str, Any]:
        say(f"resolving Airflow {target.airflow_version} as MWAA's image has it")
        ended, out = _compile(target, lines, held, (), cutoff, (), {})
        if ended.status:
            raise index_error(ended.stderr) or ToolError(
                f"Airflow {target.airflow_version} itself does not resolve {under}: {explain(ended.stderr)}",
                "check that the package index has all of its packages",
            )
        packages = [
            replace(package, in_image=True, image_version=package.version) for package in _packages(out, {}, ended)
        ]
        return {"packages": [_plain(package) for package in packages]}

    key = cache.digest("image", *target.key, *lines, *held, str(cutoff))
    kept = cache.load_or_compute(_kept(key), compute, hours=_IMAGE_HOURS)
    packages = tuple(_package(item) for item in kept["packages"])
    certain = official is not None
    return Resolution(target.airflow_version, target.python, target.platform, packages, under, is_certain=certain)


def _on_top(
    base: Resolution, target: _Target, wanted: _Wanted, rules: _Rules, stay: Mapping[str, str], say: Say
) -> Resolution:
    installed = {package.name: package.version for package in base.packages}
    lines = (*image_requirements(target.airflow_version), *wanted.lines)
    attempts = _attempts(installed, target, wanted, rules)
    preferred = [f"{name}=={number}" for name, number in {**stay, **installed}.items()]

    def compute() -> dict[str, Any]:
        say(f"resolving requirements.txt for Airflow {target.airflow_version} ({len(wanted.numbers)} named)")
        more = [*wanted.strategy, *(f"--find-links={folder}" for folder in wanted.finds)]
        wheels = _by_pin(wanted.finds)
        tools = NO_COMPILER if target.platform == "mwaa" else {}
        failed = ""
        for attempt in attempts:
            free = wanted.pinned if attempt.cutoff else frozenset[str]()
            try:
                ended, out = _compile(
                    target, lines, attempt.held, preferred, attempt.cutoff, free, tools, more, attempt.seconds
                )
            except subprocess.TimeoutExpired:
                continue  # the attempt before it has said why
            if not ended.status:
                found = [_compared(package, installed, wheels) for package in _packages(out, wanted.numbers, ended)]
                return {"packages": [_plain(package) for package in found], "under": attempt.under}
            if error := index_error(ended.stderr):
                raise error
            failed = failed if attempt.seconds else ended.stderr
        return {"failed": _trouble(failed, wanted), "under": rules.under}

    key = cache.digest(
        "on top", *target.key, *lines, *map(repr, attempts), *preferred,
        json.dumps(wanted.numbers, sort_keys=True), *wanted.strategy, *map(str, wanted.finds),
    )  # fmt: skip
    kept = cache.load_or_compute(_kept(key), compute, hours=_HOURS)
    if failed := kept.get("failed"):
        raise Unresolvable(
            failed["explanation"], tuple(failed["lines"]), failed["kind"], failed["package"], kept["under"]
        )
    packages = tuple(_package(item) for item in kept["packages"])
    notes = (*rules.notes, *wanted.notes)
    return Resolution(
        target.airflow_version, target.python, target.platform, packages, kept["under"], notes,
        rules.is_certain, wanted.sources,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One way to resolve: what is held, the last day, how to tell it, and how long it may take at most."""

    held: tuple[str, ...]
    cutoff: date | None
    under: str
    seconds: float | None = None


def _attempts(installed: Mapping[str, str], target: _Target, wanted: _Wanted, rules: _Rules) -> tuple[_Attempt, ...]:
    """How to come nearest to pip on MWAA, which keeps what is installed unless something speaks against it.

    Under the official constraints there is one way. Without them the image's packages stay as they are, but for those
    that the file itself names; then only the image's own roots stay; then the same with newer packages. What differs
    from the image is marked so in the resolution: that is no error where the constraints are not known for certain.
    """
    if rules.are_complete:
        return (_Attempt(rules.constraints, None, rules.under),)
    fixed = essentials(target.airflow_version)
    roots = {canonicalize_name(Requirement(line).name) for line in image_requirements(target.airflow_version)}
    free = {name: number for name, number in installed.items() if name not in wanted.numbers and name not in fixed}
    all_stay = (*rules.constraints, *(f"{name}=={number}" for name, number in free.items()))
    roots_stay = (*rules.constraints, *(f"{name}=={number}" for name, number in free.items() if name in roots))
    changed = _Attempt(
        roots_stay,
        rules.cutoff,
        f"{rules.under}; packages of the image changed, for these requirements need others",
        _LAST_ATTEMPT_SECONDS,
    )
    strict = _Attempt(all_stay, rules.cutoff, rules.under)
    if rules.cutoff is None:
        return strict, changed
    newer = f"{rules.under}; newer packages as well, for these requirements need some"
    both = f"{rules.under}; newer packages as well, and packages of the image changed, for these requirements need them"
    return (
        strict,
        changed,
        replace(strict, cutoff=None, under=newer),
        replace(changed, cutoff=None, under=both),
    )


def _compile(
    target: _Target,
    lines: Iterable[str],
    held: Iterable[str],
    preferred: Iterable[str],
    cutoff: date | None,
    free: Iterable[str],
    extra: Mapping[str, str],
    more: Iterable[str] = (),
    seconds: float | None = None,
) -> tuple[Ended, str]:
    """uv's answer, and the pins it wrote. `preferred` are taken where nothing speaks against them, as pip keeps what
    is installed; `free` may be newer than `cutoff`."""
    with tempfile.TemporaryDirectory(prefix="mwaa-") as made:
        folder = Path(made)
        for name, content in (("requirements.in", lines), ("held.txt", held), ("pins.txt", preferred)):
            (folder / name).write_text("".join(f"{line}\n" for line in content), encoding="utf-8")
        newest = ["--exclude-newer", f"{cutoff + timedelta(days=1)}T00:00:00Z"] if cutoff else []
        for name in sorted(free) if cutoff else ():
            newest += ["--exclude-newer-package", f"{name}=2999-01-01"]
        ended = uv(
            [
                "pip", "compile", "requirements.in", "--constraint", "held.txt", "--output-file", "pins.txt",
                *target.arguments(), "--no-header", "--annotation-style", "line", *newest, *more,
            ],
            folder,
            extra,
            seconds,
        )  # fmt: skip
        return ended, (folder / "pins.txt").read_text(encoding="utf-8")


def _held(target: _Target, text: str | None) -> tuple[str, ...]:
    """Constraint lines: the essential pins, and of `text` all that they say nothing of."""
    fixed = essentials(target.airflow_version)
    rest = [] if text is None else [line for line in _constraint_lines(text) if line[0] not in fixed]
    return (*(f"{name}=={number}" for name, number in fixed.items()), *(line for _, line in rest))


def _constraint_lines(text: str) -> list[tuple[str, str]]:
    return [(line.name, str(line.requirement)) for line in parse(text).requirements if line.requirement]


def _official_under(target: _Target, official: str | None) -> str:
    if official is not None:
        return f"under the official constraints of Airflow {target.airflow_version} on Python {target.python}"
    return (
        f"under packages published until {target.cutoff}, a day after Airflow {target.airflow_version}, "
        f"for its official constraints cannot be reached"
    )


def _rules(
    file: RequirementsFile, target: _Target, official: str | None, wanted: _Wanted, mounts: Mapping[str, Path]
) -> _Rules:
    """The constraints that pip is given on MWAA: the file's own, and the release's where MWAA forces them."""
    own: list[str] = []
    notes: list[str] = []
    is_official = file.constrained == "forced"
    for line in file.constraints:
        place = line.value
        if constraints.parse_release(place):
            is_official = True  # another release's is reported by the checks, and this one's holds here
            continue
        path = constraints.local_path(place, mounts)
        text = _read(path) if path else constraints.download(place, hours=_HOURS) if "://" in place else None
        if text is None:
            notes.append(f"line {line.number}: the constraints {hide_secrets(place)} cannot be read from here")
        else:
            own.append(text)
    text = "\n".join([*own, official or ""]) if is_official else "\n".join(own)
    if is_official:
        under = _official_under(target, official)
        cutoff = None if official is not None else target.cutoff
    else:
        under = "under the file's own constraints" if own else "under MWAA's essential constraints alone"
        cutoff = None
    complete = is_official and official is not None
    certain = official is not None and not notes
    return _Rules(_held(target, text), cutoff, under, complete, certain, tuple(notes))


def _wanted(file: RequirementsFile, mounts: Mapping[str, Path]) -> _Wanted:
    lines: list[str] = []
    sources: list[str] = []
    numbers: dict[str, int] = {}
    pinned: set[str] = set()
    finds: list[Path] = []
    notes: list[str] = []
    only_folders = bool(file.options("--no-index"))
    for line, number in _with_included(file, mounts):
        if line.option == "--find-links":
            if (folder := constraints.local_path(line.value, mounts)) and folder.is_dir():
                finds.append(_lasting(folder.glob("*.whl")))
            elif "://" in line.value:
                sources.append(f"--find-links {line.value}")
        elif line.option in ("--index-url", "--extra-index-url"):
            sources.append(f"{line.option} {line.value}")
        elif line.option == "--pre":
            lines.append(line.option)
        elif line.kind == "requirement" and (text := _for_uv(line, mounts)):
            if line.name in AT_UNKNOWN_VERSION and line.requirement and not line.requirement.specifier:
                notes.append(f"line {number}: {line.name} is in MWAA's image, at a version that is not known here")
                continue
            lines.append(text)
            if line.name:
                numbers.setdefault(line.name, number)
            if line.pin:
                pinned.add(line.name)
    if only_folders:
        lines += _only_from(finds, numbers)
    has_more = any(line.startswith("--extra-index-url") for line in sources)
    strategy = ("--index-strategy", "unsafe-best-match") if has_more else ()  # what pip does
    return _Wanted((*sources, *lines), numbers, frozenset(pinned), tuple(finds), tuple(notes), strategy, tuple(sources))


def _with_included(file: RequirementsFile, mounts: Mapping[str, Path], depth: int = 3) -> list[tuple[Line, int]]:
    """All lines, those of further files (`-r`) under the number of the line that names them."""
    found: list[tuple[Line, int]] = []
    for line in file.lines:
        if line.option != "--requirement":
            found.append((line, line.number))
        elif depth and (path := constraints.local_path(line.value, mounts)) and (text := _read(path)) is not None:
            found += [(inner, line.number) for inner, _ in _with_included(parse(text), mounts, depth - 1)]
    return found


def _for_uv(line: Line, mounts: Mapping[str, Path]) -> str:
    """The requirement as uv takes it; empty if it can be no part of a resolution here."""
    if line.is_vcs or line.option == "--editable":
        return ""
    if line.is_path:
        path = constraints.local_path(line.path, mounts)
        if path is None or not path.is_file():
            return ""
        kept = _lasting([path]) / path.name
        return f"{line.requirement.name} @ {kept.as_uri()}" if line.requirement else kept.as_uri()
    return str(line.requirement) if line.requirement else line.value


def _lasting(files: Iterable[Path]) -> Path:
    """A folder of the cache with copies of these files: what is resolved names paths, and must outlive a check."""
    found = {path.name: path.read_bytes() for path in sorted(files)}

    def copy(folder: Path) -> None:
        for name, data in found.items():
            (folder / name).write_bytes(data)

    key = cache.digest(*(part for name, data in found.items() for part in (name, data)))
    return cache.build_once(cache.folder() / "wheels" / key, copy)


def _only_from(finds: Iterable[Path], names: Iterable[str]) -> list[str]:
    """With --no-index the folders alone count: their one version of each named package that they hold.

    The index stays, for the image itself comes from there; that nothing else does is the checks' to tell.
    """
    held: dict[str, set[str]] = {}
    for name, number in _by_pin(finds):
        held.setdefault(name, set()).add(number)
    return [f"{name}=={next(iter(held[name]))}" for name in names if len(held.get(name, ())) == 1]


def _by_pin(folders: Iterable[Path]) -> dict[tuple[str, str], Path]:
    """The wheels in these folders by name and version."""
    found: dict[tuple[str, str], Path] = {}
    for path in _wheels(folders):
        try:
            name, number, *_ = parse_wheel_filename(path.name)
        except InvalidWheelFilename:
            continue  # pip passes it by as well
        found[(name, str(number))] = path
    return found


def _wheels(folders: Iterable[Path]) -> list[Path]:
    return sorted(path for folder in folders for path in folder.glob("*.whl"))


def _packages(pins: str, numbers: Mapping[str, int], ended: Ended) -> list[Package]:
    back = parse_yanked(ended.stderr)
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
            number = _version_of(file)
            if requirement.url.startswith("file://"):
                path = Path(requirement.url.removeprefix("file://"))
        found.append(
            Package(
                name, number, numbers.get(name), False, needed_by, path,
                address=(requirement.url or "") if path is None else "", yanked=back.get(f"{name}=={number}"),
            )
        )  # fmt: skip
    return found


def _version_of(archive: str) -> str:
    try:
        return str(parse_wheel_filename(archive)[1])
    except InvalidWheelFilename:
        found = re.search(r"-(\d[\w.!+]*?)(\.tar\.\w+|\.zip|\.tgz)$", archive)
        return found[1] if found else ""


def _compared(package: Package, installed: Mapping[str, str], wheels: Mapping[tuple[str, str], Path]) -> Package:
    """Set beside the image, and beside the wheels of the folders: uv does not tell which it took from there."""
    before = installed.get(package.name)
    file = package.file or wheels.get((package.name, package.version))
    is_there = before == package.version
    return replace(package, in_image=is_there, image_version=before, file=None if is_there else file)


def _trouble(stderr: str, wanted: _Wanted) -> dict[str, Any]:
    explanation = explain(stderr)
    kind, package = _kind(explanation)
    words = {canonicalize_name(word) for word in re.findall(r"[A-Za-z0-9][\w.-]*[A-Za-z0-9]|[A-Za-z0-9]", explanation)}
    lines = sorted({number for name, number in wanted.numbers.items() if name in words})
    return {"explanation": explanation, "lines": lines, "kind": kind, "package": package}


def _kind(explanation: str) -> tuple[Trouble, str]:
    """What uv begins with; further below the same words are a step of a longer argument."""
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


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None  # noted in the resolution, or reported by the checks


def format_pin(package: Package) -> str:
    """The line that installs exactly this."""
    if package.file:
        return f"{package.name} @ {package.file.as_uri()}"
    return f"{package.name} @ {package.address}" if package.address else f"{package.name}=={package.version}"


def _kept(key: str) -> Path:
    return cache.folder() / "resolutions" / f"{key}.json"


def _plain(package: Package) -> dict[str, Any]:
    return asdict(package) | {"file": str(package.file) if package.file else None}


def _package(item: Mapping[str, Any]) -> Package:
    return Package(
        **{**item, "needed_by": tuple(item["needed_by"]), "file": Path(item["file"]) if item["file"] else None}
    )
