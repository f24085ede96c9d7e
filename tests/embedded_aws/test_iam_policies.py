"""Conditions and wildcards of policy documents."""

from typing import Any

import pytest
from mwaa.embedded_aws.iam_policies import allows

CONTEXT = {"aws:PrincipalAccount": "111111111111", "aws:SecureTransport": "true"}


def statement(**changes: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"} | changes


def ask(*statements: dict[str, Any]) -> bool:
    return allows([{"Statement": list(statements)}], "s3:GetObject", "arn:aws:s3:::b/dags/a.py", CONTEXT)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"Action": ["sqs:*", "S3:get*"]}, True),
        ({"Action": "s3:GetObject?"}, False),
        ({"Resource": "arn:aws:s3:::b/*"}, True),
        ({"Resource": "arn:aws:s3:::b/[d]ags/*"}, False),
        ({"Resource": "arn:aws:s3:::c/*"}, False),
        ({"Condition": {"StringEquals": {"aws:principalaccount": "111111111111"}}}, True),
        ({"Condition": {"StringNotEquals": {"aws:PrincipalAccount": "111111111111"}}}, False),
        ({"Condition": {"StringEqualsIgnoreCase": {"aws:SecureTransport": "TRUE"}}}, True),
        ({"Condition": {"StringNotEqualsIgnoreCase": {"aws:SecureTransport": "TRUE"}}}, False),
        ({"Condition": {"Bool": {"aws:SecureTransport": "false"}}}, False),
        ({"Condition": {"Bool": {"aws:SecureTransport": True}}}, True),
        ({"Condition": {"StringNotLike": {"aws:PrincipalAccount": "1*"}}}, False),
        ({"Condition": {"Null": {"aws:PrincipalAccount": "false"}}}, True),
        ({"Condition": {"Null": {"aws:PrincipalAccount": "true"}}}, False),
        ({"Condition": {"ForAnyValue:StringLike": {"aws:PrincipalAccount": ["2*", "1*"]}}}, True),
        ({"Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}}, True),
        ({"Condition": {"IpAddress": {"aws:PrincipalAccount": "10.0.0.0/8"}}}, True),
    ],
)
def test_what_a_statement_allows(changes: dict[str, Any], expected: bool) -> None:
    assert ask(statement(**changes)) is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, False),
        ({"Action": "s3:PutObject"}, True),
        ({"Condition": {"Bool": {"aws:SecureTransport": "false"}}}, True),
        ({"Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}, True),
        ({"Condition": {"StringEquals": {"aws:PrincipalAccount": "111111111111"}}}, False),
    ],
)
def test_what_a_statement_denies(changes: dict[str, Any], expected: bool) -> None:
    assert ask(statement(), statement(Effect="Deny", **changes)) is expected


def test_what_is_left_out() -> None:
    everything_else = {"Effect": "Allow", "NotAction": "sqs:*", "NotResource": "arn:aws:s3:::other/*"}
    assert ask(everything_else)
    assert not ask(everything_else | {"NotAction": "s3:*"})
    assert not ask(everything_else | {"NotResource": ["arn:aws:s3:::b/*"]})
    assert not ask()
