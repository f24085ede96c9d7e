"""What the rules for requirements.txt share: the file, its resolution, and how its lines are shown.

Sources: MWAA user guide, pages working-dags-dependencies and configuring-networking;
github.com/aws/amazon-mwaa-docker-images at 9d2bebb, `python/mwaa/utils/user_requirements.py`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mwaa.aws_facts.image_packages import essentials
from mwaa.aws_facts.releases import RELEASES
from mwaa.aws_facts.user_guide import guide
from mwaa.config import AnyNetwork, Workspace

if TYPE_CHECKING:
    from mwaa.progress import ReportDetail
    from mwaa.requirements import RequirementsFile, Resolution, Unresolvable
    from mwaa.requirements.file import Line

GUIDE = guide("working-dags-dependencies")
IMAGE = "github.com/aws/amazon-mwaa-docker-images at 9d2bebb, python/mwaa/utils/user_requirements.py"


class RequirementsSubject(Protocol):
    """What these rules read from a Subject."""

    @property
    def airflow_version(self) -> str: ...
    @property
    def workspace(self) -> Workspace | None: ...
    @property
    def network(self) -> AnyNetwork | None: ...
    @property
    def shown(self) -> Mapping[str, str]: ...
    @property
    def requirements_file(self) -> "RequirementsFile | None": ...
    @property
    def resolution(self) -> "Resolution": ...
    @property
    def folders(self) -> Mapping[str, Path]: ...
    @property
    def say(self) -> "ReportDetail": ...


def resolution_of(subject: RequirementsSubject) -> "Resolution | None":
    """Return what pip would install; None without requirements.txt, or where no set of packages will do.

    Raises ToolError if no package index can be reached.
    """
    from mwaa.requirements import Unresolvable

    if subject.requirements_file is None:
        return None
    try:
        return subject.resolution
    except Unresolvable:  # the rules for conflicts, missing packages and sources report why
        return None


def unresolvable(subject: RequirementsSubject) -> "Unresolvable | None":
    """Return why no set of packages will do; None if one does, or if a line that contradicts a pin explains it."""
    from mwaa.requirements import Unresolvable

    file = subject.requirements_file
    if file is None:
        return None
    try:
        _ = subject.resolution
    except Unresolvable as error:
        known = {line.number for line, _ in (*against_essentials(subject), *against_constraints(subject))}
        return None if known.intersection(error.lines) else error
    return None


def against_essentials(subject: RequirementsSubject) -> "list[tuple[Line, str]]":
    """Return the lines that ask for another version than MWAA's essential pins, each with the version pinned."""
    return _against(subject, essentials(subject.airflow_version))


def against_constraints(subject: RequirementsSubject) -> "list[tuple[Line, str]]":
    """Return the lines that contradict the official constraints, if these apply, each with the version pinned."""
    pins = constraint_pins(subject)
    essential = essentials(subject.airflow_version)
    return _against(subject, {name: version for name, version in pins.items() if name not in essential})


def _against(subject: RequirementsSubject, pins: Mapping[str, str]) -> "list[tuple[Line, str]]":
    lines = subject.requirements_file.requirements if subject.requirements_file else ()
    return [
        (line, pins[line.name])
        for line in lines
        if line.requirement
        and line.name in pins
        and not line.requirement.specifier.contains(pins[line.name], prereleases=True)
    ]


def constraint_pins(subject: RequirementsSubject) -> dict[str, str]:
    """Return the versions that the official constraints pin, by name, if they apply and can be read."""
    from mwaa.requirements.constraints import read_official
    from mwaa.requirements.file import parse

    file = subject.requirements_file
    if file is None or not file.requirements or not needs_official(file):
        return {}
    text = read_official(subject.airflow_version, RELEASES[subject.airflow_version].python) or ""
    return {line.name: line.pin for line in parse(text).requirements if line.pin}


def needs_official(file: "RequirementsFile") -> bool:
    """Whether MWAA installs the file under the official constraints of an Airflow release."""
    from mwaa.requirements.constraints import parse_release

    return file.constrained == "forced" or any(parse_release(line.value) for line in file.constraints)


def shown_line(line: "Line") -> str:
    """Return the first text of a line, without secrets and comments."""
    from mwaa.requirements.file import hide_secrets

    text = str(line.requirement) if line.requirement else line.text.splitlines()[0].split(" #")[0].strip()
    return hide_secrets(text)


def shown_value(line: "Line") -> str:
    """Return the address or path of a line, without secrets."""
    from mwaa.requirements.file import hide_secrets

    return hide_secrets(line.value)
