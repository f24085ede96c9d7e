"""The content in the bucket as it is at this moment. Reads only."""

import base64
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from mwaa.operations.publish.connection import WORKERS, Connection, code_of


@dataclass(frozen=True, slots=True)
class ListedObject:
    """An object as a list of the bucket shows it; `etag` without its quotes."""

    etag: str
    size: int


def is_content(connection: Connection, key: str) -> bool:
    """Return whether the key is one where content of the workspace lies: nothing else is ever deleted."""
    content = connection.names.workspace.content
    parts = (content.plugins_s3_path, content.requirements_s3_path, content.startup_script_s3_path)
    return key in parts or key.startswith(connection.dag_folder)


def list_dags(connection: Connection) -> dict[str, ListedObject]:
    """Return every object in the DAG folder by its key."""
    lists = connection.s3.get_paginator("list_objects_v2")
    pages = lists.paginate(Bucket=connection.bucket, Prefix=connection.dag_folder)
    return {
        found["Key"]: ListedObject(bare_etag(found), found["Size"])
        for page in pages
        for found in page.get("Contents", ())
    }


def head(connection: Connection, key: str, version: str | None = None) -> Any:
    """Return the answer of HeadObject, with its checksum; None if there is no such object or version."""
    which = {"VersionId": version} if version else {}
    try:
        return connection.s3.head_object(Bucket=connection.bucket, Key=key, ChecksumMode="ENABLED", **which)
    except ClientError as error:
        # 405: the version named is a delete marker
        if code_of(error) in ("404", "405", "NoSuchKey", "NoSuchVersion"):
            return None
        raise


def heads(connection: Connection, keys: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """Return the answers of HeadObject, many at a time, by key, without the keys that have no object."""
    asked = list(keys)
    with ThreadPoolExecutor(WORKERS) as pool:
        answers = pool.map(lambda key: head(connection, key), asked)
        return {key: answer for key, answer in zip(asked, answers, strict=True) if answer is not None}


def bare_etag(answer: Mapping[str, Any]) -> str:
    """Return the ETag of an answer without its quotes."""
    return str(answer["ETag"]).strip('"')


def base64_of(sha256: str) -> str:
    """Return a SHA-256 in hex as S3 writes checksums."""
    return base64.b64encode(bytes.fromhex(sha256)).decode()
