"""The Python environment of a release: its real Airflow with a workspace's requirements, built once and kept."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from modules import cache
from modules.airflow.interpreter import Say, find
from modules.process import ToolError, follow
from modules.requirements import RequirementsFile, Resolution, resolve, uv

_LAYOUT = "2"
"""Of what is built here: with another number, all is built anew."""


@dataclass(frozen=True, slots=True)
class AirflowEnvironment:
    """A Python with the release's Airflow and the resolved requirements. Commands share it: never write into it."""

    folder: Path
    airflow_version: str
    resolution: Resolution

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def major(self) -> int:
        return int(self.airflow_version.split(".")[0])

    def command(self, *arguments: str) -> list[str]:
        """The command line of `airflow <arguments>`."""
        return [str(self.python), "-m", "airflow", *arguments]


def ready(
    airflow_version: str, requirements: RequirementsFile | None, folders: Mapping[str, Path], say: Say
) -> AirflowEnvironment:
    """The environment of that release with these requirements: the kept one, or one built now.

    `folders` are those of `modules.requirements.resolve`. Two commands that need the same one at once build it once.

    Raises ToolError (no such Python, no package index) and Unresolvable.
    """
    resolution = resolve(requirements, airflow_version, "host", folders, say)
    python = find(resolution.python, say)
    folder = cache.folder() / "airflow" / f"{airflow_version}-{_key(resolution, python)}"

    def build(place: Path) -> None:
        say(f"installing Airflow {airflow_version}: {len(resolution.packages)} packages, once")
        _run(["venv", "--quiet", "--allow-existing", "--python", str(python), str(place)], "", say)
        # Not compiled here: of 9,000 files Airflow imports 2,000, and keeps the bytecode of these by itself.
        install = ["pip", "install", "--no-deps", "--index-strategy", "unsafe-best-match"]
        into = ["--python", str(place / "bin" / "python"), "--requirements", "-"]
        _run([*install, *into], resolution.installable(), say)

    cache.built(folder, build, lambda: say(f"waiting for another command, which installs Airflow {airflow_version}"))
    return AirflowEnvironment(folder, airflow_version, resolution)


def _key(resolution: Resolution, python: Path) -> str:
    """Of all that the environment follows from. A wheel counts by its bytes: where it lies may change."""
    return cache.digest(_LAYOUT, str(python), *_parts(resolution))[:16]


def _parts(resolution: Resolution) -> Iterator[str]:
    for package in sorted(resolution.packages, key=lambda package: package.name):
        yield f"{package.name}=={package.version}"
        if package.file:
            yield hashlib.sha256(package.file.read_bytes()).hexdigest()


def _run(arguments: list[str], text: str, say: Say) -> None:
    """Runs uv; its lines on what it downloads and builds are the progress. Raises ToolError with its own words."""

    def line(one: str) -> None:
        if one.strip().startswith(("Downloading ", "Building ", "Prepared ", "Installed ")):
            say(one.strip())

    ended = follow([uv.binary(), *arguments], Path("/"), uv.environ(), line, text=text)
    if ended.status:
        raise uv.unreachable(ended.stdout) or ToolError(
            f"uv could not build the environment of Airflow:\n{uv.explained(ended.stdout)}"
        )
