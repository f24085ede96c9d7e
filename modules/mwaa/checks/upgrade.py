"""What moving a workspace to another Airflow release would mean. The project stays as it is."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from packaging.version import Version
from pydantic import ValidationError

from mwaa.aws_facts.release_steps import ReleaseStep, release_step
from mwaa.aws_facts.releases import RELEASES
from mwaa.checks.content_layout import subject_of_workspace
from mwaa.checks.finding import Finding
from mwaa.checks.running import CheckReport, findings_of_problems, run
from mwaa.checks.subject import Subject
from mwaa.config import Definition, Problem, Workspace
from mwaa.config.errors import problems_of
from mwaa.progress import ReportDetail
from mwaa.requirements import RequirementsFile, Resolution, Unresolvable, resolve
from mwaa.requirements.constraints import parse_release


@dataclass(frozen=True, slots=True)
class Change:
    """A package that would be there in another version; None where it would not be there at all."""

    name: str
    before: str | None
    after: str | None
    line: int | None
    """The line of requirements.txt that names it; None for what comes with it, or with the image."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The three answers. `settings` are findings on the workspace's own file under the new release."""

    workspace: str
    step: ReleaseStep
    settings: tuple[Finding, ...]
    rewritten: tuple[tuple[int, str], ...]
    """Constraint lines of requirements.txt, by number, as they must read for the new release."""
    packages: tuple[Change, ...]
    """Of what requirements.txt names or brings; empty where it cannot be installed under one of the two releases, which
    the report then covers the new one."""
    image: tuple[Change, ...]
    """Of what the image brings, where the major version changes."""
    report: CheckReport
    """What `mwaa check` finds under the new release."""

    @property
    def fine(self) -> bool:
        """Whether MWAA takes the step, and nothing that was found is an error."""
        findings = (*self.settings, *self.report.findings)
        return self.step.allowed and not any(finding.severity == "error" for finding in findings)


def upgrade(root: Path, definition: Definition, to: str, say: ReportDetail) -> Upgrade:
    """Tries the workspace's content, its constraint lines rewritten, under the release `to` (one that MWAA supports and
    not the workspace's own). Raises ToolError if this machine lacks something."""
    workspace = definition.workspace
    moved, problems = _moved(workspace, to)
    settings = tuple(replace(one, file=definition.file) for one in findings_of_problems(problems))
    with subject_of_workspace(root, definition, say) as before:
        installed = _resolved(before)
        rewritten = _rewritten(before.requirements_file, to)
    there = replace(definition, workspace=moved)
    with _copied(root, workspace, rewritten) as copy, subject_of_workspace(copy, there, say) as after:
        needed = _resolved(after)
        report = run(after)
    packages: tuple[Change, ...] = ()
    if installed and needed:
        named = _brought(installed, needed)
        packages = tuple(change for change in _changes(installed, needed) if change.name in named)
    images = [resolve(None, version, "mwaa", {}, say) for version in (workspace.airflow_version, to)]
    return Upgrade(
        workspace.name,
        release_step(workspace.airflow_version, to, date.today()),
        settings,
        tuple((number, line) for number, (_, line) in rewritten.items()),
        packages,
        tuple(one for one in _changes(*images) if _is_new_major(one)),
        report,
    )


def _moved(workspace: Workspace, to: str) -> tuple[Workspace, tuple[Problem, ...]]:
    """The workspace under the release, and what its model has against it."""
    fields = {field: getattr(workspace, field) for field in workspace.model_fields_set} | {"airflow_version": to}
    try:
        return Workspace(**fields), ()
    except ValidationError as error:
        return workspace.model_copy(update={"airflow_version": to}), problems_of(error, Workspace)


def _resolved(subject: Subject) -> Resolution | None:
    """Return what pip would install; None if no set of packages will do: a rule reports why."""
    try:
        return subject.resolution
    except Unresolvable:
        return None


def _rewritten(file: RequirementsFile | None, to: str) -> Mapping[int, tuple[str, str]]:
    """Number of each line that names the official constraints of another release -> the line, and as it must read."""
    wanted = (to, RELEASES[to].python)
    found = {}
    for line in file.constraints if file else ():
        named = parse_release(line.value)
        if named and named != wanted:
            text = line.text
            for old, new in zip(named, wanted, strict=True):
                text = text.replace(f"constraints-{old}", f"constraints-{new}")
            found[line.number] = (line.text, text)
    return found


@contextmanager
def _copied(root: Path, workspace: Workspace, rewritten: Mapping[int, tuple[str, str]]) -> Iterator[Path]:
    """The content alone, at the same paths below another root, with these lines of requirements.txt rewritten."""
    content = workspace.content
    with tempfile.TemporaryDirectory(prefix="mwaa-upgrade-") as folder:
        copy = Path(folder)
        for name in (content.dags, content.plugins, content.requirements, content.startup_script):
            if name is None or not (root / name).exists():
                continue  # a rule reports what is missing
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            if (root / name).is_dir():
                shutil.copytree(root / name, copy / name, symlinks=True, dirs_exist_ok=True)
            else:
                shutil.copyfile(root / name, copy / name)
        if content.requirements and rewritten:
            path = copy / content.requirements
            text = path.read_text(encoding="utf-8")
            for old, new in rewritten.values():
                text = text.replace(old, new)
            path.write_text(text, encoding="utf-8")
        yield copy


def _changes(before: Resolution, after: Resolution) -> Iterator[Change]:
    """Packages whose version differs."""
    old, new = ({package.name: package for package in one.packages} for one in (before, after))
    for name in sorted(old.keys() | new.keys()):
        one, other = old.get(name), new.get(name)
        if (one and one.version) != (other and other.version):
            line = other.line if other else one.line if one else None
            yield Change(name, one.version if one else None, other.version if other else None, line)


def _brought(*resolutions: Resolution) -> set[str]:
    """What requirements.txt names, or brings beside the image."""
    packages = [package for resolution in resolutions for package in resolution.packages]
    return {package.name for package in packages if package.line or not package.in_image}


def _is_new_major(change: Change) -> bool:
    if change.name == "apache-airflow" or change.before is None or change.after is None:
        return False
    return Version(change.before).major != Version(change.after).major
