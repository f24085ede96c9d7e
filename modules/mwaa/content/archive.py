"""A zip file whose bytes depend on nothing but the names and bytes of its members."""

import stat
import zipfile
from collections.abc import Iterable
from pathlib import Path

# The earliest date that the zip format can hold.
DATE = (1980, 1, 1, 0, 0, 0)
# Not the mode on disk: a checkout on Windows has no executable bit, a umask changes the others. What a plugin wants to
# run it starts through its interpreter.
MODE = stat.S_IFREG | 0o644


def write_archive(path: Path, members: Iterable[tuple[str, bytes]]) -> None:
    """Write `members` (POSIX name, content) to `path`, in the order given.

    Stored, not compressed: deflate's output differs between zlib, zlib-ng and their versions, so one developer's
    machine and the pipeline would disagree about an unchanged plugin and each replace the other's, 20 minutes of
    UpdateEnvironment every time. The price is size: Python source would shrink about four times, but plugins are
    seldom more than a few MB (AWS recommends less than 1 GB), and wheels and archives among them do not shrink.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name, DATE)
            info.create_system = 3  # Unix, also when built on Windows
            info.external_attr = MODE << 16
            archive.writestr(info, data)
