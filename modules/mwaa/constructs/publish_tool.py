"""What the builds of a content repository install and read: this tool, its lock and the resolved workspace."""

import hashlib
import shutil
from pathlib import Path

from mwaa import package_wheel
from mwaa.config import Content, Names, workspace_file
from mwaa.constructs.source_bucket import ExistingSourceBucket, SourceBucket, upload
from mwaa.files import write
from mwaa.provider import Construct, Part, literal


class PublishTool(Part):
    """Three objects in the source bucket, below `Names.tool_prefix`: in the version that deployed the workspace.

    `folder` is where they are staged, relative to the stack's folder `stack_folder`; `file` is the workspace's own.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        names: Names,
        file: str,
        bucket: SourceBucket | ExistingSourceBucket,
        *,
        stack_folder: Path,
        folder: str,
    ) -> None:
        super().__init__(scope, id)
        staged = stack_folder / folder
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir(parents=True)
        wheel = package_wheel.write_wheel(staged)
        write(staged / "publish.txt", package_wheel.publish_lock())
        write(staged / workspace_file.FILE, workspace_file.to_json(names.workspace, file))
        self.objects = [
            upload(
                self,
                key,
                bucket,
                key=f"{names.tool_prefix}{name}",
                source=literal(f"{folder}/{name}"),
                source_hash=hashlib.sha256((staged / name).read_bytes()).hexdigest(),
            )
            for key, name in (("wheel", wheel.name), ("lock", "publish.txt"), ("workspace", workspace_file.FILE))
        ]


def write_first_content(content: Content, folder: Path) -> Path:
    """Write content that does nothing, and return `folder`.

    A new environment needs the objects that it names, and the content itself is in another repository.
    """
    shutil.rmtree(folder, ignore_errors=True)
    (folder / content.dags).mkdir(parents=True)
    if content.plugins:
        write(folder / content.plugins / "README.md", "The plugins are published from a repository of their own.\n")
    if content.requirements:
        write(folder / content.requirements, "# Published from the repository of the content.\n")
    if content.startup_script:
        write(folder / content.startup_script, "#!/bin/sh\n")
    return folder
