"""What MWAA asks of an execution role, at once and later."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from mwaa.embedded_aws.mwaa.exceptions import ValidationException
from mwaa.embedded_aws.mwaa.execution_role import check, find_failure

from tests.embedded_fixtures import role_statements

ACCOUNT, REGION, BUCKET = "123456789012", "eu-west-1", "airflow-dags"
ARN = f"arn:aws:iam::{ACCOUNT}:role/mwaa"
ENVIRONMENT = f"arn:aws:airflow:{REGION}:{ACCOUNT}:environment/dev"
SERVICES = ["airflow.amazonaws.com", "airflow-env.amazonaws.com"]
Statement = dict[str, Any]


def document(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(condition: Statement | None = None, services: list[str] = SERVICES) -> Statement:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": services}}
    return statement | ({"Condition": condition} if condition else {})


class Iam:
    """moto's IAM with the role `mwaa`."""

    def __init__(self) -> None:
        session = boto3.Session("nobody", "nothing", region_name=REGION)
        self.iam, self.kms = session.client("iam"), session.client("kms")
        self.iam.create_role(RoleName="mwaa", AssumeRolePolicyDocument=document(trust()))
        self.put(*role_statements(BUCKET))

    def put(self, *statements: Statement) -> None:
        self.iam.put_role_policy(RoleName="mwaa", PolicyName="inline", PolicyDocument=document(*statements))

    def trust(self, *statements: Statement) -> None:
        self.iam.update_assume_role_policy(RoleName="mwaa", PolicyDocument=document(*statements))


@pytest.fixture
def iam() -> Iterator[Iam]:
    with mock_aws():
        yield Iam()


def values(key: str | None = None) -> dict[str, Any]:
    given = {
        "Name": "dev",
        "ExecutionRoleArn": ARN,
        "SourceBucketArn": f"arn:aws:s3:::{BUCKET}",
        "DagS3Path": "dags/",
    }
    return given | ({"KmsKey": key} if key else {})


def refusal() -> str | None:
    """What CreateEnvironment refuses of the role at once."""
    try:
        check(ACCOUNT, REGION, values())
    except ValidationException as error:
        return error.message
    return None


def failure(key: str | None = None) -> str | None:
    return find_failure(ACCOUNT, REGION, values(key))


def test_the_documented_role_is_right(iam: Iam) -> None:
    assert (refusal(), failure()) == (None, None)


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:SourceAccount": ACCOUNT}, "ArnLike": {"aws:SourceArn": ENVIRONMENT}},
        {"ArnLike": {"AWS:SourceArn": f"arn:aws:airflow:*:{ACCOUNT}:environment/d*"}},
        {"StringLike": {"aws:SourceAccount": ["999999999999", ACCOUNT]}},
        {"StringNotEquals": {"aws:SourceAccount": "999999999999"}},
        {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}},
    ],
)
def test_a_trust_for_this_environment_is_accepted(iam: Iam, condition: Statement) -> None:
    iam.trust(trust(condition))
    assert refusal() is None


@pytest.mark.parametrize(
    "statements",
    [
        [trust({"StringEquals": {"aws:SourceAccount": "999999999999"}})],
        [trust({"ArnLike": {"aws:SourceArn": ENVIRONMENT.replace("dev", "prod")}})],
        [trust({"ArnEquals": {"aws:SourceArn": ENVIRONMENT.replace(REGION, "us-east-1")}})],
        [trust({"StringEquals": {"sts:ExternalId": "secret"}})],
        [trust() | {"Action": "sts:TagSession"}],
        [trust(), trust() | {"Effect": "Deny"}],
        [trust(services=["airflow-env.amazonaws.com"])],
        [trust() | {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}],
    ],
    ids=["account", "environment", "region", "external id", "action", "denied", "one service", "no service"],
)
def test_a_trust_for_something_else_is_refused(iam: Iam, statements: list[Statement]) -> None:
    iam.trust(*statements)
    assert refusal() == (
        f"Failed to assume role {ARN}. This could be due to the role's trust policy. Please ensure your role is "
        "assumable by 'airflow.amazonaws.com' Service Principal and try again."
    )


