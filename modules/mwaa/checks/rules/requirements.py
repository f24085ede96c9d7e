"""requirements.txt: what pip on MWAA would refuse, change without a word, or leave out.

Why: a failed installation is only a line in a log. After 20 minutes the update fails, or the environment comes up with
packages missing, and DAGs break one by one. Sources: MWAA user guide, pages working-dags-dependencies and
configuring-networking; github.com/aws/amazon-mwaa-docker-images at 9d2bebb, `python/mwaa/utils/user_requirements.py`.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mwaa.aws_facts.releases import RELEASES
from mwaa.aws_facts.user_guide import guide
from mwaa.checks.finding import Finding, Severity
from mwaa.checks.rule import Rule
from mwaa.config import Workspace

if TYPE_CHECKING:
    from mwaa.checks.subject import ContentFile
    from mwaa.progress import ReportDetail
    from mwaa.requirements import Package, RequirementsFile, Resolution, Unresolvable
    from mwaa.requirements.file import Line

GUIDE = guide("working-dags-dependencies")
IMAGE = "github.com/aws/amazon-mwaa-docker-images at 9d2bebb, python/mwaa/utils/user_requirements.py"
ESSENTIAL = "github.com/aws/amazon-mwaa-docker-images at 9d2bebb, etc/mwaa_essential_constraints.txt"
SIZE_ADVICE = 1_000_000_000
"""Bytes. AWS's advice for all libraries together. UG working-dags-dependencies."""

RULES = (
    Rule(
        "requirements-unreadable",
        "pip cannot read a line of requirements.txt.",
        "pip installs nothing at all, and MWAA only logs it.",
        GUIDE,
    ),
    Rule(
        "requirements-constraint-release",
        "The constraint line is for another Airflow release or another Python.",
        "It holds packages at versions of another Airflow: some cannot be installed, others break it.",
        GUIDE,
    ),
    Rule(
        "requirements-constraint-form",
        "The constraint line is written so that MWAA does not see it.",
        "MWAA forces the release's own constraints on top, and the two may contradict each other.",
        IMAGE,
    ),
    Rule(
        "requirements-constraint-missing",
        "The constraint line names a file that is not shipped.",
        "pip stops at it and installs nothing.",
        GUIDE,
    ),
    Rule(
        "requirements-no-constraint",
        "requirements.txt has no constraint line.",
        "MWAA forces the release's own constraints: right as a rule, and a surprise to who wants another version.",
        IMAGE,
    ),
    Rule(
        "requirements-constraint-off",
        "A comment switches MWAA's own constraints off.",
        "Only MWAA's essential pins hold: packages of the image may be replaced.",
        IMAGE,
    ),
    Rule(
        "requirements-essential",
        "A line asks for another version of a package that MWAA holds fast.",
        "pip is always held to MWAA's version: it finds no solution and installs nothing.",
        ESSENTIAL,
    ),
    Rule(
        "requirements-conflict",
        "The lines cannot be installed together, or not with Airflow.",
        "pip installs nothing, and DAGs miss every package of requirements.txt.",
        GUIDE,
    ),
    Rule(
        "requirements-no-package",
        "The package index has no such package.",
        "pip installs nothing, and DAGs miss every package of requirements.txt.",
        GUIDE,
    ),
    Rule(
        "requirements-no-version",
        "The package exists, but not in that version for this Python and platform.",
        "pip installs nothing, and DAGs miss every package of requirements.txt.",
        GUIDE,
    ),
    Rule(
        "requirements-source",
        "A package has no wheel for MWAA, only source.",
        "Every component builds it whenever it starts, within 9 minutes for all; one that needs a compiler may fail.",
        GUIDE,
    ),
    Rule(
        "requirements-vcs",
        "A line installs from version control.",
        "It needs git and internet on every component, and what it installs may change at any start.",
        GUIDE,
    ),
    Rule(
        "requirements-editable",
        "A line is an editable installation.",
        "MWAA has no source tree to link to.",
        GUIDE,
    ),
    Rule(
        "requirements-path",
        "A line names a file or folder that MWAA does not have.",
        "pip stops at it and installs nothing.",
        GUIDE,
    ),
    Rule(
        "requirements-secret",
        "A line holds a user name or password.",
        "Everyone who can read the repository, the bucket or the installation log can read it.",
        "https://pip.pypa.io/en/stable/topics/authentication/",
    ),
    Rule(
        "requirements-yanked",
        "A version was taken back by its author.",
        "It is broken or unsafe; pip takes it only because it is pinned.",
        "https://peps.python.org/pep-0592/",
    ),
    Rule(
        "requirements-unpinned",
        "A line does not pin one version.",
        "Another version may be installed whenever a component starts, also in the middle of the night.",
        GUIDE,
    ),
    Rule(
        "requirements-in-image",
        "A line names a package that MWAA's image has.",
        "At the image's version it is not needed; at another one it replaces what Airflow was tested with.",
        GUIDE,
    ),
    Rule(
        "requirements-duplicate",
        "Two lines name the same package.",
        "Both hold: who changes one of them changes nothing, or makes a conflict.",
        "https://pip.pypa.io/en/stable/reference/requirements-file-format/",
    ),
    Rule(
        "requirements-not-shipped",
        "With --no-index, a package is in none of the folders of --find-links.",
        "pip stops at it and installs nothing.",
        guide("configuring-networking"),
    ),
    Rule(
        "requirements-internet",
        "Packages or constraints come from the internet, which the workspace's network does not reach.",
        "pip waits for an answer until MWAA gives up on the update.",
        guide("configuring-networking"),
    ),
    Rule(
        "requirements-size",
        "The packages are larger together than the 1 GB that AWS advises at most.",
        "Components start slowly, and the installation may run out of its 9 minutes.",
        GUIDE,
    ),
    Rule(
        "requirements-approximate",
        "What is installed was found out without the release's official constraints.",
        "MWAA applies them; what was found here may differ from it in a few versions.",
        "https://airflow.apache.org/docs/apache-airflow/stable/installation/installing-from-pypi.html",
    ),
)
_BY_NAME = {rule.name: rule for rule in RULES}


