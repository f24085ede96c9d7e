"""What is kept between commands: built once, found again by its key, never half done.

The folder is the user's cache folder for `mwaa` (MWAA_CACHE names another). It may be removed at any time when no
command runs; everything in it can be made again. Several commands may use it at once.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mwaa import files

FOLDER = "MWAA_CACHE"
"""The variable that names another folder."""

_DONE = ".done"


def folder() -> Path:
    """Where everything is kept. Not made here."""
    if given := os.environ.get(FOLDER):
        return Path(given).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("mwaa", appauthor=False)


def digest(*parts: str | bytes) -> str:
    """A key for what follows from these parts alone: SHA-256 in hex, with the borders between them counted."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(f"{len(data)}:".encode() + data)
    return total.hexdigest()


def build_once(path: Path, build: Callable[[Path], None], waiting: Callable[[], None] = lambda: None) -> Path:
    """The folder `path`, complete: `build` fills it, empty, at its final place, unless that was done before.

    What an interrupted build left is thrown away first: only a mark written at the very end makes a folder complete.
    Who comes second waits for who came first, after `waiting` has told so. Whatever `build` raises goes on.
    """
    if (path / _DONE).exists():
        return path
    with files.lock(path.with_name(f"{path.name}.lock"), waiting):
        if not (path / _DONE).exists():
            files.remove_folder(path)
            path.mkdir(parents=True)
            try:
                build(path)
                (path / _DONE).touch()
            except BaseException:
                files.remove_folder(path)
                raise
    return path


def load_or_compute(path: Path, compute: Callable[[], Any], *, hours: float = float("inf")) -> Any:
    """The JSON value in the file `path` if it is younger than `hours`; else `compute`'s, which is written there.

    A file that cannot be read as JSON is made anew. Two commands may compute the same value at once; both are right.
    """
    try:
        if time.time() - path.stat().st_mtime < hours * 3600:
            return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        pass  # not there, or not whole: made now
    value = compute()
    files.write(path, json.dumps(value))
    return value
