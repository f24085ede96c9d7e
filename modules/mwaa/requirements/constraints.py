"""The constraints that Apache Airflow publishes with each release, and those that a requirements.txt names.

Each is downloaded once over https, and cached when it is what it should be. An unreachable address is not tried again
for an hour, so that a check without internet does not wait each time.
"""

import http.client
import os
import re
import urllib.request
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from mwaa import cache, files
from mwaa.process import ToolError
from mwaa.requirements.file import hide_secrets

BASE = "https://raw.githubusercontent.com/apache/airflow"
"""Where Apache Airflow keeps them. docs: airflow.apache.org/docs/apache-airflow/stable/installation"""

ELSEWHERE = "MWAA_CONSTRAINTS"
"""The variable that names another address, or a folder, that holds `constraints-<release>/constraints-<python>.txt`."""

_OFFICIAL = re.compile(r"/constraints-(\d+\.\d+\.\d+)/constraints-(?:no-providers-|source-providers-)?(\d+\.\d+)\.txt$")
_SECURE = re.compile(r"https://|http://(?:127\.0\.0\.1|localhost|\[::1\])[:/]", re.IGNORECASE)
_LINE = re.compile(r"[A-Za-z0-9][\w.-]*\s*(?:\[[^]]*\])?\s*(?:[@=<>!~;(]|$)|-")
"""A requirement, or an option of pip."""
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

    Raises ToolError if MWAA_CONSTRAINTS is set and the file is not there, and if what is there is something else.
    """
    base = os.environ.get(ELSEWHERE, "")
    file = f"constraints-{airflow_version}/constraints-{python}.txt"
    if base and "://" not in base:
        try:
            local = (Path(base).expanduser() / file).read_text(encoding="utf-8")
        except OSError as error:
            raise _elsewhere(base, file, error.strerror or "cannot be read") from None
        if wrong := _fault(local, airflow_version):
            raise _elsewhere(base, file, wrong)
        return local
    text = download(f"{(base or BASE).rstrip('/')}/{file}", release=airflow_version)
    if base and text is None:
        raise _elsewhere(base, file, "cannot be reached")
    return text


def download(place: str, *, hours: float = float("inf"), release: str = "") -> str | None:
    """Return the text at an address, cached for `hours`; None if it is unreachable, which is cached for an hour.

    Only https is asked, and http on this machine. Raises ToolError, and keeps nothing, if what arrives was cut short or
    is no constraints file (such as the page of a captive portal), or not that of the Airflow `release` if one is given.
    """
    if not _SECURE.match(place):
        return None
    kept = cache.folder() / "constraints" / cache.digest(place, release)
    text: str | None = cache.load_or_compute(
        kept.with_suffix(".json"), lambda: _download(place, release), hours=hours if _was_had(kept) else 1
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


def _download(place: str, release: str) -> str | None:
    """Through HTTPS_PROXY and with SSL_CERT_FILE, which urllib and ssl honour by themselves."""
    try:
        with _HTTPS_ALONE.open(place, timeout=_SECONDS) as answer:
            data: bytes = answer.read(_MOST_BYTES + 1)
            announced = answer.headers.get("Content-Length", "")
        if announced.isdecimal() and len(data) < int(announced):
            wrong = "it was cut short"
        elif len(data) > _MOST_BYTES:
            wrong = f"it has more than {_MOST_BYTES // 1_000_000} MB"
        else:
            text = data.decode()
            wrong = _fault(text, release)
    except http.client.IncompleteRead:  # in chunks
        wrong = "it was cut short"
    except UnicodeDecodeError:
        wrong = "it is not UTF-8"
    except (OSError, ValueError, http.client.HTTPException):
        return None  # the resolution says which constraints it used instead
    if wrong:
        fix = "look at the address with a browser: a proxy or the login of a network may answer instead"
        raise ToolError(f"the constraints at {hide_secrets(place)} are not used: {wrong}", fix)
    return text


class _NoPlainRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect to an address without TLS, nor to a file."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        return super().redirect_request(req, fp, code, msg, headers, newurl) if _SECURE.match(newurl) else None


_HTTPS_ALONE = urllib.request.build_opener(_NoPlainRedirect)


def _fault(text: str, release: str) -> str:
    """Return why a text is no constraints file, or not that of the Airflow `release`; empty if it is."""
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if any(line.startswith("<") for line in lines[:1]):
        return "it is a page for browsers"
    if strange := [line for line in lines if not _LINE.match(line)]:
        return f'"{strange[0][:60]}" is no line of a constraints file'
    pinned = [line for line in lines if release and line.startswith("apache-airflow==")]
    if pinned and f"apache-airflow=={release}" not in pinned:  # official ones of Airflow 2 do not pin Airflow itself
        return f"it has {pinned[0]}, and should be that of {release}"
    if text and not text.endswith("\n") and release:
        return "it was cut short: its last line does not end"
    return ""


def _elsewhere(base: str, file: str, why: str) -> ToolError:
    fix = f"correct {ELSEWHERE}, or unset it to use {BASE}"
    return ToolError(f"{ELSEWHERE} is {base}, but {file} there: {why}", fix)