class Checked(Protocol):
    """What these rules read of a subject."""

    @property
    def airflow_version(self) -> str: ...
    @property
    def workspace(self) -> Workspace | None: ...
    @property
    def requirements(self) -> "ContentFile | None": ...
    @property
    def requirements_file(self) -> "RequirementsFile | None": ...
    @property
    def resolution(self) -> "Resolution": ...
    @property
    def folders(self) -> Mapping[str, Path]: ...
    @property
    def say(self) -> "ReportDetail": ...


def check(subject: Checked) -> Iterator[Finding]:
    file, shown = subject.requirements_file, subject.requirements
    if file is None or shown is None:
        return
    told = _Told(shown.shown)
    of_lines = [
        *_unreadable(told, file),
        *_constraints(told, file, subject),
        *_essential(told, file, subject),
        *_against_constraints(told, file, subject),
        *_places(told, file, subject),
        *_secrets(told, file),
        *_internet(told, file, subject),
        *_pins(told, file, subject),
    ]
    yield from of_lines
    held = ("requirements-essential", "requirements-conflict")
    yield from _resolved(told, file, subject, {one.line for one in of_lines if one.rule in held})


class _Told:
    """Makes the findings of one file."""

    def __init__(self, file: str) -> None:
        self.file = file

    def __call__(
        self, rule: str, severity: Severity, found: str, fix: str, line: int | None = None, detail: str = ""
    ) -> Finding:
        return Finding(f"requirements-{rule}", severity, found, fix, self.file, line, _source(rule), detail)


def _source(rule: str) -> str:
    return _BY_NAME[f"requirements-{rule}"].docs


def _unreadable(told: _Told, file: "RequirementsFile") -> Iterator[Finding]:
    for line in file.lines:
        if line.kind == "unreadable":
            found = f'pip cannot read "{_shown(line)}": {line.value}'
            yield told("unreadable", "error", found, "write NAME==VERSION, or remove the line", line.number)


