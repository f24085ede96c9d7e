"""The S3 bucket that holds Terraform's state: versioned, encrypted, private, TLS only, old versions expire.

Source: developer.hashicorp.com/terraform/language/backend/s3. The bucket is made over the API, not by Terraform: a
state cannot hold the bucket that it is kept in. Encryption, policy and lifecycle that somebody set are left alone.
"""

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from mwaa.config import S3Backend
from mwaa.operations.errors import AccessError
from mwaa.policies.bucket import tls_only

NONCURRENT_DAYS = 90
"""Days for which an earlier version of the state is kept: long enough to go back after a broken apply."""


@dataclass(frozen=True, slots=True)
class StateBucket:
    """The bucket as it was found, or made: `missing` names what it lacks, "bucket" itself among it."""

    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Setting:
    """A setting of a bucket: the end of the names of its calls, the argument that holds it, and its value."""

    call: str
    argument: str
    value: Any


def inspect(backend: S3Backend, client: Any, account: str) -> StateBucket:
    """Look at the bucket without changing anything.

    Raises AccessError where it does not belong to `account`: a state must not go into a bucket that somebody else made.
    """
    settings = _settings(backend)
    if not _exists(backend, client, account):
        return StateBucket(("bucket", *settings))
    return StateBucket(tuple(name for name, setting in settings.items() if not _is_set(backend, client, setting)))


def create(backend: S3Backend, client: Any, account: str) -> StateBucket:
    """Make the bucket, and the settings that it lacks; return what was missing before.

    Can be run again after an interruption. Raises AccessError where the bucket belongs to another account.
    """
    found = inspect(backend, client, account)
    settings = _settings(backend)
    for name in found.missing:
        if name == "bucket":
            region = backend.region or "us-east-1"
            place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
            client.create_bucket(Bucket=backend.bucket, **place)
        else:
            setting = settings[name]
            put = getattr(client, f"put_{setting.call}")
            put(Bucket=backend.bucket, **{setting.argument: setting.value})
    return found


def _settings(backend: S3Backend) -> dict[str, _Setting]:
    key = {"KMSMasterKeyID": backend.kms_key_arn} if backend.kms_key_arn else {}
    algorithm = "aws:kms" if backend.kms_key_arn else "AES256"
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm, **key}, "BucketKeyEnabled": bool(key)}
    flags = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    expiry = {
        "ID": "expire-earlier-states",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": NONCURRENT_DAYS},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }
    return {
        "versioning": _Setting("bucket_versioning", "VersioningConfiguration", {"Status": "Enabled"}),
        "public access block": _Setting(
            "public_access_block", "PublicAccessBlockConfiguration", dict.fromkeys(flags, True)
        ),
        "encryption": _Setting("bucket_encryption", "ServerSideEncryptionConfiguration", {"Rules": [rule]}),
        "TLS-only policy": _Setting("bucket_policy", "Policy", json.dumps(tls_only(bucket_arn(backend)))),
        "expiry of earlier states": _Setting(
            "bucket_lifecycle_configuration", "LifecycleConfiguration", {"Rules": [expiry]}
        ),
    }


def bucket_arn(backend: S3Backend) -> str:
    """Return the ARN of the bucket, in the partition of its region."""
    region = backend.region or ""
    return f"arn:{'aws-cn' if region.startswith('cn-') else 'aws'}:s3:::{backend.bucket}"


def _exists(backend: S3Backend, client: Any, account: str) -> bool:
    try:
        client.head_bucket(Bucket=backend.bucket, ExpectedBucketOwner=account)
    except ClientError as error:
        if (code := error.response["Error"]["Code"]) in ("404", "NoSuchBucket"):
            return False
        raise AccessError(
            f"the bucket {backend.bucket} belongs to another account, or may not be read ({code})",
            "set another `bucket` in S3Backend(...), or ask its owner for access",
        ) from error
    return True


def _is_set(backend: S3Backend, client: Any, setting: _Setting) -> bool:
    """Whether the bucket has the setting; a policy or a lifecycle that holds more than ours is left as it is."""
    try:
        answer = getattr(client, f"get_{setting.call}")(Bucket=backend.bucket)
    except ClientError as error:
        if error.response["Error"]["Code"].startswith(("NoSuch", "ServerSideEncryptionConfigurationNotFound")):
            return False
        raise
    match setting.argument:
        case "VersioningConfiguration":
            return bool(answer.get("Status") == "Enabled")
        case "PublicAccessBlockConfiguration":
            return bool(answer[setting.argument] == setting.value)
        case _:
            return True
