"""The files of an adopted workspace, written where nothing is yet."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mwaa.config import Workspace, discover_all
from mwaa.config.discovery import FOLDER, Discovery, workspace_files
from mwaa.config.imports import imports_file, write_imports
from mwaa.config.naming import Names
from mwaa.config.types import NAME_LIMIT, WORKSPACE_NAME
from mwaa.failure import Failure
from mwaa.files import remove_folder, write
from mwaa.operations.adopt.content import read_content
from mwaa.operations.adopt.first_plan import AnnouncedChange, announced_changes
from mwaa.operations.adopt.found_environment import FoundEnvironment
from mwaa.operations.adopt.import_addresses import created_addresses, import_addresses
from mwaa.operations.adopt.secret_options import secret_like_options
from mwaa.operations.adopt.workspace_file import build_workspace, content_folder, write_workspace_file
from mwaa.progress import Report


@dataclass(frozen=True, slots=True)
class Place:
    """Where an adopted workspace goes in the project. `retry` is the command that takes another name."""

    root: Path
    name: str
    file: Path
    retry: str

    @property
    def imports_file(self) -> Path:
        return imports_file(self.file)

    @property
    def content(self) -> Path:
        return self.root / content_folder(self.name)

    def relative(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()


@dataclass(frozen=True, slots=True)
class Adoption:
    """What was written, and what the first plan does: imports (address to id), resources that it makes, changes.

    `left_out` are DAG files that no folder can hold; `secrets` are options whose value in the workspace file looks like
    a secret.
    """

    imports: Mapping[str, str]
    created: tuple[str, ...]
    changes: tuple[AnnouncedChange, ...]
    left_out: tuple[str, ...]
    secrets: tuple[str, ...]


def choose_place(root: Path, environment: str, path: str | None, region: str | None) -> Place:
    """Return where the workspace `[TEAM/]NAME` goes, by default the environment's name.

    Raises Failure if that is no name of a workspace, or something is there.
    """
    parts = (path or environment).split("/")
    name = "-".join(parts)
    command = f"mwaa adopt {environment}" + (f" --region {region}" if region else "")
    if not WORKSPACE_NAME.matches(name) or not all(map(WORKSPACE_NAME.matches, parts)):
        raise Failure(
            f"{path or environment} is not a name of a workspace: {WORKSPACE_NAME.expected}",
            f"{command} --name {_propose_name(parts[-1])}",
        )
    retry = f"{command} --name {'/'.join([*parts[:-1], _propose_name(f'{parts[-1][: NAME_LIMIT - 8]}-adopted')])}"
    chosen = Place(root, name, root.joinpath(FOLDER, *parts).with_suffix(".py"), retry)
    for taken in (chosen.file, chosen.imports_file, chosen.content):
        if taken.exists():
            raise Failure(f"{chosen.relative(taken)} exists already, and nothing is overwritten", retry)
    if name in _workspaces(root).names:
        raise Failure(f"the project has a workspace {name} already", retry)
    return chosen


def write_adoption(found: FoundEnvironment, s3: Any, chosen: Place, report: Report) -> Adoption:
    """Write the workspace, its imports and its content: all of them, or nothing.

    Raises ConfigurationError where no workspace can declare the environment, and Failure where another workspace does,
    or has its bucket; the errors of `read_content`.
    """
    _check_free(build_workspace(found, chosen.name), _workspaces(chosen.root))
    copied = read_content(found, s3, chosen.content, report)
    try:
        if not copied.has_plugins:
            found = _without_plugins(found)
        workspace, imports = build_workspace(found, chosen.name), import_addresses(found)
        write(chosen.file, write_workspace_file(found, chosen.name))
        write(chosen.imports_file, write_imports(imports))
    except BaseException:
        remove_folder(chosen.content)
        chosen.file.unlink(missing_ok=True)
        chosen.imports_file.unlink(missing_ok=True)
        raise
    return Adoption(
        imports=imports,
        created=created_addresses(found),
        changes=announced_changes(found, workspace),
        left_out=copied.left_out,
        secrets=secret_like_options(workspace.airflow_configuration_options),
    )


def _propose_name(text: str) -> str:
    """Return a name of a workspace that is similar."""
    words = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-0123456789")[:NAME_LIMIT].strip("-")
    return words if WORKSPACE_NAME.matches(words) else "adopted"


def _workspaces(root: Path) -> Discovery:
    return discover_all(root) if workspace_files(root) else Discovery({})


def _check_free(workspace: Workspace, others: Discovery) -> None:
    """Raise Failure if another workspace declares the same environment, or uses the same bucket."""
    for one in others.definitions.values():
        other = one.workspace
        if (other.account, other.region, other.environment_name) == (
            workspace.account,
            workspace.region,
            workspace.environment_name,
        ):
            raise Failure(
                f"the environment {other.environment_name} belongs to the workspace {one.name} already ({one.file})",
                f"mwaa show {one.name}",
            )
        bucket = Names(workspace).bucket
        if Names(other).bucket == bucket:
            raise Failure(
                f"the environment's bucket {bucket} is that of the workspace {one.name} ({one.file}): two workspaces "
                "that publish into one bucket would undo each other's releases"
            )


def _without_plugins(found: FoundEnvironment) -> FoundEnvironment:
    parts = {part: stored for part, stored in found.environment.parts.items() if part != "plugins"}
    return replace(found, environment=replace(found.environment, parts=parts))
