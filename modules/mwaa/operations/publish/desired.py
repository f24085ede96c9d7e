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
from mwaa.operations.live_environment import PARTS, LiveEnvironment
from mwaa.operations.publish.documents import PublishedRelease, StoredObject

_TYPES = mimetypes.MimeTypes()  # Python's own table: that of the machine would make a laptop differ from a pipeline


@dataclass(frozen=True, slots=True)
class DesiredObject:
    """An object as it shall be. `source` is a file, the bytes themselves, or an object version to copy."""

    key: str
    sha256: str
    size: int
    source: Path | bytes | StoredObject

    @property
    def content_type(self) -> str:
        return _TYPES.guess_type(self.key)[0] or "application/octet-stream"


@dataclass(frozen=True, slots=True)
class DesiredContent:
    """`dags` in the order in which they are to be put; `parts` by their names in PARTS."""

    digest: str
    dags: tuple[DesiredObject, ...]
    parts: Mapping[str, DesiredObject]
    rollback_to: str = ""

    @property
    def items(self) -> tuple[DesiredObject, ...]:
        return *self.dags, *self.parts.values()


def from_bundle(bundle: Bundle) -> DesiredContent:
    """Return the project's content; what DAGs import comes before what Airflow searches for DAGs."""
    staged = {part: getattr(bundle, part) for part in PARTS}
    return DesiredContent(
        bundle.digest,
        tuple(
            DesiredObject(file.key, file.sha256, file.size, file.path)
            for file in sorted(bundle.dags, key=lambda file: (file.parsed, file.key))
        ),
        {part: DesiredObject(file.key, file.sha256, file.size, file.path) for part, file in staged.items() if file},
    )


def from_release(release: PublishedRelease) -> DesiredContent:
    """Return the content of an earlier release, to be copied from its object versions."""
    parts = {stored.key for stored in release.record.parts.values()}
    return DesiredContent(
        release.record.digest,
        tuple(_copy(stored) for stored in release.objects if stored.key not in parts),
        {part: _copy(stored) for part, stored in release.record.parts.items()},
        release.record.id,
    )


def complete_for(desired: DesiredContent, environment: LiveEnvironment, content: Content) -> DesiredContent:
    """Add an empty file for each part that the environment has and the desired content has not.

    MWAA cannot forget a path: "point at an empty file". Source: MWAA user guide, using-startup-script.
    """
    missing = [part for part in environment.parts if part not in desired.parts]
    empty = {part: _empty(getattr(content, f"{part}_s3_path"), part) for part in missing}
    return DesiredContent(desired.digest, desired.dags, {**desired.parts, **empty}, desired.rollback_to)


def _copy(stored: StoredObject) -> DesiredObject:
    return DesiredObject(stored.key, stored.sha256, stored.size, stored)


def _empty(key: str, part: str) -> DesiredObject:
    data = _no_plugins() if part == "plugins" else b""
    return DesiredObject(key, hashlib.sha256(data).hexdigest(), len(data), data)


def _no_plugins() -> bytes:
    """An archive with one file that is no plugin: not every program that unpacks takes an archive without any."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "plugins.zip")
        write_archive(archive, [("no_plugins.txt", b"This workspace has no plugins.\n")])
        return archive.read_bytes()