def without(sid: str) -> list[Statement]:
    return [statement for statement in role_statements(BUCKET) if statement["Sid"] != sid]


@pytest.mark.parametrize("action", ["s3:GetObject*", "s3:GetBucket*", "s3:List*"])
def test_the_bucket_must_be_readable(iam: Iam, action: str) -> None:
    statements = role_statements(BUCKET)
    statements[0]["Action"].remove(action)
    iam.put(*statements)
    assert refusal() == f"Provided role does not have sufficient permissions for s3 location {BUCKET}/dags"


@pytest.mark.parametrize(
    ("sid", "lacks"),
    [
        (
            "sqs",
            "sqs:ChangeMessageVisibility, sqs:DeleteMessage, sqs:GetQueueAttributes, sqs:GetQueueUrl, "
            "sqs:ReceiveMessage, sqs:SendMessage for the Celery queue",
        ),
        ("logs", "logs:CreateLogGroup, logs:CreateLogStream, logs:PutLogEvents for the log groups"),
        (
            "kms",
            "kms:Decrypt, kms:GenerateDataKey on arn:aws:kms:eu-west-1:123456789888:key/"
            "00000000-0000-0000-0000-000000000000 through SQS",
        ),
    ],
)
def test_the_containers_need_queue_logs_and_key(iam: Iam, sid: str, lacks: str) -> None:
    iam.put(*without(sid))
    assert (refusal(), failure()) == (None, f"the role {ARN} lacks {lacks}")


def test_a_denied_action_is_lacking(iam: Iam) -> None:
    denied = {"Effect": "Deny", "Action": "sqs:Send*", "Resource": "*"}
    iam.put(*role_statements(BUCKET), denied)
    assert failure() == f"the role {ARN} lacks sqs:SendMessage for the Celery queue"


def test_the_key_of_aws_is_reached_by_way_of_sqs_alone(iam: Iam) -> None:
    def key_statement(service: str) -> Statement:
        via = {"StringLike": {"kms:ViaService": [f"{service}.{REGION}.amazonaws.com"]}}
        ours = f"arn:aws:kms:*:{ACCOUNT}:key/*"
        return {"Effect": "Allow", "Action": "kms:*", "NotResource": ours, "Condition": via}

    iam.put(*without("kms"), key_statement("sqs"))
    assert failure() is None
    iam.put(*without("kms"), key_statement("s3"))
    assert str(failure()).endswith("through SQS")


def test_a_key_of_the_owner_is_granted_by_the_role_or_by_its_own_policy(iam: Iam) -> None:
    key = iam.kms.create_key()["KeyMetadata"]["Arn"]
    iam.put(*without("kms"))
    assert failure(key) == f"the role {ARN} lacks kms:Decrypt, kms:GenerateDataKey on {key} through SQS"
    granted = {"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": {"AWS": ARN}}
    iam.kms.put_key_policy(KeyId=key, PolicyName="default", Policy=document(granted))
    assert failure(key) is None


def test_policies_of_the_customer_and_of_aws_count(iam: Iam) -> None:
    for statement in role_statements(BUCKET):
        policy = iam.iam.create_policy(PolicyName=statement["Sid"], PolicyDocument=document(statement))["Policy"]["Arn"]
        iam.iam.attach_role_policy(RoleName="mwaa", PolicyArn=policy)
    iam.iam.delete_role_policy(RoleName="mwaa", PolicyName="inline")
    assert (refusal(), failure()) == (None, None)
    iam.iam.create_policy_version(PolicyArn=policy, PolicyDocument=document(role_statements(BUCKET)[0]))
    assert failure() is None  # not the default version
    iam.iam.set_default_policy_version(PolicyArn=policy, VersionId="v2")
    assert str(failure()).endswith("through SQS")


def test_a_permissions_boundary_limits(iam: Iam) -> None:
    boundary = iam.iam.create_policy(PolicyName="boundary", PolicyDocument=document(*without("sqs")))["Policy"]["Arn"]
    iam.iam.put_role_permissions_boundary(RoleName="mwaa", PermissionsBoundary=boundary)
    assert str(failure()).endswith("for the Celery queue")
