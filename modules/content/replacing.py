"""Replacing a folder as a whole."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """A new, empty folder that takes the place of `out` if the block ends well, and vanishes if not.

    What a killed process left beside `out` goes first. Callers whose folders share a parent wait for each other.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    new, old = (out.with_name(f".{out.name}.{end}") for end in ("new", "old"))
    lock = os.open(out.parent, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for leftover in (new, old):
            if leftover.exists():
                shutil.rmtree(leftover)
        new.mkdir()
        try:
            yield new
        except BaseException:
            shutil.rmtree(new)
            raise
        if out.exists():
            out.rename(old)
        new.rename(out)
        if old.exists():
            shutil.rmtree(old)
    finally:
        os.close(lock)
