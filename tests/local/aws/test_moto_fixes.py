"""Each fix is needed (plain moto still does it wrong) and works (the embedded AWS does it right).

When a test fails at `plain`, moto was mended: remove the fix and the test.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from modules.local.aws.moto_fixes import registered_account

REGION = "eu-west-1"
Client = Callable[[str], Any]


@pytest.fixture
def plain() -> Iterator[Client]:
    """Clients of moto as it comes, inside this process."""
    session = boto3.Session("nobody", "nothing", region_name=REGION)
    with mock_aws():
        yield lambda service: session.client(service)  # type: ignore[call-overload]


@pytest.fixture
def fixed(clients: Callable[[str, str], Client], fresh_account: str) -> Client:
    """Clients of the embedded AWS."""
    return clients(fresh_account, REGION)


def a_bucket(client: Client, account: str) -> str:
    bucket = f"fixes-{account}"
    client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    return bucket


def a_group(ec2: Any) -> str:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return str(ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"])


def test_newer_noncurrent_versions_are_kept(plain: Client, fixed: Client, fresh_account: str) -> None:
    expiration = {"NoncurrentDays": 90, "NewerNoncurrentVersions": 5}
    rules = [
        {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "NoncurrentVersionExpiration": expiration},
        {"ID": "tmp", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 1}},
    ]

    def told(client: Client) -> list[dict[str, Any]]:
        s3, bucket = client("s3"), a_bucket(client, fresh_account)
        s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
        return list(s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"])

    assert told(plain)[0]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90}
    assert told(fixed) == rules


def test_a_bucket_without_lifecycle_rules_says_so(fixed: Client, fresh_account: str) -> None:
    s3, bucket = fixed("s3"), a_bucket(fixed, fresh_account)
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket=bucket)


def test_a_policy_that_asks_for_tls_does_not_deny_a_request_over_tls(
    plain: Client, fixed: Client, fresh_account: str
) -> None:
    def put(client: Client, name: str, condition: dict[str, Any]) -> int:
        s3, bucket = client("s3"), f"fixes-{name}-{fresh_account}"
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}/*"}
        document = {"Version": "2012-10-17", "Statement": [deny | condition]}
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))
        try:
            return int(s3.put_object(Bucket=bucket, Key="a")["ResponseMetadata"]["HTTPStatusCode"])
        except s3.exceptions.ClientError as error:
            return int(error.response["ResponseMetadata"]["HTTPStatusCode"])

    without_tls = {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    assert put(plain, "tls", without_tls) == 403
    assert put(fixed, "tls", without_tls) == 200
    assert put(fixed, "none", {}) == 403
    assert put(fixed, "always", {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}) == 403


def test_descriptions_of_rules_for_groups_and_prefix_lists_are_told(plain: Client, fixed: Client) -> None:
    def told(client: Client) -> list[str | None]:
        ec2 = client("ec2")
        group = a_group(ec2)
        itself = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group, "Description": "itself"}]}
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[itself])
        [s3] = ec2.describe_managed_prefix_lists(
            Filters=[{"Name": "prefix-list-name", "Values": [f"com.amazonaws.{REGION}.s3"]}]
        )["PrefixLists"]
        lists = [{"PrefixListId": s3["PrefixListId"], "Description": "S3"}]
        to_s3 = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListIds": lists}
        ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[to_s3])
        filters = [{"Name": "group-id", "Values": [group]}]
        rules = ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
        described = [rule for rule in rules if "ReferencedGroupInfo" in rule or "PrefixListId" in rule]
        return sorted((rule.get("Description") for rule in described), key=str)

    assert told(plain) == [None, None]
    assert told(fixed) == ["S3", "itself"]


def test_a_rule_for_all_protocols_is_modified_without_ports(plain: Client, fixed: Client) -> None:
    def modified(client: Client) -> dict[str, Any]:
        ec2 = client("ec2")
        group = a_group(ec2)
        filters = [{"Name": "group-id", "Values": [group]}]
        [rule] = ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
        wanted = {"IpProtocol": "-1", "CidrIpv4": "0.0.0.0/0", "Description": "out"}
        update = {"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "SecurityGroupRule": wanted}
        ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=[update])
        [rule] = ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
        return {name: rule.get(name) for name in ("IpProtocol", "FromPort", "ToPort", "CidrIpv4", "Description")}

    ec2 = plain("ec2")
    with pytest.raises(ec2.exceptions.ClientError, match="Must specify both from and to ports"):
        modified(plain)
    assert modified(fixed) == {
        "IpProtocol": "-1",
        "FromPort": None,
        "ToPort": None,
        "CidrIpv4": "0.0.0.0/0",
        "Description": "out",
    }


def test_the_caller_has_the_arn_of_a_user(plain: Client, fixed: Client, fresh_account: str) -> None:
    assert plain("sts").get_caller_identity()["Arn"] == "arn:aws:sts::123456789012:user/moto"
    assert fixed("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{fresh_account}:user/embedded-aws"


def test_a_key_is_known_once_moto_issued_it(plain: Client) -> None:
    plain("iam").create_user(UserName="someone")
    key = plain("iam").create_access_key(UserName="someone")["AccessKey"]["AccessKeyId"]
    assert registered_account(key) == "123456789012"
    assert registered_account("AKIAIOSFODNN7EXAMPLE") is None
