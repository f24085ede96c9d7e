"""The constraints that Apache Airflow publishes with each release, and those that a requirements.txt names.

Each is downloaded once and cached. An unreachable address is not tried again for an hour, so that a check without
internet does not wait each time.
"""

import os
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from mwaa import cache, files
from mwaa.process import ToolError

BASE = "https://raw.githubusercontent.com/apache/airflow"
"""Where Apache Airflow keeps them. docs: airflow.apache.org/docs/apache-airflow/stable/installation"""

ELSEWHERE = "MWAA_CONSTRAINTS"
"""The variable that names another address, or a folder, that holds `constraints-<release>/constraints-<python>.txt`."""

_OFFICIAL = re.compile(r"/constraints-(\d+\.\d+\.\d+)/constraints-(?:no-providers-|source-providers-)?(\d+\.\d+)\.txt$")
_SECONDS = 5.0
_MOST_BYTES = 5_000_000


def official_address(airflow_version: str, python: str) -> str:
    """Return the address of a release's official constraints, as requirements.txt names it."""
    return f"{BASE}/constraints-{airflow_version}/constraints-{python}.txt"


def parse_release(place: str) -> tuple[str, str] | None:
    """Return release and Python of official constraints, on any mirror; None for any other file."""
    found = _OFFICIAL.search(place.split("#")[0].split("?")[0])
    return (found[1], found[2]) if found else None


def read_official(airflow_version: str, python: str) -> str | None:
    """Return the text of the release's official constraints; None if they are unreachable.

    Raises ToolError if MWAA_CONSTRAINTS is set and the file is not there.
    """
    base = os.environ.get(ELSEWHERE, "")
    file = f"constraints-{airflow_version}/constraints-{python}.txt"
    if base and "://" not in base:
        try:
            return (Path(base).expanduser() / file).read_text(encoding="utf-8")
        except OSError as error:
            raise _elsewhere(base, file, error.strerror or "cannot be read") from None
    text = download(f"{(base or BASE).rstrip('/')}/{file}")
    if base and text is None:
        raise _elsewhere(base, file, "cannot be reached")
    return text


def download(place: str, *, hours: float = float("inf")) -> str | None:
    """Return the text at an address, cached for `hours`; None if it is unreachable, which is cached for an hour."""
    kept = cache.folder() / "constraints" / cache.digest(place)
    text: str | None = cache.load_or_compute(
        kept.with_suffix(".json"), lambda: _download(place), hours=hours if _was_had(kept) else 1
    )
    if text is None:
        _mark(kept).unlink(missing_ok=True)
    elif not _was_had(kept):
        files.write(_mark(kept), "")
    return text


def local_path(container_path: str, mounts: Mapping[str, Path]) -> Path | None:
    """Return where a path of MWAA's containers lies on this machine, whether or not it exists.

    `mounts` maps folders of the containers to local folders. Returns None for a path outside of them.
    """
    path = PurePosixPath(re.sub(r"^file:(//)?", "", container_path.strip("\"'"), flags=re.IGNORECASE))
    for folder, local in mounts.items():
        if path.is_relative_to(folder) and ".." not in path.parts:
            return local / path.relative_to(folder)
    return None


def read_local(path: Path) -> str | None:
    """Return the text of a file; None if it is unreadable, which the resolution or the checks report."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _mark(kept: Path) -> Path:
    return kept.with_suffix(".had")


def _was_had(kept: Path) -> bool:
    return _mark(kept).exists()


def _download(place: str) -> str | None:
    """Through HTTPS_PROXY and with SSL_CERT_FILE, which urllib and ssl honour by themselves."""
    try:
        with urllib.request.urlopen(place, timeout=_SECONDS) as answer:
            text: str = answer.read(_MOST_BYTES).decode()
            return text
    except (OSError, ValueError, urllib.error.URLError):
        return None  # the resolution says which constraints it used instead


def _elsewhere(base: str, file: str, why: str) -> ToolError:
    fix = f"correct {ELSEWHERE}, or unset it to use {BASE}"
    return ToolError(f"{ELSEWHERE} is {base}, but {file} there: {why}", fix)
