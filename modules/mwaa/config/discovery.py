"""Discovery of the workspaces: every `environments/**/*.py` whose name does not begin with `_`, named by its path."""

import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel, ValidationError

from mwaa.config.collisions import collisions, networks_of_others
from mwaa.config.definition import Definition
from mwaa.config.errors import ConfigurationError, Problem, did_you_mean, models_in, problems_of, show
from mwaa.config.existing_network import named_network
from mwaa.config.imports import read_imports
from mwaa.config.renamed_package import current_import
from mwaa.config.workspace import Workspace
from mwaa.config.workspace_file import VARIABLE, find_workspace_file, from_json

FOLDER = "environments"


def find_root(start: Path) -> Path:
    """Return the nearest folder, from `start` upwards, that holds `environments/` and `cdktf.json`, or `mwaa.json`.

    With MWAA_WORKSPACE_FILE it is `start`. Raises ConfigurationError if there is none.
    """
    if os.environ.get(VARIABLE):
        return start
    for folder in (start, *start.parents):
        if ((folder / FOLDER).is_dir() and (folder / "cdktf.json").is_file()) or find_workspace_file(folder):
            return folder
    allowed = f"a folder inside a project (with {FOLDER}/ and cdktf.json)"
    raise ConfigurationError([Problem("project", show(str(start)), allowed, "run the command in the project's folder")])


@dataclass(frozen=True, slots=True)
class BrokenWorkspace:
    """A workspace that cannot be used: its name, its file (relative to the root) and at least one problem."""

    name: str
    file: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Discovery:
    """All workspaces of a project: those that can be used, by name and in the order of names, and the broken ones."""

    definitions: dict[str, Definition]
    broken: tuple[BrokenWorkspace, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """The names of all workspaces, broken or not."""
        return frozenset({*self.definitions, *(one.name for one in self.broken)})

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems of all files, each once: two files may import the same wrong one."""
        return tuple(dict.fromkeys(problem for one in self.broken for problem in one.problems))

    def pick(self, name: str | None) -> Definition:
        """Return the named workspace, or the only one.

        Raises ConfigurationError with the problems of the named workspace if it is broken (without a name, or if
        nothing can be used, with those of all), or if there is no such workspace.
        """
        own = [problem for one in self.broken if one.name == name for problem in one.problems]
        if own and name not in self.definitions:
            raise ConfigurationError(own)
        if self.broken and (name is None or not self.definitions):
            raise ConfigurationError(self.problems)
        return pick(self.definitions, name)


def workspace_files(root: Path) -> list[Path]:
    """Return the files of a project that declare workspaces."""
    folder = root / FOLDER
    return sorted(path for path in folder.rglob("*.py") if not _hidden(path.relative_to(folder)))


def discover_all(root: Path, newest: Path | None = None) -> Discovery:
    """Return every workspace of the project, the broken ones with their problems.

    Of two workspaces that collide, the one whose file comes later is broken; `newest` comes last. Raises
    ConfigurationError if there is no workspace file at all.
    """
    root = root.resolve()
    if resolved := find_workspace_file(root):
        workspace, file = from_json(resolved)
        return Discovery(
            {
                workspace.name: Definition(
                    workspace, file, network=named_network(workspace.network, {}), is_resolved=True
                )
            }
        )
    files = sorted(workspace_files(root), key=lambda path: (path == newest, path))
    if not files:
        fix = f"write {FOLDER}/dev.py; docs/reference/workspace.md begins with the smallest one"
        raise ConfigurationError([Problem(f"{FOLDER}/", "no workspace file", "at least one file <name>.py", fix)])
    loaded: list[Definition] = []
    broken: list[BrokenWorkspace] = []
    with _importable(root):
        for path in files:
            try:
                loaded.append(_load(path, root))
            except ConfigurationError as error:
                broken.append(BrokenWorkspace(_name(path, root), path.relative_to(root).as_posix(), error.problems))
    collided = [*collisions(loaded), *networks_of_others(loaded, {one.name for one in broken})]
    networks = {one.name: one.workspace.network for one in loaded}
    usable: list[Definition] = []
    for definition in loaded:
        if problems := tuple(problem for problem in collided if problem.file == definition.file):
            broken.append(BrokenWorkspace(definition.name, definition.file, problems))
        else:
            usable.append(replace(definition, network=named_network(definition.workspace.network, networks)))
    return Discovery({one.name: one for one in sorted(usable, key=lambda item: item.name)}, tuple(broken))


def discover(root: Path) -> dict[str, Definition]:
    """Return every workspace of the project by name, in the order of names.

    Raises ConfigurationError with the problems of all files at once.
    """
    found = discover_all(root)
    if found.broken:
        raise ConfigurationError(found.problems)
    return found.definitions


def pick(definitions: dict[str, Definition], name: str | None) -> Definition:
    """Return the named workspace, or the only one. Raises ConfigurationError if there is no such workspace."""
    if name is None and len(definitions) == 1:
        return next(iter(definitions.values()))
    if name is None or name not in definitions:
        given = "nothing" if name is None else show(name)
        fix = did_you_mean(name, definitions) or "name one"
        raise ConfigurationError([Problem("workspace", given, "one of " + ", ".join(definitions), fix)])
    return definitions[name]


def _hidden(path: Path) -> bool:
    return any(part.startswith(("_", ".")) for part in path.parts)


def _name(path: Path, root: Path) -> str:
    return "-".join(path.relative_to(root / FOLDER).with_suffix("").parts)


class _importable:
    """Lets workspace files import `_` helpers as `environments._x`, from this root and no other."""

    def __init__(self, root: Path) -> None:
        self.root = str(root)

    def __enter__(self) -> None:
        self._forget()
        sys.path.insert(0, self.root)
        importlib.invalidate_caches()

    def __exit__(self, *_: object) -> None:
        sys.path.remove(self.root)
        self._forget()

    @staticmethod
    def _forget() -> None:
        for name in [name for name in sys.modules if name == FOLDER or name.startswith(FOLDER + ".")]:
            del sys.modules[name]


def _load(path: Path, root: Path) -> Definition:
    file = path.relative_to(root).as_posix()
    name = _name(path, root)
    module = _execute(path, root, ".".join(path.relative_to(root).with_suffix("").parts))
    workspace = getattr(module, "workspace", None)
    if not isinstance(workspace, Workspace):
        given = "nothing" if workspace is None else show(workspace)
        allowed = "a line `workspace = Workspace(...)`"
        fix = f"add it, or rename a file that others only import to {FOLDER}/_{path.name}"
        raise ConfigurationError([Problem("workspace", given, allowed, fix, file=file)])
    if "name" in workspace.model_fields_set:
        fix = f'remove it: the path of the file makes the name "{name}"'
        raise ConfigurationError([Problem("name", show(workspace.name), "nothing", fix, file=file)])
    extend = getattr(module, "extend", None)
    if extend is not None and not callable(extend):
        raise ConfigurationError([Problem("extend", show(extend), "a function extend(stack)", file=file)])
    imports = read_imports(path, root)
    try:
        return Definition(workspace.with_name(name), file, extend and _report_errors(extend, path, root), imports)
    except ValidationError as error:
        raise ConfigurationError(located_problems(error)).in_file(file) from None


def _execute(path: Path, root: Path, module_name: str) -> ModuleType:
    """Run a workspace file. Raises ConfigurationError, with the line, for whatever goes wrong in it."""
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None, path
    module = importlib.util.module_from_spec(spec)
    try:
        # Not by the loader: what it keeps in __pycache__ is stale if a file changes twice within a second.
        exec(compile(path.read_bytes(), path, "exec"), module.__dict__)
    except ValidationError as error:
        raise ConfigurationError(located_problems(error)).in_file(_origin(error, path, root)[0]) from None
    except ConfigurationError as error:
        raise error.in_file(_origin(error, path, root)[0]) from None
    except (Exception, SystemExit) as error:
        raise ConfigurationError([_failure(error, path, root)]) from None
    return module


def _report_errors(extend: Callable[[Any], None], path: Path, root: Path) -> Callable[[Any], None]:
    """Return the file's own `extend` with its errors reported like those of the file."""

    def call(stack: Any) -> None:
        try:
            extend(stack)
        except ConfigurationError as error:
            raise error.in_file(path.relative_to(root).as_posix()) from None
        except (Exception, SystemExit) as error:
            raise ConfigurationError([_failure(error, path, root)]) from error

    return call


def _failure(error: BaseException, path: Path, root: Path) -> Problem:
    """Return the error of a file, or of a file of the project that it imports, at its innermost line."""
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).is_relative_to(root):
        place, line = Path(error.filename), error.lineno
        given, allowed = show((error.text or "").strip()), f"valid Python ({error.msg})"
    else:
        file, line = _origin(error, path, root)
        place = root / file
        if isinstance(error, ImportError) and line and (lines := current_import(place.read_text("utf-8"), line)):
            return _renamed_import(place.relative_to(root).as_posix(), line, *lines)
        given, allowed = f"{type(error).__name__}: {error}".removesuffix(": "), "a file that Python runs to its end"
    field = f"line {line}" if line else "import"
    return Problem(field, given, allowed, file=place.relative_to(root).as_posix())


