from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mwaa.config.types import (
    Account,
    BucketName,
    BucketPath,
    Duration,
    EnvironmentName,
    KeyArn,
    MaintenanceWindow,
    ProjectPath,
    WorkspaceName,
    minutes,
)
from pydantic import TypeAdapter, ValidationError

VALID: list[tuple[Any, str]] = [
    (Account, "012345678901"),
    (WorkspaceName, "a"),
    (WorkspaceName, "analytics-dev-2"),
    (EnvironmentName, "A" * 80),
    (EnvironmentName, "a_b-1"),
    (BucketName, "airflow-a"),
    (BucketName, "airflow-" + "a" * 55),
    (KeyArn, "arn:aws-cn:kms:cn-north-1:111111111111:key/01234567-89ab-cdef-0123-456789abcdef"),
    (MaintenanceWindow, "SUN:23:30"),
    (Duration, "1h30m"),
    (Duration, "0h1m"),
    (BucketPath, "a b/c..d/(e)'s.zip"),
    (BucketPath, "a" * 1024),
    (ProjectPath, "content/.hidden/dags"),
    (ProjectPath, "데이터/dags"),
]
INVALID: list[tuple[Any, str]] = [
    (Account, "\N{FULLWIDTH DIGIT ZERO}12345678901"),
    (Account, "012345678901\n"),
    (WorkspaceName, ""),
    (WorkspaceName, "a" * 28),
    (WorkspaceName, "a--b"),
    (WorkspaceName, "a-"),
    (WorkspaceName, "1a"),
    (EnvironmentName, "A" * 81),
    (BucketName, "airflow-"),
    (BucketName, "airflow-a-"),
    (BucketName, "airflow-" + "a" * 56),
    (MaintenanceWindow, "SUN:24:00"),
    (MaintenanceWindow, "sun:23:30"),
    (Duration, ""),
    (Duration, "0h0m"),
    (Duration, "90s"),
    (Duration, "٣h"),
    (BucketPath, ""),
    (BucketPath, "a" * 1025),
    (BucketPath, "a//b"),
    (BucketPath, "a/"),
    (BucketPath, "a/../b"),
    (BucketPath, "./a"),
    (BucketPath, "a\n"),
    (ProjectPath, ""),
    (ProjectPath, "./"),
    (ProjectPath, "a/.."),
    (ProjectPath, "a\x00b"),
]


@pytest.mark.parametrize(("kind", "text"), VALID)
def test_a_valid_text_is_kept(kind: Any, text: str) -> None:
    assert TypeAdapter(kind).validate_python(text) == text


@pytest.mark.parametrize(("kind", "text"), INVALID)
def test_an_invalid_text_is_refused(kind: Any, text: str) -> None:
    with pytest.raises(ValidationError, match="expected"):
        TypeAdapter(kind).validate_python(text)


def test_a_project_path_is_written_in_one_way() -> None:
    assert TypeAdapter(ProjectPath).validate_python("./content//dags/") == "content/dags"


@given(hours=st.integers(0, 9999), rest=st.integers(1, 9999))
def test_minutes_of_a_duration(hours: int, rest: int) -> None:
    check: Callable[[str], str] = TypeAdapter(Duration).validate_python
    assert minutes(check(f"{hours}h{rest}m")) == hours * 60 + rest
    assert minutes(check(f"{rest}h")) == rest * 60
    assert minutes(check(f"{rest}m")) == rest
