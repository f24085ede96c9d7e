"""IAM's policy simulator, asked as AWS's verifier of MWAA asks it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

VIA = {"StringLike": {"kms:ViaService": ["sqs.eu-west-1.amazonaws.com"]}}
DOCUMENT = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["s3:GetObject*", "logs:*"], "Resource": "*"},
            {"Effect": "Deny", "Action": "s3:ListAllMyBuckets", "Resource": "*"},
            {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Condition": VIA},
        ],
    }
)


@pytest.fixture
def iam(clients: Callable[[str, str], Callable[[str], Any]], fresh_account: str) -> Any:
    return clients(fresh_account, "eu-west-1")("iam")


def decisions(answer: dict[str, Any]) -> dict[str, str]:
    return {result["EvalActionName"]: result["EvalDecision"] for result in answer["EvaluationResults"]}


def test_a_policy_is_simulated(iam: Any) -> None:
    actions = ["s3:GetObject*", "s3:ListAllMyBuckets", "sqs:SendMessage", "kms:Decrypt"]
    answer = iam.simulate_custom_policy(
        PolicyInputList=[DOCUMENT], ActionNames=actions, ResourceArns=["arn:aws:s3:::b"]
    )
    assert decisions(answer) == {
        "s3:GetObject*": "allowed",
        "s3:ListAllMyBuckets": "explicitDeny",
        "sqs:SendMessage": "implicitDeny",
        "kms:Decrypt": "implicitDeny",
    }
    entry = {"ContextKeyType": "string", "ContextKeyName": "kms:viaservice"}
    entries = [entry | {"ContextKeyValues": ["sqs.eu-west-1.amazonaws.com"]}]
    answer = iam.simulate_custom_policy(PolicyInputList=[DOCUMENT], ActionNames=["kms:Decrypt"], ContextEntries=entries)
    assert decisions(answer) == {"kms:Decrypt": "allowed"}


def test_the_policies_of_a_role_are_simulated(iam: Any) -> None:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "airflow.amazonaws.com"}}
    assumed = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = iam.create_role(RoleName="r", Path="/team/", AssumeRolePolicyDocument=assumed)["Role"]["Arn"]
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=DOCUMENT)
    iam.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/AmazonSQSFullAccess")
    answer = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["logs:PutLogEvents", "sqs:SendMessage"])
    assert decisions(answer) == {"logs:PutLogEvents": "allowed", "sqs:SendMessage": "allowed"}
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.simulate_principal_policy(PolicySourceArn=arn.replace("/r", "/absent"), ActionNames=["sqs:SendMessage"])
