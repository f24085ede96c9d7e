"""The bundle in the source bucket, as Terraform uploads it."""

from typing import Any

from modules.constructs.source_bucket import SourceBucket
from modules.content import Bundle, BundleFile
from modules.provider import Construct, Part, aws, literal, resource


class Artifacts(Part):
    """One object per DAG file, and one each for plugins, requirements and startup script, uploaded as its hash changes.

    `folder` is where the bundle was staged, relative to the stack's folder, so that the stack can be moved as a whole.
    The hash is ours: S3's ETag is no hash of the content with SSE-KMS or multipart uploads. Source: provider docs of
    aws_s3_object, `source_hash`.
    """

    def __init__(self, scope: Construct, id: str, bundle: Bundle, folder: str, bucket: SourceBucket) -> None:
        super().__init__(scope, id)
        self._folder, self._bucket = folder, bucket
        self.dags = self._dag_files(bundle)
        self.plugins = self._single("plugins", bundle.plugins)
        self.requirements = self._single("requirements", bundle.requirements)
        self.startup_script = self._single("startup_script", bundle.startup_script)
        self.ready: list[Any] = [
            item for item in (self.dags, self.plugins, self.requirements, self.startup_script) if item is not None
        ]

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
        return resource(
            aws.s3_object.S3Object,
            self,
            id,
            bucket=self._bucket.id,
            key=key,
            source=source,
            source_hash=source_hash,
            override_provider={"default_tags": {"tags": {}}},  # an object may carry only 10 tags
            depends_on=self._bucket.ready,
        )
