"""The Python environment of a release: its real Airflow with a workspace's requirements, built once and kept."""

import hashlib
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mwaa import cache
from mwaa.airflow.interpreter import find
from mwaa.process import ToolError, follow
from mwaa.progress import ReportDetail
from mwaa.requirements import Package, RequirementsFile, Resolution, resolve, uv

_LAYOUT = "3"
"""The version of what is built here: another number rebuilds every environment."""


@dataclass(frozen=True, slots=True)
class AirflowEnvironment:
    """A Python with the release's Airflow and the resolved requirements. Commands share it: never write into it."""

    folder: Path
    image: Path
    """The environment of the image alone. Where requirements only add to it, `folder` holds what they add and stands on
    it; where they add nothing, the two are one."""
    airflow_version: str
    resolution: Resolution

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def site_packages(self) -> tuple[Path, ...]:
        """The folders of packages, in the order of sys.path."""
        return tuple(_site_packages(folder) for folder in dict.fromkeys((self.folder, self.image)))

    @property
    def major(self) -> int:
        return int(self.airflow_version.split(".")[0])

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of `airflow <arguments>`."""
        return [str(self.python), "-m", "airflow", *arguments]


def ensure_environment(
    airflow_version: str, requirements: RequirementsFile | None, mounts: Mapping[str, Path], say: ReportDetail
) -> AirflowEnvironment:
    """Return the environment of that release with these requirements, from the cache or built now.

    `mounts` are those of `mwaa.requirements.resolve`. Two commands that need the same one at once build it once.
    Requirements that do not change the image need no second Airflow: what they add is laid over it.

    Raises ToolError (no such Python, no package index) and Unresolvable.
    """
    resolution = resolve(requirements, airflow_version, "host", mounts, say)
    python = find(resolution.python, say)
    changed = any(package.image_version not in (None, package.version) for package in resolution.packages)
    if changed:
        folder = _build(resolution, resolution.packages, python, None, say)
        return AirflowEnvironment(folder, folder, airflow_version, resolution)
    bare = resolve(None, airflow_version, "host", mounts, say)
    image = _build(bare, bare.packages, python, None, say)
    folder = _build(resolution, resolution.added, python, image, say) if resolution.added else image
    return AirflowEnvironment(folder, image, airflow_version, resolution)


def _build(
    resolution: Resolution, packages: tuple[Package, ...], python: Path, below: Path | None, say: ReportDetail
) -> Path:
    """Return the environment of these packages of the resolution, on top of the one `below`."""
    airflow_version = resolution.airflow_version
    key = cache.digest(_LAYOUT, str(python), str(below), *_parts(packages))[:16]
    what = (
        f"Airflow {airflow_version}: {len(packages)} packages" if below is None else f"{len(packages)} beside the image"
    )

    def build(place: Path) -> None:
        say(f"installing {what}, once")
        _run(["venv", "--quiet", "--allow-existing", "--python", str(python), str(place)], "", say)
        # Not compiled here: of 9,000 files Airflow imports 2,000, and keeps the bytecode of these by itself.
        install = ["pip", "install", "--no-deps", "--index-strategy", "unsafe-best-match"]
        into = ["--python", str(place / "bin" / "python"), "--requirements", "-"]
        _run([*install, *into], resolution.installable(packages), say)
        if below:
            _stand_on(place, below)

    folder = cache.folder() / "airflow" / f"{airflow_version}-{key}"
    return cache.build_once(folder, build, lambda: say(f"waiting for another command, which installs {what}"))


def _stand_on(place: Path, below: Path) -> None:
    """Make the packages of another environment importable after its own, and `airflow` a program of this one."""
    line = f"import site; site.addsitedir({str(_site_packages(below))!r})\n"
    (_site_packages(place) / "_image.pth").write_text(line, encoding="utf-8")
    program = place / "bin" / "airflow"
    program.write_text(f"#!{place}/bin/python\nfrom airflow.__main__ import main\n\nmain()\n", encoding="utf-8")
    program.chmod(0o755)


def _site_packages(folder: Path) -> Path:
    return next(folder.glob("lib/python*/site-packages"))


def _parts(packages: Iterable[Package]) -> Iterator[str]:
    """Yield the parts of an environment's cache key. A wheel counts by its bytes, because its path may change."""
    for package in sorted(packages, key=lambda package: package.name):
        yield f"{package.name}=={package.version}"
        if package.file:
            yield hashlib.sha256(package.file.read_bytes()).hexdigest()


def _run(arguments: list[str], text: str, say: ReportDetail) -> None:
    """Run uv, and report its downloads and builds as progress. Raises ToolError with its explanation."""

    def line(one: str) -> None:
        if one.strip().startswith(("Downloading ", "Building ", "Prepared ", "Installed ")):
            say(one.strip())

    with tempfile.TemporaryDirectory(prefix="mwaa-home-") as made:
        home = Path(made)
        try:
            ended = follow([uv.binary(), *arguments], home, uv.environ(home), line, seconds=uv.SECONDS, text=text)
        except subprocess.TimeoutExpired:
            raise uv.late() from None
    if ended.status:
        raise uv.index_error(ended.stdout) or ToolError(
            f"uv could not build the environment of Airflow:\n{uv.explain(ended.stdout)}"
        )
