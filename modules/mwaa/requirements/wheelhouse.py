"""Wheels for an environment without internet: what requirements.txt needs beside MWAA's image, inside plugins.zip.

MWAA unpacks plugins.zip before it installs requirements.txt, so that pip finds the wheels in a folder of its own
machine. Source: docs.aws.amazon.com/mwaa/latest/userguide/working-dags-dependencies.html
"""

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import parse_wheel_filename

from mwaa.aws_facts.containers import PLUGINS_FOLDER
from mwaa.files import replaced_folder
from mwaa.process import ToolError
from mwaa.progress import ReportDetail
from mwaa.requirements.archives import Archive, build, fetch, find_archives
from mwaa.requirements.constraints import local_path
from mwaa.requirements.file import RequirementsFile
from mwaa.requirements.lock import BEGIN
from mwaa.requirements.resolution import Resolution
from mwaa.requirements.resolver import resolve
from mwaa.requirements.uv import explain, interpreter, uv
from mwaa.requirements.uv_compile import MWAA_PLATFORM

FOLDER = "wheels"
"""Below the plugins folder."""
PLACE = f"{PLUGINS_FOLDER}/{FOLDER}"
"""Where MWAA unpacks it."""
OFFLINE_FILE = "requirements.offline.txt"


@dataclass(frozen=True, slots=True)
class Wheelhouse:
    """The wheels in the folder. `added` and `removed` are file names; `size` is that of all wheels, in bytes."""

    wheels: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    size: int
    text: str
    """Of the requirements file that installs them."""
    resolution: Resolution


def build_wheelhouse(
    file: RequirementsFile, airflow_version: str, plugins: Path, mounts: Mapping[str, Path], say: ReportDetail
) -> Wheelhouse:
    """Fill `plugins/wheels` with the wheels that MWAA's pip would take, after installing them without the network to
    prove that none is missing. Wheels that are no longer needed are removed. An interruption leaves the old folder.

    The requirements file is returned, not written. Raises what `resolve` raises, and ToolError for a package that has
    no wheel and cannot be built here without a compiler, and if a download fails.
    """
    resolution = resolve(file, airflow_version, "mwaa", mounts, say)
    found = find_archives(resolution, say)
    target = plugins / FOLDER
    text = format_offline(file, resolution, mounts)
    plugins.mkdir(parents=True, exist_ok=True)
    old = {path.name: path for path in target.glob("*.whl")} if target.is_dir() else {}
    with replaced_folder(target) as new:
        for number, archive in enumerate(found, start=1):
            if archive.is_wheel and archive.file in old and _is(old[archive.file], archive):
                shutil.copyfile(old[archive.file], new / archive.file)
            elif archive.is_wheel:
                say(f"downloading {archive.file} ({number} of {len(found)})")
                fetch(archive, new, resolution.sources)
            else:
                _build(archive, resolution, new, say)
        for package in resolution.added:
            if package.file:
                shutil.copyfile(package.file, new / package.file.name)
        names = tuple(sorted(path.name for path in new.iterdir()))
        if names:
            say("installing the wheels without the network")
            _prove(resolution, new)
        size = sum(path.stat().st_size for path in new.iterdir())
    if not names:
        target.rmdir()
    added = tuple(name for name in names if name not in old)
    removed = tuple(sorted(name for name in old if name not in names))
    return Wheelhouse(names, added, removed, size, text, resolution)


def format_offline(file: RequirementsFile, resolution: Resolution, mounts: Mapping[str, Path]) -> str:
    """Return the requirements file for the wheels: exact pins, no index. Addresses of constraints are left out, because
    they are unreachable there and MWAA then applies its own copy; a comment that switches constraints off is kept."""
    lines = [
        f"# By `mwaa requirements wheels`, for Airflow {resolution.airflow_version}: change requirements.txt instead.",
        "# Everything comes from plugins.zip; no internet is needed.",
        "--no-index",
        f"--find-links {PLACE}",
    ]
    if file.constrained == "opted out":
        lines += [line.text for line in file.lines if line.is_detected and line.text != BEGIN]
    for line in file.constraints:
        path = local_path(line.value, mounts)
        if path and path.is_file():
            lines.append(line.text)
    extras = {line.name: sorted(line.requirement.extras) for line in file.requirements if line.requirement}
    for package in sorted(resolution.added, key=lambda package: package.name):
        named = f"[{','.join(extras[package.name])}]" if extras.get(package.name) else ""
        reasons = f"  # via {', '.join(package.needed_by)}" if package.needed_by and package.line is None else ""
        lines.append(f"{package.name}{named}=={package.version}{reasons}")
    return "\n".join(lines) + "\n"


def _is(path: Path, archive: Archive) -> bool:
    return hashlib.sha256(path.read_bytes()).hexdigest() == archive.sha256


def _build(archive: Archive, resolution: Resolution, out: Path, say: ReportDetail) -> None:
    built = build(archive, resolution.sources, resolution.python, out, say)
    if built.outcome != "pure":
        raise ToolError(
            f"{archive.name} {archive.version} has no wheel for Python {resolution.python} on MWAA's platform, and "
            f"does not build without a compiler:\n{built.why}",
            "take a version that has a wheel, or build one for manylinux_2_34 x86-64 and name it in requirements.txt",
        )


def _prove(resolution: Resolution, wheels: Path) -> None:
    """Install the wheels without the network, for MWAA's Python and platform on any machine, into a folder.

    uv does not look for what the image has; anything else that a wheel needs must be among them. Raises ToolError.
    """
    with tempfile.TemporaryDirectory(prefix="mwaa-") as made:
        folder = Path(made)
        in_image = [package.name for package in resolution.packages if package.in_image]
        (folder / "image.txt").write_text("".join(f"{name}\n" for name in in_image), encoding="utf-8")
        pins = [f"{_name(path)}\n" for path in sorted(wheels.glob("*.whl"))]
        (folder / "requirements.txt").write_text("".join(pins), encoding="utf-8")
        ended = uv(
            [
                "pip", "install", "--offline", "--no-index", "--find-links", wheels, "--no-build",
                "--excludes", "image.txt", "--requirements", "requirements.txt", "--target", "installed",
                "--python", interpreter(), "--python-version", resolution.python, "--python-platform", MWAA_PLATFORM,
                "--no-cache", "--link-mode", "copy",
            ],
            folder,
        )  # fmt: skip
        if ended.status:
            raise ToolError(
                f"the wheels do not install without the network: {explain(ended.stderr)}",
                "mwaa requirements check",
            )


def _name(wheel: Path) -> str:
    name, number, *_ = parse_wheel_filename(wheel.name)
    return f"{name}=={number}"
