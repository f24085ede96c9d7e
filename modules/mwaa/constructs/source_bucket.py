"""The bucket from which Airflow takes its content."""

from mwaa.config import Names
from mwaa.constructs.private_bucket import PrivateBucket
from mwaa.provider import Construct


class SourceBucket(PrivateBucket):
    """Versioned, not public and encrypted, as MWAA demands. Source: MWAA user guide, mwaa-s3-bucket."""

    def __init__(self, scope: Construct, id: str, names: Names, key_arn: str | None) -> None:
        workspace = names.workspace
        super().__init__(scope, id, names.bucket, names.bucket_arn, key_arn, protected=workspace.deletion_protection)
        self._expire("old-versions", noncurrent_days=workspace.source_bucket.noncurrent_version_days)
