"""uv, the resolver: called with the person's own index settings, answered in lines, explained without its paths."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from mwaa.process import Ended, ToolError, allowed_environ, ask
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
_SETTINGS = frozenset(
    """
    UV_KEYRING_PROVIDER UV_HTTP_TIMEOUT UV_HTTP_RETRIES UV_INSECURE_HOST UV_NATIVE_TLS UV_SYSTEM_CERTS UV_OFFLINE
    UV_LINK_MODE UV_CONCURRENT_BUILDS UV_CONCURRENT_DOWNLOADS UV_CONCURRENT_INSTALLS UV_PYTHON_INSTALL_MIRROR
    UV_CACHE_DIR UV_PYTHON_INSTALL_DIR UV_CONFIG_FILE UV_NO_CONFIG NETRC
    """.split()  # noqa: SIM905
)
"""How uv reaches indexes, and where it keeps what it has. What would make two machines resolve differently, and what
publishes packages, is left out."""
_NAMED_INDEX = re.compile(r"UV_INDEX_\w+_(USERNAME|PASSWORD)")
SECONDS = 30 * 60.0
"""How long uv may take: a build script of a source archive may never end."""
_UNREACHABLE = re.compile(
    r"error sending request|dns error|client error \(Connect\)|operation timed out|Network connectivity is disabled"
    r"|network was disabled|Failed to fetch",
    re.IGNORECASE,
)
_MACHINE = re.compile(r"No space left on device|Disk quota exceeded|File too large|Read-only file system")
_PROGRESS = ("warning:", "Resolved ", "Using ", "   Building", "   Updating", "hint:", "Downloading ")
_MOST_LINES = 30
_ADDRESS = re.compile(r"https?://[^\s`'\")]+")


def environ(home: Path) -> dict[str, str]:
    """Return the variables of uv and of the build scripts that it runs, in the empty folder `home`.

    They are the person's settings of indexes, with pip's where uv has none, and the folders of the person's uv. The
    scripts belong to packages: they get no other variable, and no credentials but those of an index.
    """
    fixed = {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "NO_COLOR": "1", "COLUMNS": "10000"}
    return allowed_environ(home) | _places() | _settings() | fixed  # in 80 columns uv would wrap what is read here


def _settings() -> dict[str, str]:
    settings = {
        name: value
        for name, value in os.environ.items()
        if name in _SETTINGS or name in _INDEXES or _NAMED_INDEX.fullmatch(name)
    }
    for pip, names in _FROM_PIP.items():
        if (value := os.environ.get(pip)) and not any(name in settings for name in names):
            settings[names[-1]] = value
    return settings


def _places() -> dict[str, str]:
    """Return where uv keeps and reads things by default, which it would look for below HOME."""
    defaults = {
        "UV_CACHE_DIR": _beneath("XDG_CACHE_HOME", ".cache") / "uv",
        "UV_PYTHON_INSTALL_DIR": _beneath("XDG_DATA_HOME", ".local/share") / "uv" / "python",
    }
    files = {
        "UV_CONFIG_FILE": _beneath("XDG_CONFIG_HOME", ".config") / "uv" / "uv.toml",
        "NETRC": Path.home() / ".netrc",
    }
    return {name: str(path) for name, path in (defaults | {n: f for n, f in files.items() if f.is_file()}).items()}


def _beneath(variable: str, folder: str) -> Path:
    return Path(os.environ.get(variable) or Path.home() / folder)


def indexes() -> tuple[str, ...]:
    """Return all settings that decide where packages come from, for cache keys."""
    settings = _settings()
    return tuple(f"{name}={settings[name]}" for name in _INDEXES if name in settings)


def uv(
    arguments: Sequence[str | Path], folder: Path, extra: Mapping[str, str] = {}, seconds: float | None = None
) -> Ended:
    """Run uv in `folder`, where it finds no project's settings. Raises subprocess.TimeoutExpired after `seconds`, and
    ToolError if uv itself cannot run, or takes longer than SECONDS."""
    with tempfile.TemporaryDirectory(prefix="mwaa-home-") as home:
        try:
            return ask([binary(), *arguments], folder, {**environ(Path(home)), **extra}, seconds=seconds or SECONDS)
        except subprocess.TimeoutExpired:
            if seconds:
                raise
            raise late() from None
        except OSError as error:
            raise ToolError(f"uv cannot run: {error.strerror}", "make setup") from None


def late() -> ToolError:
    """Return the error to raise if uv did not end within SECONDS."""
    return ToolError(
        f"uv did not end within {SECONDS / 60:g} minutes: a build script hangs, or the index is slow",
        "pin a version that has a wheel, or try again",
    )


def index_error(stderr: str) -> ToolError | None:
    """Return the error to raise if uv failed because of the disk or an index; None if it found no solution."""
    if found := _MACHINE.search(stderr):
        return ToolError(
            f"uv cannot write its files: {found[0].lower()}", "free some space, or remove what uv keeps: uv cache clean"
        )
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
