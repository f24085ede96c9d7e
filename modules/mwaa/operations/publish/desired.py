"""What the bucket shall hold: the bundle of the project, or an earlier release."""

import hashlib
import mimetypes
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mwaa.config import Content
from mwaa.content import Bundle
from mwaa.content.archive import write_archive
from mwaa.operations.publish.documents import PARTS, Release, Stored
from mwaa.operations.publish.roll import Environment

_TYPES = mimetypes.MimeTypes()  # Python's own table: that of the machine would make a laptop differ from a pipeline


@dataclass(frozen=True, slots=True)
class Item:
    """An object as it shall be. `source` is a file, the bytes themselves, or an object version to copy."""

    key: str
    sha256: str
    size: int
    source: Path | bytes | Stored

    @property
    def content_type(self) -> str:
        return _TYPES.guess_type(self.key)[0] or "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Target:
    """`dags` in the order in which they are to be put; `parts` by their names in PARTS."""

    digest: str
    dags: tuple[Item, ...]
    parts: Mapping[str, Item]
    rollback_to: str = ""

    @property
    def items(self) -> tuple[Item, ...]:
        return *self.dags, *self.parts.values()


def of_bundle(bundle: Bundle) -> Target:
    """What DAGs import comes before what Airflow searches for DAGs."""
    staged = {part: getattr(bundle, part) for part in PARTS}
    return Target(
        bundle.digest,
        tuple(
            Item(file.key, file.sha256, file.size, file.path)
            for file in sorted(bundle.dags, key=lambda file: (file.parsed, file.key))
        ),
        {part: Item(file.key, file.sha256, file.size, file.path) for part, file in staged.items() if file},
    )


def of_release(release: Release) -> Target:
    """Everything as it was, from the object versions of then."""
    parts = {stored.key for stored in release.record.parts.values()}
    return Target(
        release.record.digest,
        tuple(_copy(stored) for stored in release.objects if stored.key not in parts),
        {part: _copy(stored) for part, stored in release.record.parts.items()},
        release.record.id,
    )


def completed(target: Target, environment: Environment, content: Content) -> Target:
    """With an empty file for each part that the environment has and the target has not.

    MWAA cannot forget a path: "point at an empty file". Source: MWAA user guide, using-startup-script.
    """
    missing = [part for part in environment.parts if part not in target.parts]
    empty = {part: _empty(getattr(content, f"{part}_s3_path"), part) for part in missing}
    return Target(target.digest, target.dags, {**target.parts, **empty}, target.rollback_to)


def _copy(stored: Stored) -> Item:
    return Item(stored.key, stored.sha256, stored.size, stored)


def _empty(key: str, part: str) -> Item:
    data = _no_plugins() if part == "plugins" else b""
    return Item(key, hashlib.sha256(data).hexdigest(), len(data), data)


def _no_plugins() -> bytes:
    """An archive with one file that is no plugin: not every program that unpacks takes an archive without any."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "plugins.zip")
        write_archive(archive, [("no_plugins.txt", b"This workspace has no plugins.\n")])
        return archive.read_bytes()
