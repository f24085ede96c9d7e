"""This package as a wheel whose bytes depend on its files alone, so that an unchanged tool is uploaded once."""

import base64
import hashlib
from functools import cache
from importlib.metadata import metadata, version
from pathlib import Path

from mwaa.content.archive import write_archive

_PACKAGE = Path(__file__).parent
_LOCK = "publish.txt"


def write_wheel(folder: Path) -> Path:
    """Write the wheel into `folder`, without dependencies (the lock has those), and return its path.

    Source of the format: packaging.python.org, binary distribution format.
    """
    path = folder / f"mwaa-{version('mwaa')}-py3-none-any.whl"
    write_archive(path, _members())
    return path


def publish_lock() -> str:
    """Return the lock of what publishing needs: from the installed package, or from the checkout."""
    installed = _PACKAGE / _LOCK
    return (installed if installed.is_file() else _PACKAGE.parents[1] / "locks" / _LOCK).read_text("utf-8")


@cache
def _members() -> list[tuple[str, bytes]]:
    """Return the files of the wheel. They are the same for every workspace of an app."""
    number, python = version("mwaa"), f"Requires-Python: {metadata('mwaa')['Requires-Python']}\n"
    info = f"mwaa-{number}.dist-info"
    members = [
        (path.relative_to(_PACKAGE.parent).as_posix(), path.read_bytes())
        for path in sorted(_PACKAGE.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts and path.name != _LOCK
    ]
    members += [
        (f"{_PACKAGE.name}/{_LOCK}", publish_lock().encode()),
        (f"{info}/METADATA", f"Metadata-Version: 2.1\nName: mwaa\nVersion: {number}\n{python}".encode()),
        (f"{info}/WHEEL", b"Wheel-Version: 1.0\nGenerator: mwaa\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
        (f"{info}/entry_points.txt", b"[console_scripts]\nmwaa = mwaa.cli:main\n"),
    ]
    record = "".join(f"{name},sha256={_digest(data)},{len(data)}\n" for name, data in members)
    members.append((f"{info}/RECORD", f"{record}{info}/RECORD,,\n".encode()))
    return members


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