def _origin(error: BaseException, path: Path, root: Path) -> tuple[str, int | None]:
    """Return the innermost file of the project in which the error arose, relative to the root, and the line."""
    frames = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    own = [frame for frame in frames if frame[0].is_relative_to(root / FOLDER)]
    place, line = own[-1] if own else (path, None)
    return place.relative_to(root).as_posix(), line


def _renamed_import(file: str, line: int, old: str, new: str) -> Problem:
    return Problem(f"line {line}", old, "an import of the package mwaa, formerly called modules", new, file=file)


def located_problems(error: ValidationError) -> Iterator[Problem]:
    """Yield the problems of a workspace, or of a part that was created before its workspace."""
    model, prefix = _PLACES.get(error.title, (Workspace, ""))
    for problem in problems_of(error, model):
        yield replace(problem, field=prefix + problem.field)


def _places(model: type[BaseModel], prefix: str) -> Iterator[tuple[type[BaseModel], str]]:
    """Yield every part of a model, at any depth, and the prefix of its fields."""
    for name, info in model.model_fields.items():
        for part in models_in(info.annotation):
            yield part, f"{prefix}{name}."
            yield from _places(part, f"{prefix}{name}.")


_PLACES: dict[str, tuple[type[BaseModel], str]] = {
    part.__name__: (part, place) for part, place in _places(Workspace, "")
}
