"""What is kept between commands: built once, found again by its key, never half done.

The folder is the user's cache folder for `mwaa` (MWAA_CACHE names another). It may be removed at any time when no
command runs; everything in it can be made again. Several commands may use it at once.
"""

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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


def built(path: Path, build: Callable[[Path], None], waiting: Callable[[], None] = lambda: None) -> Path:
    """The folder `path`, complete: `build` fills it, empty, at its final place, unless that was done before.

    What an interrupted build left is thrown away first: only a mark written at the very end makes a folder complete.
    Who comes second waits for who came first, after `waiting` has told so. Whatever `build` raises goes on.
    """
    if (path / _DONE).exists():
        return path
    with locked(path.with_name(f"{path.name}.lock"), waiting):
        if not (path / _DONE).exists():
            remove(path)
            path.mkdir(parents=True)
            try:
                build(path)
                (path / _DONE).touch()
            except BaseException:
                remove(path)
                raise
    return path


def remembered(path: Path, compute: Callable[[], Any], *, hours: float = float("inf")) -> Any:
    """The JSON value in the file `path` if it is younger than `hours`; else `compute`'s, which is written there.

    A file that cannot be read as JSON is made anew. Two commands may compute the same value at once; both are right.
    """
    try:
        if time.time() - path.stat().st_mtime < hours * 3600:
            return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        pass  # not there, or not whole: made now
    value = compute()
    write(path, json.dumps(value))
    return value


def write(path: Path, text: str) -> None:
    """Writes the file in one step: readers see the old text or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        new.write_text(text, encoding="utf-8")
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


@contextmanager
def locked(path: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """One command at a time; the lock goes with the process that holds it, however it ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Removes a folder with all in it, if it is there."""
    if path.exists():
        shutil.rmtree(path)