def _constraints(told: _Told, file: "RequirementsFile", subject: Checked) -> Iterator[Finding]:
    from mwaa.requirements.constraints import local_path, official_address, parse_release

    version, python = subject.airflow_version, RELEASES[subject.airflow_version].python
    right = f'--constraint "{official_address(version, python)}"'
    for line in file.constraints:
        place = _shown_value(line)
        named = parse_release(line.value)
        if named and named != (version, python):
            found = f"the constraints are those of Airflow {named[0]} on Python {named[1]}, not {version} on {python}"
            yield told("constraint-release", "error", found, f"write {right}", line.number)
        if not line.is_detected:
            found = f'MWAA does not see this constraint: it looks for "--constraint " or "-c " with a space ({place})'
            yield told("constraint-form", "error", found, f'write --constraint "{place}"', line.number)
        if "://" not in line.value:
            path = local_path(line.value, subject.folders)
            if path is None or not path.is_file():
                found = f"the constraints {place} are not shipped"
                fix = f"write {right}, or put the file into plugins and name it /usr/local/airflow/plugins/..."
                yield told("constraint-missing", "error", found, fix, line.number)
    offline = bool(file.options("--no-index"))  # no address could be read there
    if file.constrained == "forced" and not file.constraints and file.requirements and not offline:
        found = f"no constraint line: MWAA forces its own constraints of Airflow {version}"
        yield told("no-constraint", "warning", found, f"write {right} as the first line")
    elif file.constrained == "opted out":
        first = next(line for line in file.lines if line.is_detected)
        found = "this line makes MWAA apply no constraints but its essential pins"
        fix = f"keep it if that is meant; otherwise write {right}"
        yield told("constraint-off", "note", found, fix, first.number)


def _essential(told: _Told, file: "RequirementsFile", subject: Checked) -> Iterator[Finding]:
    from mwaa.aws_facts.image_packages import essentials

    fixed = essentials(subject.airflow_version)
    for line in file.requirements:
        held = fixed.get(line.name)
        if held is None or line.requirement is None or line.requirement.specifier.contains(held, prereleases=True):
            continue
        found = f"{line.requirement} asks for another version than {held}, at which MWAA holds {line.name}"
        fix = f"remove the line, or write {line.name}=={held}"
        if line.name == "apache-airflow":
            fix += "; another Airflow is the workspace's airflow_version"
        yield told("essential", "error", found, fix, line.number)


def _against_constraints(told: _Told, file: "RequirementsFile", subject: Checked) -> Iterator[Finding]:
    """The most common conflict, told without the resolver: a line asks for another version than the constraints."""
    from mwaa.aws_facts.image_packages import essentials

    version = subject.airflow_version
    pins = _constraint_pins(file, subject)
    for line in file.requirements:
        held = pins.get(line.name)
        if held is None or line.name in essentials(version) or line.requirement is None:
            continue
        if not line.requirement.specifier.contains(held, prereleases=True):
            found = (
                f"{line.requirement} contradicts the constraints of Airflow {version}, which hold {line.name} at {held}"
            )
            fix = f"write {line.name}=={held}, or switch the constraints off by a comment: # --constraint none"
            yield told("conflict", "error", found, fix, line.number)


def _constraint_pins(file: "RequirementsFile", subject: Checked) -> dict[str, str]:
    """What the official constraints hold by name, if they apply and can be read."""
    from mwaa.requirements.constraints import read_official
    from mwaa.requirements.file import parse

    if not file.requirements or not _needs_official(file):
        return {}
    text = read_official(subject.airflow_version, RELEASES[subject.airflow_version].python) or ""
    return {line.name: line.pin for line in parse(text).requirements if line.pin}


