"""What a team adds to the execution role."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from mwaa.config import Workspace


@pytest.fixture
def team_policy(workspace: Callable[..., Workspace], synthesize: Callable[..., dict[str, Any]]) -> Callable[..., Any]:
    """`team_policy(grant)`: the statements of the policy that `grant(role)` leads to, None without one."""

    def make(grant: Callable[[Any], None]) -> Any:
        document = synthesize(workspace(), lambda stack: grant(stack.execution_role))
        policy = document["resource"]["aws_iam_role_policy"].get("execution_role_team")
        return json.loads(policy["policy"])["Statement"] if policy else None

    return make


def test_without_additions_there_is_no_policy_of_the_team(team_policy: Callable[..., Any]) -> None:
    assert team_policy(lambda role: None) is None


def test_a_bucket_is_read_below_a_prefix_only(team_policy: Callable[..., Any]) -> None:
    assert team_policy(lambda role: role.grant_bucket_read("lake", "raw/")) == [
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": "arn:aws:s3:::lake",
            "Condition": {"StringLike": {"s3:prefix": "raw/*"}},
        },
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/raw/*"},
    ]


def test_secrets_are_read_by_the_prefix_of_their_name_and_grants_add_up(team_policy: Callable[..., Any]) -> None:
    def grant(role: Any) -> None:
        role.grant_bucket_read("lake")
        role.grant_secrets("airflow/connections", "airflow/variables")

    assert team_policy(grant) == [
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::lake"},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/*"},
        {
            "Effect": "Allow",
            "Action": [
                "secretsmanager:GetSecretValue",
                "secretsmanager:DescribeSecret",
                "secretsmanager:GetResourcePolicy",
                "secretsmanager:ListSecretVersionIds",
            ],
            "Resource": [
                "arn:aws:secretsmanager:us-east-1:111111111111:secret:airflow/connections*",
                "arn:aws:secretsmanager:us-east-1:111111111111:secret:airflow/variables*",
            ],
        },
    ]


def test_any_statement_can_be_added_and_half_a_one_cannot(team_policy: Callable[..., Any]) -> None:
    statement = {"Effect": "Allow", "Action": "glue:StartJobRun", "NotResource": "arn:aws:glue:*:*:job/secret"}
    assert team_policy(lambda role: role.add_statement(statement)) == [statement]
    with pytest.raises(ValueError, match="lacks Action, Resource"):
        team_policy(lambda role: role.add_statement({"Effect": "Allow"}))
