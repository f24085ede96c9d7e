"""The content of a live environment as a folder of the project, so that a first publish does not lose it."""

from pathlib import Path
from typing import Any

from mwaa.failure import Failure
from mwaa.files import replaced_folder
from mwaa.operations.adopt.found_environment import FoundEnvironment
from mwaa.operations.bucket_content import DagFolder, fetch_object, unpack_plugins

FILES = {"plugins": "plugins", "requirements": "requirements.txt", "startup_script": "startup.sh"}
"""Where each part of the content lies in the folder."""


def read_content(found: FoundEnvironment, s3: Any, folder: Path) -> tuple[str, ...]:
    """Copy the environment's DAGs, and its plugins, requirements and startup script at their versions, to `folder`.

    Returns the keys of DAG files that have no place in a folder. Raises Failure if there is such a folder already, and
    ToolError if plugins.zip is no archive; errors of boto3 pass. The folder is there as a whole or not at all.
    """
    if folder.exists():
        raise Failure(f"{folder} exists already", f"mv {folder} {folder}.old")
    live = found.environment
    with replaced_folder(folder) as new:
        (new / "dags").mkdir()
        dags = DagFolder(s3, live.bucket, live.dag_s3_path, new / "dags").sync()
        for part, stored in live.parts.items():
            data, place = fetch_object(s3, live.bucket, stored), new / FILES[part]
            if part == "plugins":
                place.mkdir()
                unpack_plugins(data, place)
            else:
                place.write_bytes(data)
    return dags.refused
