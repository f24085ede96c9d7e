"""The wheels and source archives that packages come as: their size, their bytes, and what has no wheel."""

import base64
import hashlib
import re
import subprocess
import tempfile
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from mwaa import cache
from mwaa.process import ToolError
from mwaa.progress import ReportDetail
from mwaa.requirements.file import has_secret, hide_secrets
from mwaa.requirements.resolution import Resolution, format_pin
from mwaa.requirements.uv import NO_COMPILER, environ, explain, index_error, indexes, interpreter, uv, version
from mwaa.requirements.uv_compile import MWAA_PLATFORM

_HOURS = 24.0
_BUILD_SECONDS = 300.0
_CHUNK = 1 << 20
_LAST_LINES = 8
"""Of what a build script says: its error."""


@dataclass(frozen=True, slots=True)
class Archive:
    """The one file that pip would take for a package on MWAA."""

    name: str
    version: str
    address: str
    sha256: str
    size: int
    """In bytes; 0 if the index does not say."""
    is_wheel: bool

    @property
    def file(self) -> str:
        return unquote(urlsplit(self.address).path.rsplit("/", 1)[-1])


@dataclass(frozen=True, slots=True)
class BuildResult:
    """The result of building a source archive without a compiler: a wheel for any machine, one for this machine only
    (it was compiled after all), or none, and why."""

    outcome: Literal["pure", "compiled", "failed"]
    why: str = ""


def find_archives(resolution: Resolution, say: ReportDetail) -> tuple[Archive, ...]:
    """Return the archive of each package that MWAA's image lacks, except those in a folder. Cached for a day.

    Raises ToolError if the index cannot be reached.
    """
    pins = [format_pin(package) for package in resolution.added if package.file is None]
    if not pins:
        return ()

    def compute() -> list[dict[str, Any]]:
        say(f"looking up what MWAA's image lacks: {len(pins)}")
        return [asdict(archive) for archive in _looked_up(pins, resolution)]

    if any(has_secret(line) for line in (*resolution.sources, *indexes())):
        return tuple(Archive(**item) for item in compute())  # an address may hold it: not to be kept
    key = cache.digest("archives", resolution.python, version(), *indexes(), *resolution.sources, *pins)
    kept = cache.load_or_compute(cache.folder() / "archives" / f"{key}.json", compute, hours=_HOURS)
    return tuple(Archive(**item) for item in kept)


def fetch(archive: Archive, folder: Path, sources: Iterable[str]) -> Path:
    """Download the archive into `folder`, through the person's proxy, and compare its hash. Raises ToolError."""
    path = folder / archive.file
    shown = hide_secrets(archive.address)
    request = urllib.request.Request(archive.address, headers=_credentials(archive.address, sources))
    digest = hashlib.sha256()
    try:
        with urllib.request.urlopen(request, timeout=60) as answer, path.open("wb") as out:
            while chunk := answer.read(_CHUNK):
                digest.update(chunk)
                out.write(chunk)
    except (OSError, urllib.error.URLError) as error:
        raise ToolError(
            f"{shown} cannot be downloaded: {error}", "try again, or name a mirror by PIP_INDEX_URL"
        ) from None
    if archive.sha256 and digest.hexdigest() != archive.sha256:
        found = f"{archive.file} was downloaded with another hash than the index says"
        raise ToolError(found, "try again; if it stays so, the index or a proxy changes files")
    return path


def build(archive: Archive, sources: Iterable[str], python: str, out: Path, say: ReportDetail) -> BuildResult:
    """Build the wheel of a source archive into `out`, without a compiler; `out` stays empty unless it is pure Python.

    This runs the archive's own build script, as pip would on MWAA.
    """
    say(f"building {archive.name} {archive.version} from source, as MWAA would have to")
    with tempfile.TemporaryDirectory(prefix="mwaa-") as made:
        folder = Path(made)
        source = fetch(archive, folder, sources)
        arguments = ["build", "--wheel", source.name, "--out-dir", "wheels", "--python", interpreter()]
        try:
            ended = uv(arguments, folder, NO_COMPILER, _BUILD_SECONDS)
        except subprocess.TimeoutExpired:
            return BuildResult("failed", f"building took more than {_BUILD_SECONDS / 60:.0f} minutes")
        if ended.status:
            if error := index_error(ended.stderr):
                raise error
            return BuildResult("failed", _why(ended.stderr))
        wheel = next((folder / "wheels").glob("*.whl"))
        if not all(str(tag).endswith("-none-any") for tag in parse_wheel_filename(wheel.name)[3]):
            return BuildResult("compiled", wheel.name)
        (out / wheel.name).write_bytes(wheel.read_bytes())
        return BuildResult("pure")


