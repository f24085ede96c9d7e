"""uv, the resolver: called with the person's own index settings, answered in lines, explained without its paths."""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from mwaa.process import Ended, ToolError, ask
from mwaa.requirements.file import hide_secrets

NO_COMPILER = dict.fromkeys(("CC", "CXX", "FC", "CARGO", "RUSTC"), "false")
"""Makes every build tool find a compiler that fails."""

_FROM_PIP = {
    "PIP_INDEX_URL": ("UV_DEFAULT_INDEX", "UV_INDEX_URL"),
    "PIP_EXTRA_INDEX_URL": ("UV_INDEX", "UV_EXTRA_INDEX_URL"),
}
_INDEXES = (
    "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_INDEX_STRATEGY",
    "UV_NO_INDEX",
)  # fmt: skip
_OWN_WAY = frozenset(
    """
    UV_CONSTRAINT UV_OVERRIDE UV_BUILD_CONSTRAINT UV_EXCLUDE UV_EXCLUDE_NEWER UV_PRERELEASE UV_RESOLUTION UV_PYTHON
    UV_PROJECT_ENVIRONMENT UV_NO_BUILD UV_NO_BINARY UV_CUSTOM_COMPILE_COMMAND UV_REQUIRE_HASHES UV_TORCH_BACKEND
    UV_SYSTEM_PYTHON UV_FORK_STRATEGY UV_NO_BUILD_PACKAGE UV_NO_BINARY_PACKAGE VIRTUAL_ENV PYTHONPATH
    """.split()  # noqa: SIM905
)
_UNREACHABLE = re.compile(
    r"error sending request|dns error|client error \(Connect\)|operation timed out|Network connectivity is disabled"
    r"|network was disabled|Failed to fetch",
    re.IGNORECASE,
)
_PROGRESS = ("warning:", "Resolved ", "Using ", "   Building", "   Updating", "hint:", "Downloading ")
_MOST_LINES = 30
_ADDRESS = re.compile(r"https?://[^\s`'\")]+")


def environ() -> dict[str, str]:
    """Return the variables of uv: the person's, with pip's index settings where uv has none, and without those that
    would make two machines resolve differently."""
    settings = {name: value for name, value in os.environ.items() if name not in _OWN_WAY}
    for pip, names in _FROM_PIP.items():
        if (value := settings.get(pip)) and not any(name in settings for name in names):
            settings[names[-1]] = value
    fixed = {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "NO_COLOR": "1", "COLUMNS": "10000"}
    return settings | fixed  # in 80 columns uv would wrap what is read here


def indexes() -> tuple[str, ...]:
    """Return all settings that decide where packages come from, for cache keys."""
    settings = environ()
    return tuple(f"{name}={settings[name]}" for name in _INDEXES if name in settings)


def uv(
    arguments: Sequence[str | Path], folder: Path, extra: Mapping[str, str] = {}, seconds: float | None = None
) -> Ended:
    """Run uv in `folder`, where it finds no project's settings. Raises ToolError if uv itself cannot run, and
    subprocess.TimeoutExpired after `seconds`."""
    try:
        return ask([binary(), *arguments], folder, {**environ(), **extra}, seconds=seconds)
    except OSError as error:
        raise ToolError(f"uv cannot run: {error.strerror}", "make setup") from None


def index_error(stderr: str) -> ToolError | None:
    """Return the error to raise if uv failed because of an index; None if it found no solution."""
    if not _UNREACHABLE.search(stderr):
        return None
    found = _ADDRESS.search(stderr)
    where = f" ({hide_secrets(found[0])})" if found else ""
    if answered := re.search(r"HTTP status \w+ error \((.+?)\)(?: for url|$)", stderr, re.MULTILINE):
        return ToolError(
            f"the package index answers {answered[1]}{where}", "correct the address and password of the index"
        )
    return ToolError(
        f"the package index is unreachable{where}",
        "connect to the internet, or name a mirror by UV_DEFAULT_INDEX or PIP_INDEX_URL",
    )


def explain(stderr: str) -> str:
    """Return uv's explanation without progress, paths of this machine and secrets, 30 lines at most."""
    kept: list[str] = []
    for line in stderr.splitlines():
        text = re.sub(r"^error: (No solution found when resolving dependencies)?|^  cause: |^ {7}", "", line).rstrip()
        if text and not line.startswith(_PROGRESS):
            kept.append(text)
    if len(kept) > _MOST_LINES:
        kept[_MOST_LINES - 10 : -10] = [f"... ({len(kept) - _MOST_LINES} more lines)"]
    plain = re.sub(r"(file://)?(?<![\w:/])(/[\w.@+-]+){2,}/", "", "\n".join(kept))
    return hide_secrets(plain)


def parse_yanked(stderr: str) -> dict[str, str]:
    """Return the yanked versions in uv's warnings: `name==version`, and why the author yanked it."""
    found = re.findall(r"^warning: `([^`]+)` is yanked(?: \(reason: \"(.*)\"\))?", stderr, re.MULTILINE)
    return dict(found)


@cache
def binary() -> str:
    """Return the path of uv. Raises ToolError if the package `uv` has no program for this machine."""
    from uv import find_uv_bin

    try:
        return str(find_uv_bin())
    except FileNotFoundError:
        raise ToolError("uv is not installed", "make setup") from None


@cache
def version() -> str:
    from importlib.metadata import version as installed

    return installed("uv")


def interpreter() -> str:
    """Return the Python that builds source archives; it does not change what is resolved."""
    return sys.executable
