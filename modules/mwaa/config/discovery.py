"""Discovery of the workspaces: every `environments/**/*.py` whose name does not begin with `_`, named by its path."""

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel, ValidationError

from mwaa.config.ci import create_the_same_provider
from mwaa.config.errors import ConfigurationError, Problem, did_you_mean, models_in, problems_of, show
from mwaa.config.existing_network import AnyNetwork, ExistingNetwork, NetworkOf, named_network
from mwaa.config.imports import read_imports
from mwaa.config.naming import Names
from mwaa.config.network import Network
from mwaa.config.renamed_package import current_import
from mwaa.config.validation import unreachable_webserver
from mwaa.config.workspace import Workspace

FOLDER = "environments"


@dataclass(frozen=True, slots=True)
class Definition:
    """A workspace, its file (relative to the root), and the file's own `extend(stack)` if it has one.

    `imports` maps Terraform addresses to the ids of AWS resources that the next apply takes into the state.
    `network` is the one in which the environment runs: of `NetworkOf`, that of the other workspace.
    """

    workspace: Workspace
    file: str
    extend: Callable[[Any], None] | None = None
    imports: Mapping[str, str] = field(default_factory=dict)
    network: AnyNetwork | None = None

    @property
    def name(self) -> str:
        return self.workspace.name


def find_root(start: Path) -> Path:
    """Return the nearest folder, from `start` upwards, that holds `environments/` and `cdktf.json`.

    Raises ConfigurationError if there is none.
    """
    for folder in (start, *start.parents):
        if (folder / FOLDER).is_dir() and (folder / "cdktf.json").is_file():
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


def discover_all(root: Path) -> Discovery:
    """Return every workspace of the project, the broken ones with their problems.

    Of two workspaces that collide, the one whose file comes later is broken. Raises ConfigurationError if there is no
    workspace file at all.
    """
    root = root.resolve()
    files = workspace_files(root)
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
    collisions = [*_collisions(loaded), *_networks_of_others(loaded, {one.name for one in broken})]
    networks = {one.name: one.workspace.network for one in loaded}
    usable: list[Definition] = []
    for definition in loaded:
        if problems := tuple(problem for problem in collisions if problem.file == definition.file):
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
    file = path.relative_to(root).as_posix()
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None, path
    module = importlib.util.module_from_spec(spec)
    try:
        # Not by the loader: what it keeps in __pycache__ is stale if a file changes twice within a second.
        exec(compile(path.read_bytes(), path, "exec"), module.__dict__)
    except ValidationError as error:
        raise ConfigurationError(located_problems(error)).in_file(file) from None
    except ConfigurationError as error:
        raise error.in_file(file) from None
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
        frames = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
        own = [frame for frame in frames if frame[0].is_relative_to(root / FOLDER)]
        place, line = own[-1] if own else (path, None)
        if isinstance(error, ImportError) and line and (lines := current_import(place.read_text("utf-8"), line)):
            return _renamed_import(place.relative_to(root).as_posix(), line, *lines)
        given, allowed = f"{type(error).__name__}: {error}".removesuffix(": "), "a file that Python runs to its end"
    field = f"line {line}" if line else "import"
    return Problem(field, given, allowed, file=place.relative_to(root).as_posix())


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


def _collisions(definitions: list[Definition]) -> Iterator[Problem]:
    """Yield a problem for each pair of workspaces that claims the same name or network in AWS."""
    for first, second in combinations(definitions, 2):
        one, two = first.workspace, second.workspace
        if one.name == two.name:
            given, allowed = f'"{two.name}", as {first.file}', "a unique name; folders are joined by -"
            yield Problem("name", given, allowed, "rename one of the files", file=second.file)
            continue
        if Names(one).bucket == Names(two).bucket:
            given = f'"{Names(two).bucket}", as {first.file}'
            fix = "remove it: the default contains the workspace's name"
            yield Problem("source_bucket.name", given, "a bucket that no other workspace uses", fix, file=second.file)
        if one.account == two.account and create_the_same_provider(one.ci, two.ci):
            allowed = "one workspace in the account that creates the identity provider"
            fix = 'add identity_provider="EXISTING"'
            yield Problem("ci.identity_provider", f'"CREATE", as {first.file}', allowed, fix, file=second.file)
        if (one.account, one.region) != (two.account, two.region):
            continue
        if one.environment_name == two.environment_name:
            given = f'"{two.environment_name}", as {first.file}'
            allowed = "a name that is unique in the account and region"
            fix = "remove it: the default contains the workspace's name"
            yield Problem("environment_name", given, allowed, fix, file=second.file)
        mine, other = one.network, two.network
        if isinstance(mine, Network) and isinstance(other, Network) and mine.cidr.overlaps(other.cidr):
            given = f'"{other.cidr}", which overlaps {first.file} ({mine.cidr})'
            allowed = "a range that no other workspace uses in the account and region, so that both can be connected"
            fix = 'set network=Network(cidr="...") to a free range'
            yield Problem("network.cidr", given, allowed, fix, file=second.file)


def _networks_of_others(definitions: list[Definition], broken: Collection[str]) -> Iterator[Problem]:
    """Yield a problem for each `NetworkOf` that names no network which its workspace can use.

    A name in `broken` is accepted: that workspace is reported itself.
    """
    by_name = {definition.name: definition for definition in definitions}
    for definition in definitions:
        workspace, network = definition.workspace, definition.workspace.network
        if not isinstance(network, NetworkOf) or network.workspace in broken:
            continue
        named, others = by_name.get(network.workspace), sorted(by_name.keys() - {definition.name})
        if named is None or named is definition:
            allowed = "another workspace of this project" + (": " + ", ".join(others) if others else "")
            given = f'"{network.workspace}"' + (", this workspace itself" if named else "")
            fix = "" if named else did_you_mean(network.workspace, others)
            yield Problem("network.workspace", given, allowed, fix, file=definition.file)
        elif problem := _unusable(network, named, workspace):
            yield replace(problem, file=definition.file)
        else:
            for problem in unreachable_webserver(workspace, named.workspace.network):
                yield replace(problem, file=definition.file)


def _unusable(network: NetworkOf, named: Definition, user: Workspace) -> Problem | None:
    """Return why a workspace cannot use the network of the named one, or None."""
    owner, given = named.workspace, f'"{network.workspace}"'
    if (owner.account, owner.region) != (user.account, user.region):
        given += f", which is in {owner.region} of account {owner.account}"
        allowed = f"a workspace in {user.region} of account {user.account}"
        return Problem("network.workspace", given, allowed, "use ExistingNetwork(...) for a VPC that is shared")
    match owner.network:
        case NetworkOf(workspace=other):
            given += f', which uses NetworkOf("{other}")'
            fix = f'write NetworkOf("{other}")'
        case ExistingNetwork():
            given += ", which uses an ExistingNetwork"
            fix = "use the same ExistingNetwork(...), such as from a file environments/_network.py"
        case _:
            return None
    return Problem("network.workspace", given, "a workspace that makes its network: network=Network(...)", fix)
