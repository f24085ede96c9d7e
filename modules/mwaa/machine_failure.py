"""Errors of the operating system that a person can fix: a full disk, a file or folder that cannot be written."""

import errno
import os
import shutil
import tempfile
from pathlib import Path

from mwaa import cache
from mwaa.failure import Failure

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST}
_LITTLE = 1 << 20


def machine_failure(error: OSError) -> Failure | None:
    """Return the error as one that a person can fix; None if it is about something else, such as the network."""
    path = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else None
    if error.errno in _FULL:
        return _full(path or _full_folder(), error)
    if error.errno in _REFUSED and path is not None:
        return _refused(path, error)
    return None


def _full(path: Path | None, error: OSError) -> Failure:
    reason = (error.strerror or "no space").lower()
    if path is None:
        return Failure(f"The output cannot be written: {reason}.", "write it to another file or disk")
    if _is_cached(path):
        return Failure(
            f"The cache {cache.folder()} cannot be written: {reason}.",
            "free some space there, or remove it: everything in it can be made again",
        )
    return Failure(f"{path} cannot be written: {reason}.", "free some space there, or raise the limit of this shell")


def _refused(path: Path, error: OSError) -> Failure:
    in_the_way = error.errno == errno.EEXIST
    reason = "a file is where a folder should be" if in_the_way else (error.strerror or "refused").lower()
    if _is_cached(path):
        fix = f"set {cache.FOLDER} to a folder that you may write"
        return Failure(f"The cache {cache.folder()} cannot be used: {path}: {reason}.", fix)
    return Failure(f"{path} cannot be used: {reason}.", "let the user who runs this command read and write it")


def _is_cached(path: Path) -> bool:
    return path.is_relative_to(cache.folder())


def _full_folder() -> Path | None:
    """Return the first of the cache, the project and the folder of temporary files whose disk has no space left."""
    for folder in (cache.folder(), Path.cwd(), Path(tempfile.gettempdir())):
        there = next(one for one in (folder, *folder.parents) if one.exists())
        if shutil.disk_usage(there).free < _LITTLE:
            return folder
    return None
