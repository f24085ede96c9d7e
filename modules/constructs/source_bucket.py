"""The bucket from which Airflow takes its content."""

import json
from typing import Any

from modules.config import Names
from modules.policies.source_bucket import tls_only
from modules.provider import Construct, Part, aws, resource


class SourceBucket(Part):
    """Versioned, not public, TLS-only and encrypted, as MWAA demands. Source: MWAA user guide, mwaa-s3-bucket."""

    def __init__(self, scope: Construct, id: str, names: Names, key_arn: str | None) -> None:
        super().__init__(scope, id)
        protected = names.workspace.deletion_protection
        self.bucket = resource(
            aws.s3_bucket.S3Bucket,
            self,
            "Resource",
            bucket=names.bucket,
            force_destroy=not protected,
            lifecycle={"prevent_destroy": True} if protected else None,
            tags={"Name": names.bucket},
        )
        self.id: str = self.bucket.id
        versioning = self._add(
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
            policy=json.dumps(tls_only(names)),
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
        old_versions = aws.s3_bucket_lifecycle_configuration
        self._add(
            old_versions.S3BucketLifecycleConfiguration,
            "lifecycle",
            rule=[
                old_versions.S3BucketLifecycleConfigurationRule(
                    id="old-versions",
                    status="Enabled",
                    filter=[old_versions.S3BucketLifecycleConfigurationRuleFilter(prefix="")],
                    noncurrent_version_expiration=[
                        old_versions.S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(
                            noncurrent_days=names.workspace.source_bucket.noncurrent_version_days
                        )
                    ],
                    abort_incomplete_multipart_upload=[
                        old_versions.S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(
                            days_after_initiation=7
                        )
                    ],
                )
            ],
            depends_on=[versioning],
        )
        self.ready: list[Any] = [versioning, public_access_block, policy, encryption, ownership]
        """What must hold before objects go in: the first version of an object is to be versioned and encrypted."""

    def _add(self, kind: Any, id: str, **props: Any) -> Any:
        return resource(kind, self, id, bucket=self.id, **props)
