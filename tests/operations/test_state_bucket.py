"""The bucket of Terraform's state, made on the embedded AWS."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from mwaa.config import S3Backend
from mwaa.operations import state_bucket
from mwaa.operations.errors import AccessError

ACCOUNT = "111111111111"
ALL = ("bucket", "versioning", "public access block", "encryption", "TLS-only policy", "expiry of earlier states")


@pytest.fixture
def s3(clients: Any, fresh_account: str) -> Callable[[str], Any]:
    """`s3(region)`: a client in an account with nothing in it."""
    return lambda region: clients(fresh_account, region)("s3")


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_the_bucket_is_versioned_encrypted_private_and_tls_only_and_earlier_states_expire(s3: Any, region: str) -> None:
    client, backend = s3(region), S3Backend(bucket=f"acme-state-{region}", region=region)
    assert state_bucket.inspect(backend, client, ACCOUNT).missing == ALL
    assert state_bucket.create(backend, client, ACCOUNT).missing == ALL

    name = {"Bucket": backend.bucket}
    assert client.get_bucket_versioning(**name)["Status"] == "Enabled"
    block = client.get_public_access_block(**name)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    (rule,) = client.get_bucket_encryption(**name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    (statement,) = json.loads(client.get_bucket_policy(**name)["Policy"])["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == [f"arn:aws:s3:::{backend.bucket}", f"arn:aws:s3:::{backend.bucket}/*"]
    (expiry,) = client.get_bucket_lifecycle_configuration(**name)["Rules"]
    assert expiry["NoncurrentVersionExpiration"]["NoncurrentDays"] == 90


def test_made_again_nothing_is_missing(s3: Any) -> None:
    client, backend = s3("eu-west-1"), S3Backend(bucket="acme-state-again", region="eu-west-1")
    state_bucket.create(backend, client, ACCOUNT)
    assert state_bucket.create(backend, client, ACCOUNT).missing == ()


def test_a_bucket_that_exists_gets_only_what_it_lacks(s3: Any) -> None:
    client, backend = s3("us-east-1"), S3Backend(bucket="acme-state-half", region="us-east-1")
    client.create_bucket(Bucket=backend.bucket)
    client.put_bucket_versioning(Bucket=backend.bucket, VersioningConfiguration={"Status": "Enabled"})
    client.put_bucket_policy(
        Bucket=backend.bucket,
        Policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "s3:DeleteBucket",
                        "Resource": "arn:aws:s3:::acme-state-half",
                    }
                ],
            }
        ),
    )
    assert state_bucket.create(backend, client, ACCOUNT).missing == (
        "public access block",
        "encryption",
        "expiry of earlier states",
    )
    policy = json.loads(client.get_bucket_policy(Bucket=backend.bucket)["Policy"])
    assert policy["Statement"][0]["Action"] == "s3:DeleteBucket"


def test_the_key_of_the_backend_encrypts(s3: Any) -> None:
    key = "arn:aws:kms:us-east-1:111111111111:key/11111111-2222-3333-4444-555555555555"
    client, backend = s3("us-east-1"), S3Backend(bucket="acme-state-key", region="us-east-1", kms_key_arn=key)
    state_bucket.create(backend, client, ACCOUNT)
    (rule,) = client.get_bucket_encryption(Bucket=backend.bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}


def test_the_bucket_of_another_account_is_refused() -> None:
    client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    backend = S3Backend(bucket="somebody-elses-state", region="us-east-1")
    stub = Stubber(client)
    asked = {"Bucket": backend.bucket, "ExpectedBucketOwner": ACCOUNT}
    stub.add_client_error("head_bucket", "403", http_status_code=403, expected_params=asked)
    with stub, pytest.raises(AccessError) as caught:
        state_bucket.create(backend, client, ACCOUNT)
    assert str(caught.value) == ("the bucket somebody-elses-state belongs to another account, or may not be read (403)")
    assert caught.value.fix == "set another `bucket` in S3Backend(...), or ask its owner for access"