def _places(told: _Told, file: "RequirementsFile", subject: Checked) -> Iterator[Finding]:
    from mwaa.requirements.constraints import local_path

    build = "build a wheel and put it into plugins/wheels, or publish it on an index"
    for line in file.requirements:
        if line.option == "--editable":
            found = f"MWAA cannot install {_shown_value(line)} as editable"
            yield told("editable", "error", found, build, line.number)
        elif line.is_vcs:
            yield told("vcs", "error", f"{_shown_value(line)} comes from version control", build, line.number)
        elif line.is_path and not _is_shipped(local_path(line.path, subject.folders)):
            found = f"MWAA has no {line.path}"
            fix = "put the wheel into plugins/wheels and name it /usr/local/airflow/plugins/wheels/..."
            yield told("path", "error", found, fix, line.number)
    for option, what in (("--requirement", "file"), ("--find-links", "folder")):
        for line in file.options(option):
            place = local_path(line.value, subject.folders)
            if "://" not in line.value and (place is None or not place.exists()):
                found = f"MWAA has no {what} {line.value}"
                fix = f"put the {what} into plugins and name it /usr/local/airflow/plugins/..."
                yield told("path", "error", found, fix, line.number)


def _secrets(told: _Told, file: "RequirementsFile") -> Iterator[Finding]:
    from mwaa.requirements.file import has_secret

    for line in file.lines:
        if line.kind not in ("comment", "blank") and has_secret(line.text):
            found = f"a user name or password stands in the line: {_shown(line)}"
            fix = "export it in the startup script from Secrets Manager and write ${NAME} here; change the password"
            yield told("secret", "error", found, fix, line.number)


def _internet(told: _Told, file: "RequirementsFile", subject: Checked) -> Iterator[Finding]:
    network = subject.workspace.network if subject.workspace else None
    if network is None or network.nat_gateways:
        return
    fix = "mwaa requirements wheels, and content.requirements of the workspace as it says"
    for line in file.constraints:
        if "://" in line.value:
            found = f"the network has no internet (nat_gateways=0): {_shown_value(line)} cannot be read"
            yield told("internet", "error", found, fix, line.number)
    if file.requirements and not file.options("--no-index") and not file.options("--index-url"):
        found = "the network has no internet (nat_gateways=0), and no line says --no-index or names an index in the VPC"
        yield told("internet", "error", found, fix)


def _pins(told: _Told, file: "RequirementsFile", subject: Checked) -> Iterator[Finding]:
    from mwaa.aws_facts.image_packages import essentials

    held = {**_constraint_pins(file, subject), **essentials(subject.airflow_version)}
    first: dict[str, int] = {}
    for line in file.requirements:
        if not line.name:
            continue
        marker = str(line.requirement.marker or "") if line.requirement else ""
        if (number := first.setdefault(f"{line.name};{marker}", line.number)) != line.number:
            found = f"{line.name} is named in line {number} already"
            yield told("duplicate", "warning", found, "keep one of the two", line.number)
        if line.requirement and not line.value and line.pin is None and line.name not in held:
            found = f"{line.requirement} is not pinned to one version"
            yield told("unpinned", "warning", found, "mwaa requirements lock", line.number)


def _resolved(told: _Told, file: "RequirementsFile", subject: Checked, known: set[int | None]) -> Iterator[Finding]:
    from mwaa.requirements import Unresolvable

    try:
        resolution = subject.resolution
    except Unresolvable as error:
        if not known.intersection(error.lines):  # told already, by the line's own rule
            yield _unresolvable(told, file, subject, error)
        return
    yield from _in_image(told, resolution)
    for package in resolution.packages:
        if package.yanked is not None and not package.in_image:
            why = f': "{package.yanked}"' if package.yanked else ""
            found = f"{package.name} {package.version} was taken back by its author{why}"
            yield told("yanked", "warning", found, f"take another version of {package.name}", package.line)
    yield from _from_folders(told, file, resolution)
    yield from _archives(told, resolution, subject)
    if not resolution.is_certain and _needs_official(file):
        fix = "run it again where raw.githubusercontent.com can be reached, or set MWAA_CONSTRAINTS to a copy"
        yield told("approximate", "note", f"resolved {resolution.under}", fix)
    for note in resolution.notes:
        yield told("approximate", "note", note, "")


def _needs_official(file: "RequirementsFile") -> bool:
    from mwaa.requirements.constraints import parse_release

    return file.constrained == "forced" or any(parse_release(line.value) for line in file.constraints)


