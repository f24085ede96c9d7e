"""Folders and values kept between commands, each built once and never left half done.

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
    """Return the cache folder, which need not exist."""
    if given := os.environ.get(FOLDER):
        return Path(given).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("mwaa", appauthor=False)


def digest(*parts: str | bytes) -> str:
    """Return a key for these parts: SHA-256 in hex. The boundaries between parts count."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(f"{len(data)}:".encode() + data)
    return total.hexdigest()


def build_once(path: Path, build: Callable[[Path], None], waiting: Callable[[], None] = lambda: None) -> Path:
    """Return the folder `path`, which `build` fills unless it is complete already.

    `build` gets the empty folder at its final path; what an interrupted build left is removed first. If another process
    builds the folder, call `waiting` and wait for it. Errors of `build` are raised.
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
    """Return the JSON value in the file `path` if it is younger than `hours`; else compute and write it.

    A file that is not JSON is replaced. Two commands may compute the same value at once.
    """
    try:
        if time.time() - path.stat().st_mtime < hours * 3600:
            return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError, RecursionError):
        pass  # missing or incomplete
    value = compute()
    files.write(path, json.dumps(value), private=True)
    return value
