"""The bundle in the source bucket, as Terraform uploads it."""

from typing import Any

from mwaa.config import Names
from mwaa.constructs.source_bucket import ExistingSourceBucket, SourceBucket, upload
from mwaa.content import Bundle, BundleFile
from mwaa.provider import Construct, Part, cdktf, literal


class Artifacts(Part):
    """The objects that Terraform uploads: all of them, or the first ones where publishing owns what follows.

    Terraform as the owner uploads one object per DAG file, and one each for plugins, requirements and startup script,
    whenever its hash changes. The hash is ours: S3's ETag is no hash of the content with SSE-KMS or multipart uploads.
    Source: provider docs of aws_s3_object, `source_hash`.

    With publishing as the owner it uploads plugins, requirements and startup script once, because a new environment
    wants them, and ignores whatever becomes of them. DAG files are publishing's from the first one on. What Terraform
    uploaded while it was the owner itself, it forgets and does not delete; that takes Terraform 1.7.

    All carry a SHA-256 checksum, by which `mwaa publish` knows them without reading them. `folder` is where the bundle
    was staged, relative to the stack's folder, so that the stack can be moved as a whole.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        names: Names,
        bundle: Bundle,
        folder: str,
        bucket: SourceBucket | ExistingSourceBucket,
    ) -> None:
        super().__init__(scope, id)
        self._folder, self._bucket = folder, bucket
        self._published = names.workspace.content.owner == "PUBLISH"
        self.dags = None if self._published else self._dag_files(bundle)
        """The DAG files, one resource over all, or None where publishing owns them."""
        self.plugins = self._single("plugins", bundle.plugins)
        """plugins.zip, or None."""
        self.requirements = self._single("requirements", bundle.requirements)
        """The requirements file, or None."""
        self.startup_script = self._single("startup_script", bundle.startup_script)
        """The startup script, or None."""
        objects = {
            "dags": self.dags,
            "plugins": self.plugins,
            "requirements": self.requirements,
            "startup_script": self.startup_script,
        }
        self.ready: list[Any] = [item for item in objects.values() if item is not None]
        """What must be uploaded before the environment is created."""
        if self._published:
            self._forget([f"aws_s3_object.{id}_{name}" for name, item in objects.items() if item is None])

    def _dag_files(self, bundle: Bundle) -> Any:
        """One resource over all files, so that an address shows the file: `aws_s3_object.artifacts_dags["..."]`."""
        dags = self._object("dags", "${each.key}", f"{self._folder}/${{each.key}}", "${each.value}")
        dags.add_override("for_each", {literal(file.key): file.sha256 for file in bundle.dags})
        return dags

    def _single(self, id: str, file: BundleFile | None) -> Any:
        if file is None:
            return None
        return self._object(id, literal(file.key), literal(f"{self._folder}/{file.key}"), file.sha256)

    def _object(self, id: str, key: str, source: str, source_hash: str) -> Any:
        return upload(
            self,
            id,
            self._bucket,
            key=key,
            source=source,
            source_hash=source_hash,
            lifecycle={"ignore_changes": "all"} if self._published else None,
        )

    def _forget(self, addresses: list[str]) -> None:
        """Lets the state forget resources that are no longer here. Deleting one would delete all its versions.

        Source: developer.hashicorp.com/terraform/language/block/removed; the provider's deletion of aws_s3_object.
        """
        stack = cdktf.TerraformStack.of(self)
        stack.add_override("terraform.required_version", ">= 1.7")
        stack.add_override("removed", [{"from": address, "lifecycle": {"destroy": False}} for address in addresses])
