"""The files of an adopted workspace, written where nothing is yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mwaa.config import discover_all
from mwaa.config.discovery import FOLDER
from mwaa.config.imports import imports_file, write_imports
from mwaa.config.types import WORKSPACE_NAME
from mwaa.failure import Failure
from mwaa.files import write
from mwaa.operations.adopt.content import read_content
from mwaa.operations.adopt.first_plan import AnnouncedChange, announced_changes
from mwaa.operations.adopt.found_environment import FoundEnvironment
from mwaa.operations.adopt.import_addresses import import_addresses
from mwaa.operations.adopt.workspace_file import content_folder, write_workspace_file


@dataclass(frozen=True, slots=True)
class Place:
    """Where an adopted workspace goes in the project."""

    root: Path
    name: str
    file: Path

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
    """What was written, and what the first plan changes. `left_out` are DAG files that no folder can hold."""

    imports: Mapping[str, str]
    changes: tuple[AnnouncedChange, ...]
    left_out: tuple[str, ...]


def place(root: Path, path: str) -> Place:
    """Return where the workspace `[TEAM/]NAME` goes. Raises Failure if its name is no name, or something is there."""
    parts = path.split("/")
    name = "-".join(parts)
    if not WORKSPACE_NAME.matches(name) or not all(map(WORKSPACE_NAME.matches, parts)):
        raise Failure(f"{path} is not a name of a workspace: {WORKSPACE_NAME.expected}", "choose one: --name etl")
    chosen = Place(root, name, root.joinpath(FOLDER, *parts).with_suffix(".py"))
    for taken in (chosen.file, chosen.imports_file, chosen.content):
        if taken.exists():
            raise Failure(f"{chosen.relative(taken)} exists already", "choose another name: --name etl")
    return chosen


def write_adoption(found: FoundEnvironment, s3: Any, chosen: Place) -> Adoption:
    """Write the workspace, its imports and its content.

    Raises ConfigurationError if the project cannot have the workspace; its files stay, to be changed.
    """
    left_out = read_content(found, s3, chosen.content)
    imports = import_addresses(found)
    write(chosen.file, write_workspace_file(found, chosen.name))
    write(chosen.imports_file, write_imports(imports))
    workspace = discover_all(chosen.root).pick(chosen.name).workspace
    return Adoption(imports, announced_changes(found, workspace), left_out)
