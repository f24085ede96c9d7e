"""CopyObject and DeleteObjects do nothing where their condition does not hold."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Client = Callable[[str], Any]


@pytest.fixture
def s3(clients: Callable[[str, str], Client], fresh_account: str) -> Any:
    client = clients(fresh_account, "us-east-1")("s3")
    client.create_bucket(Bucket=f"conditions-{fresh_account}")
    client.put_bucket_versioning(Bucket=f"conditions-{fresh_account}", VersioningConfiguration={"Status": "Enabled"})
    return client


def put(s3: Any, bucket: str, key: str, body: bytes) -> str:
    return str(s3.put_object(Bucket=bucket, Key=key, Body=body)["ETag"])


def copied(s3: Any, bucket: str, **condition: str) -> str:
    try:
        s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "from"}, **condition)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "copied"


def test_a_copy_replaces_only_the_object_that_is_named(s3: Any, fresh_account: str) -> None:
    bucket = f"conditions-{fresh_account}"
    put(s3, bucket, "from", b"new")
    assert copied(s3, bucket, IfMatch='"0"') == "NoSuchKey"
    etag = put(s3, bucket, "to", b"old")
    assert copied(s3, bucket, IfNoneMatch="*") == "PreconditionFailed"
    assert copied(s3, bucket, IfMatch='"0"') == "PreconditionFailed"
    assert s3.get_object(Bucket=bucket, Key="to")["Body"].read() == b"old"
    assert copied(s3, bucket, IfMatch=etag) == "copied"
    s3.delete_object(Bucket=bucket, Key="to")
    assert copied(s3, bucket, IfNoneMatch="*") == "copied"
    assert s3.get_object(Bucket=bucket, Key="to")["Body"].read() == b"new"


def test_a_deletion_of_many_deletes_only_the_objects_that_are_named(s3: Any, fresh_account: str) -> None:
    bucket = f"conditions-{fresh_account}"
    etags = {key: put(s3, bucket, key, key.encode()) for key in ("a", "b & c", "d")}
    asked = [{"Key": key, "ETag": '"0"' if key == "a" else etag} for key, etag in etags.items()]
    asked += [{"Key": "none", "ETag": '"0"'}]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": asked})
    assert sorted(found["Key"] for found in answer["Deleted"]) == ["b & c", "d"]
    assert {found["Key"]: found["Code"] for found in answer["Errors"]} == {
        "a": "PreconditionFailed", "none": "NoSuchKey",
    }  # fmt: skip
    assert [found["Key"] for found in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["a"]
    only = s3.delete_objects(Bucket=bucket, Delete={"Objects": asked[:1], "Quiet": True})
    assert [found["Code"] for found in only["Errors"]] == ["PreconditionFailed"]
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a"}], "Quiet": True})
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
