"""The Python of a release, on this machine."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from mwaa import cache
from mwaa.process import Ended, ToolError, ask
from mwaa.progress import ReportDetail
from mwaa.requirements import uv

_ANSWER_SECONDS = 30.0
# Airflow keeps its metadata in SQLite here: a Python that was built without it would fail much later.
_QUESTION = "import sys, sqlite3, ssl; print('%d.%d' % sys.version_info[:2])"


def find(version: str, say: ReportDetail) -> Path:
    """Return a Python `version` (such as "3.12") that runs; uv downloads one if this machine has none.

    uv's own search is not enough: it stops at the first launcher on PATH that fails, such as that of pyenv for a Python
    that is installed but not selected.

    The result is cached while the file exists. Raises ToolError.
    """
    known = cache.folder() / "airflow" / f"python-{version}.json"
    python = Path(cache.load_or_compute(known, lambda: str(_search(version, say))))
    if not python.is_file():  # uninstalled since
        known.unlink(missing_ok=True)
        python = Path(cache.load_or_compute(known, lambda: str(_search(version, say))))
    return python


def find_installed(version: str) -> Path | None:
    """Return a Python `version` of this machine that runs, without downloading one."""
    return next((candidate for candidate in _candidates(version) if _runs(candidate, version)), None)


def _search(version: str, say: ReportDetail) -> Path:
    if here := find_installed(version):
        return here
    say(f"downloading Python {version}")
    ended = _ask("python", "install", version)
    found = _ask("python", "find", "--managed-python", version)
    if ended.status or found.status:
        fix = f"install it, for example: uv python install {version} (or pyenv install {version})"
        raise ToolError(f"no Python {version} on this machine, and uv could not download it:\n{_last(ended)}", fix)
    return Path(found.stdout.strip())


def _candidates(version: str) -> Iterator[Path]:
    yield Path(os.path.realpath(sys.executable))
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        for name in (f"python{version}", "python3", "python"):
            if found := shutil.which(name, path=folder):
                yield Path(found)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    installed = [path for path in pyenv.glob(f"versions/{version}.*/bin/python{version}") if path.is_file()]
    yield from sorted(installed, key=lambda path: _numbers(path.parents[1].name), reverse=True)
    managed = _ask("python", "find", "--managed-python", "--no-python-downloads", version)
    if managed.status == 0:
        yield Path(managed.stdout.strip())


def _numbers(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.split(".") if part.isdecimal())


def _runs(python: Path, version: str) -> bool:
    try:
        ended = ask([python, "-I", "-c", _QUESTION], Path("/"), os.environ, seconds=_ANSWER_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ended.status == 0 and ended.stdout.strip() == version


def _ask(*arguments: str) -> Ended:
    return ask([uv.binary(), *arguments], Path("/"), os.environ)


def _last(ended: Ended) -> str:
    return ended.stderr.strip() or ended.stdout.strip()
