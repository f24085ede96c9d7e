"""A bucket that nobody sees who was not let in."""

import json
from typing import Any

from mwaa.policies.bucket import tls_only
from mwaa.provider import Construct, Part, aws, resource


class PrivateBucket(Part):
    """Versioned, not public, TLS-only and encrypted; `ready` is what must hold before objects go in.

    Where `protected`, Terraform refuses to delete it; else it goes with all that is in it.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        name: str,
        arn: str,
        key_arn: str | None,
        *,
        protected: bool,
        tags: dict[str, str],
    ) -> None:
        super().__init__(scope, id)
        self.bucket = resource(
            aws.s3_bucket.S3Bucket,
            self,
            "Resource",
            bucket=name,
            force_destroy=not protected,
            lifecycle={"prevent_destroy": True} if protected else None,
            tags=tags or None,
        )
        """The bucket."""
        self.id: str = self.bucket.id
        """Name of the bucket."""
        self.arn: str = self.bucket.arn
        """ARN of the bucket."""
        self._versioning = self._add(
            aws.s3_bucket_versioning.S3BucketVersioningA,
            "versioning",
            versioning_configuration={"status": "Enabled"},
        )
        public_access_block = self._add(
            aws.s3_bucket_public_access_block.S3BucketPublicAccessBlock,
            "public_access_block",
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )
        policy = self._add(
            aws.s3_bucket_policy.S3BucketPolicy,
            "policy",
            policy=json.dumps(tls_only(arn)),
            depends_on=[public_access_block],  # S3 refuses two changes of a bucket's access at once
        )
        sse = aws.s3_bucket_server_side_encryption_configuration
        encryption = self._add(
            sse.S3BucketServerSideEncryptionConfigurationA,
            "encryption",
            rule=[
                sse.S3BucketServerSideEncryptionConfigurationRuleA(
                    apply_server_side_encryption_by_default=(
                        {"sse_algorithm": "aws:kms", "kms_master_key_id": key_arn}
                        if key_arn
                        else {"sse_algorithm": "AES256"}
                    ),
                    bucket_key_enabled=key_arn is not None,
                )
            ],
        )
        ownership = self._add(
            aws.s3_bucket_ownership_controls.S3BucketOwnershipControls,
            "ownership",
            rule={"object_ownership": "BucketOwnerEnforced"},
            depends_on=[policy],
        )
        self.ready: list[Any] = [self._versioning, public_access_block, policy, encryption, ownership]
        """What must hold before objects go in: the first version of an object is to be versioned and encrypted."""

    def _expire(self, id: str, noncurrent_days: int, days: int | None = None) -> None:
        """Deletes replaced versions, and where `days` is given every object, so many days later."""
        rules = aws.s3_bucket_lifecycle_configuration
        self._add(
            rules.S3BucketLifecycleConfiguration,
            "lifecycle",
            rule=[
                rules.S3BucketLifecycleConfigurationRule(
                    id=id,
                    status="Enabled",
                    filter=[rules.S3BucketLifecycleConfigurationRuleFilter(prefix="")],
                    expiration=[rules.S3BucketLifecycleConfigurationRuleExpiration(days=days)] if days else None,
                    noncurrent_version_expiration=[
                        rules.S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(
                            noncurrent_days=noncurrent_days
                        )
                    ],
                    abort_incomplete_multipart_upload=[
                        rules.S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(days_after_initiation=7)
                    ],
                )
            ],
            depends_on=[self._versioning],
        )

    def _add(self, kind: Any, id: str, **props: Any) -> Any:
        return resource(kind, self, id, bucket=self.id, **props)