def _unresolvable(told: _Told, file: "RequirementsFile", subject: Checked, error: "Unresolvable") -> Finding:
    version, python = subject.airflow_version, RELEASES[subject.airflow_version].python
    line = error.lines[0] if error.lines else None
    at = {one.number: one for one in file.lines}
    if error.kind == "no such package":
        fix = "correct the name; a private package needs --extra-index-url or a wheel in plugins/wheels"
        return told("no-package", "error", f"no index has a package {error.package}", fix, line, error.explanation)
    if error.kind == "no such version":
        found = f"no index has {error.package} for Python {python} on MWAA's platform"
        return told("no-version", "error", found, "take a version that exists", line, error.explanation)
    if error.kind == "source":
        return _source_only(told, error.package, python, line, error.explanation)
    named = [_shown(at[number]) for number in error.lines]
    together = f"{' and '.join(named)} cannot be installed together with Airflow {version}"
    fix = "take versions that go together: mwaa requirements lock finds them for lines without a version"
    found = together if named else f"requirements.txt cannot be installed with Airflow {version}"
    return told("conflict", "error", found, fix, line, f"{error.explanation}\n(resolved {error.under})")


def _source_only(told: _Told, package: str, python: str, line: int | None, detail: str) -> Finding:
    found = f"{package} has no wheel for Python {python} on MWAA's platform, and does not build without a compiler"
    fix = "take a version that has a wheel, or build one for manylinux_2_34 x86-64 and put it into plugins/wheels"
    return told("source", "error", found, fix, line, detail)


def _in_image(told: _Told, resolution: "Resolution") -> Iterator[Finding]:
    for package in resolution.packages:
        if package.image_version is None or (package.in_image and package.line is None):
            continue
        if package.in_image:
            found = f"{package.name} {package.version} is in MWAA's image already"
            yield told("in-image", "note", found, "remove the line", package.line)
            continue
        found = f"{package.name} {package.version} replaces {package.image_version} of MWAA's image"
        if package.line is None:
            found += f", for {', '.join(package.needed_by)}"
        fix = f"try it with the DAGs, or take what goes with {package.image_version}"
        yield told("in-image", "warning", found, fix, package.line)


def _from_folders(told: _Told, file: "RequirementsFile", resolution: "Resolution") -> Iterator[Finding]:
    if not file.options("--no-index"):
        return
    for package in resolution.added:
        if package.file is None and not package.address:
            found = f"{package.name} {package.version} is in no folder of --find-links, and --no-index allows no other"
            yield told("not-shipped", "error", found, "mwaa requirements wheels", package.line)


def _archives(told: _Told, resolution: "Resolution", subject: Checked) -> Iterator[Finding]:
    from mwaa.requirements.archives import find_archives, try_build

    lines = _lines(resolution.packages)
    found = find_archives(resolution, subject.say)
    for archive in found:
        if archive.is_wheel:
            continue
        built = try_build(archive, resolution, subject.say)
        name, line = f"{archive.name} {archive.version}", lines.get(archive.name)
        if built.outcome == "pure":
            told_so = f"{name} has no wheel: every component of MWAA builds it from source when it starts"
            fix = "take a version that has a wheel, or ship one: mwaa requirements wheels"
            yield told("source", "warning", told_so, fix, line)
        else:
            yield _source_only(told, name, resolution.python, line, built.why)
    if (size := sum(archive.size for archive in found)) > SIZE_ADVICE:
        told_so = f"the packages are {size / 1e9:.1f} GB to download, more than the 1 GB that AWS advises at most"
        largest = ", ".join(f"{one.name} {one.size / 1e9:.1f} GB" for one in sorted(found, key=_size)[:3])
        yield told("size", "warning", told_so, f"do without the largest: {largest}")


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


def _size(archive: object) -> int:
    return -int(getattr(archive, "size", 0))


def _is_shipped(path: Path | None) -> bool:
    return path is not None and path.is_file()


def _shown(line: "Line") -> str:
    """The line's first text without a secret or a comment."""
    from mwaa.requirements.file import hide_secrets

    text = str(line.requirement) if line.requirement else line.text.splitlines()[0].split(" #")[0].strip()
    return hide_secrets(text)


def _shown_value(line: "Line") -> str:
    from mwaa.requirements.file import hide_secrets

    return hide_secrets(line.value)