def _why(stderr: str) -> str:
    """Return the last errors in the output of a build script."""
    lines = [line.strip() for line in explain(stderr).splitlines()]
    errors = [line for line in lines if re.search(r"error|not found|missing", line, re.IGNORECASE)]
    return "\n".join((errors or lines)[-_LAST_LINES:])


def try_build(archive: Archive, resolution: Resolution, say: ReportDetail) -> BuildResult:
    """Return whether a source archive builds without a compiler. Cached for a month."""

    def compute() -> dict[str, str]:
        with tempfile.TemporaryDirectory(prefix="mwaa-") as out:
            return asdict(build(archive, resolution.sources, resolution.python, Path(out), say))

    key = cache.digest("builds", archive.file, archive.sha256, version(), interpreter())
    return BuildResult(**cache.load_or_compute(cache.folder() / "builds" / f"{key}.json", compute, hours=30 * 24))


def mwaa_tags(python: str) -> Iterator[Tag]:
    """Yield the tags of wheels that MWAA's pip takes, best first: CPython on Amazon Linux 2023, x86-64."""
    major, minor = (int(part) for part in python.split("."))
    legacy = {17: "manylinux2014_x86_64", 12: "manylinux2010_x86_64", 5: "manylinux1_x86_64"}
    platforms: list[str] = []
    for glibc in range(34, 4, -1):
        platforms += [f"manylinux_2_{glibc}_x86_64", *([legacy[glibc]] if glibc in legacy else [])]
    platforms.append("linux_x86_64")
    yield from cpython_tags((major, minor), platforms=platforms)
    yield from compatible_tags((major, minor), f"cp{major}{minor}", platforms)


def _looked_up(pins: Iterable[str], resolution: Resolution) -> Iterator[Archive]:
    with tempfile.TemporaryDirectory(prefix="mwaa-") as made:
        folder = Path(made)
        text = "".join(f"{line}\n" for line in (*resolution.sources, *pins))
        (folder / "requirements.in").write_text(text, encoding="utf-8")
        ended = uv(
            [
                "pip", "compile", "requirements.in", "--no-deps", "--format", "pylock.toml", "--no-header", "--quiet",
                "--index-strategy", "unsafe-best-match", "--python-version", resolution.python,
                "--python", interpreter(), "--python-platform", MWAA_PLATFORM, "--output-file", "pylock.toml",
            ],
            folder,
            NO_COMPILER,
        )  # fmt: skip
        if ended.status:
            raise index_error(ended.stderr) or ToolError(explain(ended.stderr), "try again")
        found = tomllib.loads((folder / "pylock.toml").read_text(encoding="utf-8"))
    order = {tag: rank for rank, tag in enumerate(mwaa_tags(resolution.python))}
    for package in found.get("packages", []):
        yield _archive(package, order)


def _archive(package: Mapping[str, Any], order: Mapping[Tag, int]) -> Archive:
    wheels = sorted((wheel for wheel in package.get("wheels", [])), key=lambda wheel: _rank(wheel, order))
    best = wheels[0] if wheels else package.get("sdist") or package.get("archive") or {}
    address = best.get("url") or Path(best.get("path", "")).as_posix()
    return Archive(
        canonicalize_name(package["name"]),
        package.get("version", ""),
        address,
        best.get("hashes", {}).get("sha256", ""),
        best.get("size", 0),
        urlsplit(address).path.endswith(".whl"),
    )


def _rank(wheel: Mapping[str, Any], order: Mapping[Tag, int]) -> int:
    try:
        tags = parse_wheel_filename(unquote(wheel.get("url", wheel.get("path", "")).rsplit("/", 1)[-1]))[3]
    except InvalidWheelFilename:
        return len(order)
    return min((order.get(tag, len(order)) for tag in tags), default=len(order))


def _credentials(address: str, sources: Iterable[str]) -> dict[str, str]:
    """Return the user and password of an index on the same host, because uv omits them from its output."""
    host = urlsplit(address).hostname
    settings = (value for name, value in environ(Path()).items() if name.startswith("UV_") and "INDEX" in name)
    for word in " ".join([*sources, *settings]).split():
        parts = urlsplit(word.split("=", 1)[-1] if "://" in word.split("=", 1)[-1] else word)
        if parts.hostname == host and parts.username:
            user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            return {"Authorization": f"Basic {base64.b64encode(user.encode()).decode()}"}
    return {}
