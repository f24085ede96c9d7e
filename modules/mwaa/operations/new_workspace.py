"""A new workspace file: valid, in a network that no other workspace of the project uses."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from mwaa.aws_facts.releases import RELEASES
from mwaa.config import (
    ConfigurationError,
    Definition,
    HcpTerraform,
    LocalBackend,
    Network,
    S3Backend,
    discover_all,
)
from mwaa.config.backends import DEFAULT_HCP_HOST, Backend
from mwaa.config.collisions import free_range
from mwaa.config.discovery import FOLDER
from mwaa.config.errors import Problem, show
from mwaa.config.types import WORKSPACE_NAME
from mwaa.config.workspace_file import find_workspace_file
from mwaa.files import write

_PREFIX = 20
"""4096 addresses: four subnets of the size that a Network makes, with room."""


def newest_release() -> str:
    """Return the newest Airflow release of MWAA."""
    return max(RELEASES, key=lambda version: tuple(map(int, version.split("."))))


def find_file(root: Path, path: str) -> Path:
    """Return the file of a new workspace. `path` is NAME, or TEAM/NAME.

    Raises ConfigurationError if it exists, if that is no name, or if `root` is a repository of content alone.
    """
    if resolved := find_workspace_file(root):
        fix = "run the command in the project that deploys it"
        raise ConfigurationError([Problem("project", show(resolved.name), f"a project with {FOLDER}/", fix)])
    if not WORKSPACE_NAME.matches(path.replace("/", "-")) or not all(map(WORKSPACE_NAME.matches, path.split("/"))):
        fix = "write NAME or TEAM/NAME, such as analytics/dev"
        raise ConfigurationError([Problem("NAME", show(path), WORKSPACE_NAME.expected, fix)])
    file = root / FOLDER / f"{path}.py"
    if file.exists():
        fix = "edit its file, or choose another name"
        raise ConfigurationError([Problem("NAME", f"{show(path)}, which exists", "a new name", fix)])
    return file


def find_neighbours(root: Path, path: str) -> list[Definition]:
    """Return the usable workspaces of the project, those of the team of `path` first. There may be none yet."""
    try:
        found = discover_all(root).definitions.values()
    except ConfigurationError:
        return []
    folder = f"{FOLDER}/{path}".rpartition("/")[0]
    return sorted(found, key=lambda one: one.file.rpartition("/")[0] != folder)


def free_cidr(definitions: Iterable[Definition]) -> str:
    """Return the first range of 10.0.0.0/8 after the highest that a workspace uses there, or else the first free one.

    Raises ConfigurationError if none is free.
    """
    networks = (one.workspace.network for one in definitions)
    free = free_range(_PREFIX, [one.cidr for one in networks if isinstance(one, Network)])
    if free is None:
        raise ConfigurationError([Problem("--cidr", "nothing", "a range", "name one: no /20 of 10.0.0.0/8 is free")])
    return str(free)


def shared_backend(definitions: Iterable[Definition]) -> str | None:
    """Return the backend that all workspaces share, as Python; None if they do not, or if it is a local one."""
    backends = {_backend(one.workspace.backend) for one in definitions}
    return backends.pop() if len(backends) == 1 else None


def write_call(name: str, arguments: Mapping[str, str | None]) -> str:
    """Return a call with those keyword arguments that are not None, as Python."""
    given = ", ".join(f"{key}={_quoted(value)}" for key, value in arguments.items() if value is not None)
    return f"{name}({given})"


def create(root: Path, path: str, *, network: str, backend: str | None = None, **fields: str) -> Definition:
    """Write `environments/<path>.py` and return its definition.

    `network` and `backend` are Python; `fields` are texts. Content that the project does not have is set to None, and a
    DAG folder is made where there is none. Raises ConfigurationError, and leaves no file, if `find_file` does or if the
    workspace would be wrong or would break another one.
    """
    file = find_file(root, path)
    base = _content_folder(root, path)
    calls = {"network": network, "content": _content(root, base)} | ({"backend": backend} if backend else {})
    kinds = sorted({"Workspace", *(call.partition("(")[0] for call in calls.values())})
    values = {name: _quoted(text) for name, text in fields.items()} | calls
    lines = "".join(f"    {name}={value},\n" for name, value in values.items())
    made = [folder for folder in file.parents if not folder.exists()]
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with file.open("x", encoding="utf-8") as text:
            text.write(f"from mwaa import {', '.join(kinds)}\n\nworkspace = Workspace(\n{lines})\n")
        definition = _discover(root, file)
    except BaseException as error:
        if not isinstance(error, FileExistsError):
            file.unlink(missing_ok=True)
        for folder in made:
            folder.rmdir()
        raise
    if not (dags := root / base / "dags").exists():
        write(dags / ".gitkeep", "")
    return definition


def _discover(root: Path, file: Path) -> Definition:
    """Return the workspace of the new file. Raises ConfigurationError if it is wrong or collides with another."""
    found = discover_all(root, newest=file)
    name = file.relative_to(root / FOLDER).with_suffix("").as_posix().replace("/", "-")
    own = file.relative_to(root).as_posix()
    if wrong := [problem for one in found.broken if one.file == own for problem in one.problems]:
        raise ConfigurationError(wrong)
    return found.definitions[name]


def _content_folder(root: Path, path: str) -> str:
    """Return the folder of the content with a / at its end, or nothing for the root.

    That of a team is `teams/<team>/`, unless the project has none for any team and content of its own.
    """
    team = path.rpartition("/")[0]
    return f"teams/{team}/" if team and ((root / "teams").is_dir() or not (root / "dags").is_dir()) else ""


def _content(root: Path, base: str) -> str:
    fields = [f"dags={_quoted(base + 'dags')}"] if base else []
    for field, name in (("plugins", "plugins"), ("requirements", "requirements.txt"), ("startup_script", "startup.sh")):
        if not (root / f"{base}{name}").exists():
            fields.append(f"{field}=None")
        elif base:
            fields.append(f"{field}={_quoted(base + name)}")
    return f"Content({', '.join(fields)})"


def _backend(backend: Backend) -> str | None:
    match backend:
        case S3Backend():
            names = ("bucket", "region", "kms_key_arn", "role_arn")
            return write_call("S3Backend", {name: getattr(backend, name) for name in names})
        case HcpTerraform(organization=organization, project=project, hostname=host):
            other = None if host == DEFAULT_HCP_HOST else host
            arguments = {"organization": organization, "project": project, "hostname": other}
            return write_call("HcpTerraform", arguments)
        case LocalBackend():
            return None


def _quoted(text: str) -> str:
    return json.dumps(text)
