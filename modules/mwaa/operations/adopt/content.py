"""The content of a live environment as a folder of the project, so that a first publish does not lose it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from mwaa.failure import Failure
from mwaa.files import replaced_folder
from mwaa.operations.adopt.found_environment import FoundEnvironment
from mwaa.operations.bucket_content import DagFolder, fetch_object, unpack_plugins
from mwaa.operations.live_environment import ObjectVersion
from mwaa.progress import Report, Step

FILES = {"plugins": "plugins", "requirements": "requirements.txt", "startup_script": "startup.sh"}
"""Where each part of the content lies in the folder."""


@dataclass(frozen=True, slots=True)
class ContentCopy:
    """What was copied: `left_out` are keys of DAG files that have no place in a folder.

    `has_plugins` is False where plugins.zip is empty, or the environment has none.
    """

    left_out: tuple[str, ...]
    has_plugins: bool


def read_content(found: FoundEnvironment, s3: Any, folder: Path, report: Report) -> ContentCopy:
    """Copy the environment's DAGs, and its plugins, requirements and startup script at their versions, to `folder`.

    Raises Failure if there is such a folder already, or if a version is gone, and ToolError if plugins.zip is no
    archive; other errors of boto3 pass. The folder is there as a whole or not at all.
    """
    if folder.exists():
        raise Failure(f"{folder} exists already", f"mv {folder} {folder}.old")
    live, has_plugins = found.environment, False
    with replaced_folder(folder) as new:
        (new / "dags").mkdir()
        report(Step(f"copying the DAGs from s3://{live.bucket}/{live.dag_s3_path}"))
        dags = DagFolder(s3, live.bucket, live.dag_s3_path, new / "dags").sync()
        for part, stored in live.parts.items():
            report(Step(f"copying {stored.key}"))
            data, place = _fetch(s3, live.bucket, stored), new / FILES[part]
            if part == "plugins":
                place.mkdir()
                unpack_plugins(data, place)
                has_plugins = any(path.is_file() for path in place.rglob("*"))
                if not has_plugins:
                    place.rmdir()
            else:
                place.write_bytes(data)
    return ContentCopy(dags.refused, has_plugins)


def _fetch(s3: Any, bucket: str, stored: ObjectVersion) -> bytes:
    try:
        return fetch_object(s3, bucket, stored)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("NoSuchKey", "NoSuchVersion"):
            raise
        version = f" at version {stored.version}" if stored.version else ""
        raise Failure(
            f"{stored.key}, which the environment uses{version}, is no longer in the bucket {bucket}",
            f"aws s3api list-object-versions --bucket {bucket} --prefix {stored.key}",
        ) from None
