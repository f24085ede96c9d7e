"""Files and folders written as a whole, and locks that end with the process that holds them."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PRIVATE = 0o600


def write(path: Path, text: str, *, private: bool = False) -> None:
    """Write the file in one step: a reader sees the old text or the new one, whole.

    A private file is readable by its owner alone from its first byte. Missing parent folders are made.
    """
    write_bytes(path, text.encode(), private=private)


def write_bytes(path: Path, data: bytes, *, private: bool = False) -> None:
    """Like `write`, for bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE if private else 0o666)
        with open(descriptor, "wb") as file:
            file.write(data)
        new.replace(path)
    except BaseException as error:
        with suppress(NotADirectoryError):
            new.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno and error.filename is None:
            error.filename = str(path)  # a failed write names no file
        raise


@contextmanager
def lock(path: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the lock file `path` for the block; call `waiting` once if another process holds it.

    The lock ends with the process that holds it, however that ends.
    """
    with _opened(path) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


class LockHeld(Exception):
    """Another process holds the lock; `pid` is its process id, or "unknown"."""

    def __init__(self, pid: str) -> None:
        super().__init__(f"process {pid} holds the lock")
        self.pid = pid


@contextmanager
def try_lock(path: Path) -> Iterator[None]:
    """Hold the lock file `path` for the block, or raise LockHeld if another process holds it."""
    with _opened(path) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LockHeld(os.pread(descriptor, 20, 0).decode(errors="replace").strip() or "unknown") from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield


@contextmanager
def replaced_folder(out: Path) -> Iterator[Path]:
    """A new, empty folder that takes the place of `out` if the block ends well, and is removed if not.

    What a killed process left beside `out` is removed first. Callers whose folders share a parent wait for each other.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    new, old = (out.with_name(f".{out.name}.{end}") for end in ("new", "old"))
    with lock(out.parent):
        for leftover in (new, old):
            remove_folder(leftover)
        new.mkdir()
        try:
            yield new
        except BaseException:
            shutil.rmtree(new)
            raise
        if out.exists():
            out.rename(old)
        new.rename(out)
        remove_folder(old)


def remove_folder(path: Path) -> None:
    """Remove a folder with all in it, if it exists."""
    if path.exists():
        shutil.rmtree(path)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    if path.is_dir():
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
