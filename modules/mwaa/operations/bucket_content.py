"""The content of a workspace as MWAA takes it from the source bucket: files by version, the DAG folder as it stands."""

import io
import zipfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from mwaa.operations.live_environment import ObjectVersion
from mwaa.process import ToolError


def fetch_object(s3: Any, bucket: str, wanted: ObjectVersion) -> bytes:
    """Return the bytes of an object at its version, or at its newest one if none is pinned. Errors of boto3 pass."""
    pinned = {"VersionId": wanted.version} if wanted.version else {}
    content: bytes = s3.get_object(Bucket=bucket, Key=wanted.key, **pinned)["Body"].read()
    return content


def unpack_plugins(archive: bytes, folder: Path) -> None:
    """Unpack plugins.zip into `folder`, which exists. An empty file has no plugins, as on MWAA.

    Raises ToolError when it is no zip archive.
    """
    if not archive:
        return
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as plugins:
            plugins.extractall(folder)  # drops what would lead out of the folder
    except zipfile.BadZipFile as error:
        raise ToolError(
            f"plugins.zip is not a zip archive: {error}", "build it again, and update the environment"
        ) from None


@dataclass(frozen=True, slots=True)
class DagFolderChanges:
    """Keys relative to the DAG folder."""

    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    """They have no place in a folder: `..` in a path, or a file where others are in a folder of that name."""

    def __bool__(self) -> bool:
        return bool(self.written or self.removed or self.refused)


@dataclass(slots=True)
class DagFolder:
    """The folder of DAGs here, kept as the one in the bucket."""

    s3: Any
    bucket: str
    prefix: str
    folder: Path
    _known: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    """Key -> ETag, size and time of what lies here."""
    _refused: set[str] = field(default_factory=set)

    def sync(self) -> DagFolderChanges:
        """List the bucket, write what is new or changed, remove what is gone. Errors of boto3 pass.

        Each file is replaced in one step: Airflow reads the old one or the new one.
        """
        listed = self._listed()
        written, removed, refused = [], [], []
        for key in sorted(self._known.keys() - listed.keys()):
            self._remove(key)
            removed.append(key)
        for key, mark in listed.items():
            if self._known.get(key) == mark:
                continue
            try:
                self._write(key)
            except (ValueError, FileExistsError, IsADirectoryError, NotADirectoryError):
                if key not in self._refused:
                    refused.append(key)
                self._refused.add(key)
                continue
            self._known[key] = mark
            written.append(key)
        return DagFolderChanges(tuple(written), tuple(removed), tuple(refused))

    @property
    def _start(self) -> str:
        """Of every key in the folder, which may be the whole bucket."""
        return f"{self.prefix}/" if self.prefix else ""

    def _listed(self) -> dict[str, tuple[str, int, str]]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self._start)
        return {
            item["Key"].removeprefix(self._start): (item["ETag"], item["Size"], item["LastModified"].isoformat())
            for page in pages
            for item in page.get("Contents", ())
            if not item["Key"].endswith("/")  # what consoles make to show an empty folder
        }

    def _write(self, key: str) -> None:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        content = self.s3.get_object(Bucket=self.bucket, Key=f"{self._start}{key}")["Body"].read()
        # Outside the folder, because Airflow would parse an unfinished file in it.
        unfinished = self.folder.parent / "unfinished-dag"
        try:
            unfinished.write_bytes(content)
            unfinished.chmod(0o644)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)

    def _remove(self, key: str) -> None:
        path = self._path(key)
        path.unlink(missing_ok=True)
        del self._known[key]
        for folder in path.parents:
            if folder == self.folder or any(entry.name != "__pycache__" for entry in folder.iterdir()):
                return
            for entry in (folder / "__pycache__").glob("*"):
                entry.unlink()
            for made in (folder / "__pycache__", folder):
                if made.exists():
                    made.rmdir()

    def _path(self, key: str) -> Path:
        parts = PurePosixPath(key)
        if parts.is_absolute() or ".." in parts.parts or "\0" in key:
            raise ValueError(key)
        return self.folder / parts
