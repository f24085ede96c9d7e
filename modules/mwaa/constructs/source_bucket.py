"""The bucket from which Airflow takes its content."""

from typing import Any

from mwaa.config import Names
from mwaa.config.provider_constraint import supports
from mwaa.constructs.private_bucket import PrivateBucket
from mwaa.provider import Construct, Part, aws, resource


class SourceBucket(PrivateBucket):
    """Versioned, not public and encrypted, as MWAA demands. Source: MWAA user guide, mwaa-s3-bucket."""

    def __init__(self, scope: Construct, id: str, names: Names, key_arn: str | None) -> None:
        workspace = names.workspace
        super().__init__(
            scope,
            id,
            names.bucket,
            names.bucket_arn,
            key_arn,
            protected=workspace.deletion_protection,
            tags=names.name_tag(names.bucket),
        )
        self._expire("old-versions", noncurrent_days=workspace.source_bucket.noncurrent_version_days)


class ExistingSourceBucket(Part):
    """A bucket that exists. Terraform changes nothing of it but its objects, and checks what MWAA demands.

    The AWS provider has data sources for a bucket and its policy, and none for its versioning or its public access
    block: versioning is checked by the version of the first object that is uploaded, before the environment is created
    or changed; MWAA itself checks the public access block.
    """

    def __init__(self, scope: Construct, id: str, names: Names, provider_constraint: str) -> None:
        super().__init__(scope, id)
        attribute = "bucket_region" if supports(provider_constraint, "bucket_region") else "region"
        self.bucket = resource(aws.data_aws_s3_bucket.DataAwsS3Bucket, self, "Resource", bucket=names.bucket)
        """The data source of the bucket."""
        region = names.workspace.region
        self.bucket.add_override(
            "lifecycle.postcondition",
            [
                {
                    "condition": f'${{self.{attribute} == "{region}"}}',
                    "error_message": f"The source bucket {names.bucket} is in ${{self.{attribute}}}; MWAA needs one "
                    f"in {region}, the region of the workspace.",
                }
            ],
        )
        self._name = names.bucket
        self.id: str = self.bucket.id
        """Name of the bucket."""
        self.arn: str = self.bucket.arn
        """ARN of the bucket."""
        self.ready: list[Any] = [self.bucket]
        """What must hold before an object is uploaded."""

    def check_version_of(self, item: Any) -> None:
        """Let Terraform stop where an object that it uploaded has no version."""
        item.add_override(
            "lifecycle.postcondition",
            [
                {
                    "condition": '${self.version_id != "" && self.version_id != "null"}',
                    "error_message": f"The source bucket {self._name} is not versioned, which MWAA needs: "
                    f"aws s3api put-bucket-versioning --bucket {self._name} "
                    "--versioning-configuration Status=Enabled",
                }
            ],
        )


def upload(
    scope: Construct,
    id: str,
    bucket: SourceBucket | ExistingSourceBucket,
    *,
    key: str,
    source: str,
    source_hash: str,
    lifecycle: dict[str, str] | None = None,
) -> Any:
    """Return an object that Terraform uploads to the bucket once the bucket is ready; in one that exists, versioned."""
    item = resource(
        aws.s3_object.S3Object,
        scope,
        id,
        bucket=bucket.id,
        key=key,
        source=source,
        source_hash=source_hash,
        checksum_algorithm="SHA256",
        override_provider={"default_tags": {"tags": {}}},  # an object may carry only 10 tags
        lifecycle=lifecycle,
        depends_on=bucket.ready,
    )
    if isinstance(bucket, ExistingSourceBucket):
        bucket.check_version_of(item)
    return item
