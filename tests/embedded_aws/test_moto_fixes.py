"""Each fix is needed (plain moto still does it wrong) and works (the embedded AWS does it right).

When a test fails at `plain`, moto was fixed: remove the fix and the test.
"""

import json
from collections.abc import Callable
from typing import Any, TypeVar

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from mwaa.embedded_aws.moto_fixes import find_issuing_account

REGION = "eu-west-1"
Client = Callable[[str], Any]
T = TypeVar("T")


def plain(observe: Callable[[Client], T]) -> T:
    """What is observed of moto as it comes, inside this process."""
    session = boto3.Session("nobody", "nothing", region_name=REGION)
    with mock_aws():
        return observe(lambda service: session.client(service))  # type: ignore[call-overload]


@pytest.fixture
def fixed(clients: Callable[[str, str], Client], fresh_account: str) -> Client:
    """Clients of the embedded AWS."""
    return clients(fresh_account, REGION)


def a_bucket(client: Client, account: str) -> str:
    bucket = f"fixes-{account}"
    client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    return bucket


def all_versions(s3: Any, bucket: str) -> list[dict[str, Any]]:
    listed = s3.list_object_versions(Bucket=bucket)
    return [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]


def a_group(ec2: Any) -> str:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return str(ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"])


def test_newer_noncurrent_versions_are_kept(fixed: Client, fresh_account: str) -> None:
    expiration = {"NoncurrentDays": 90, "NewerNoncurrentVersions": 5}
    rules = [
        {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "NoncurrentVersionExpiration": expiration},
        {"ID": "tmp", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 1}},
    ]

    def answer(client: Client) -> list[dict[str, Any]]:
        s3, bucket = client("s3"), a_bucket(client, fresh_account)
        s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
        return list(s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"])

    assert plain(answer)[0]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90}
    assert answer(fixed) == rules


def test_a_bucket_without_lifecycle_rules_says_so(fixed: Client, fresh_account: str) -> None:
    s3, bucket = fixed("s3"), a_bucket(fixed, fresh_account)
    with pytest.raises(ClientError, match="NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket=bucket)


def test_a_policy_that_asks_for_tls_does_not_deny_a_request_over_tls(fixed: Client, fresh_account: str) -> None:
    def put(client: Client, name: str, condition: dict[str, Any]) -> int:
        s3, bucket = client("s3"), f"fixes-{name}-{fresh_account}"
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}/*"}
        document = {"Version": "2012-10-17", "Statement": [deny | condition]}
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))
        try:
            return int(s3.put_object(Bucket=bucket, Key="a")["ResponseMetadata"]["HTTPStatusCode"])
        except ClientError as error:
            return int(error.response["ResponseMetadata"]["HTTPStatusCode"])

    without_tls = {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    assert plain(lambda client: put(client, "tls", without_tls)) == 403
    assert put(fixed, "tls", without_tls) == 200
    assert put(fixed, "none", {}) == 403
    assert put(fixed, "always", {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}) == 403


def test_descriptions_of_rules_for_groups_and_prefix_lists_are_told(fixed: Client) -> None:
    def answer(client: Client) -> list[str | None]:
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

    assert plain(answer) == [None, None]
    assert answer(fixed) == ["S3", "itself"]


def test_a_rule_for_all_protocols_is_modified_without_ports(fixed: Client) -> None:
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

    with pytest.raises(ClientError, match="Must specify both from and to ports"):
        plain(modified)
    assert modified(fixed) == {
        "IpProtocol": "-1",
        "FromPort": -1,  # AWS answers so for all protocols
        "ToPort": -1,
        "CidrIpv4": "0.0.0.0/0",
        "Description": "out",
    }


def test_vpc_endpoint_services_are_listed_without_every_extra_of_moto(fixed: Client) -> None:
    def names(client: Client) -> list[str]:
        return list(client("ec2").describe_vpc_endpoint_services()["ServiceNames"])

    with pytest.raises(ModuleNotFoundError):
        plain(names)
    services = ("s3", "sqs", "logs", "monitoring", "kms", "airflow.api", "airflow.env", "ecr.dkr", "cloudformation")
    assert {f"com.amazonaws.{REGION}.{service}" for service in services} <= set(names(fixed))


def test_the_caller_has_the_arn_of_a_user(fixed: Client, fresh_account: str) -> None:
    def arn(client: Client) -> str:
        return str(client("sts").get_caller_identity()["Arn"])

    assert plain(arn) == "arn:aws:sts::123456789012:user/moto"
    assert arn(fixed) == f"arn:aws:iam::{fresh_account}:user/embedded-aws"


def test_a_checksum_of_an_object_is_compared_and_told(fixed: Client, fresh_account: str) -> None:
    two = "1HNeOiZeFu7gP1lxi5tdAwGcB9i2xR+Q2jpmbuwTqzU="  # SHA-256 of "2"

    def answer(client: Client, body: bytes) -> str | None:
        s3, bucket = client("s3"), f"fixes-{body.hex()}-{fresh_account}"
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket=bucket, Key="a", Body=body, ChecksumSHA256=two)
        found = s3.head_object(Bucket=bucket, Key="a", ChecksumMode="ENABLED").get("ChecksumSHA256")
        return None if found is None else str(found)

    assert plain(lambda client: [answer(client, b"2"), answer(client, b"3")]) == [None, None]
    assert answer(fixed, b"2") == two
    with pytest.raises(ClientError, match=r"BadDigest.*The SHA256 you specified did not match the calculated checksum"):
        answer(fixed, b"3")


def a_build_project(client: Client, account: str, **changes: Any) -> dict[str, Any]:
    """Make a build project of a pipeline, and return it as CodeBuild describes it."""
    project = {
        "name": f"check-{account}",
        "source": {"type": "CODEPIPELINE", "buildspec": "{}"},
        "artifacts": {"type": "CODEPIPELINE"},
        "environment": {"type": "LINUX_CONTAINER", "image": "an-image", "computeType": "BUILD_GENERAL1_SMALL"},
        "serviceRole": f"arn:aws:iam::{account}:role/check",
    }
    codebuild = client("codebuild")
    codebuild.create_project(**project | changes)
    [answer] = codebuild.batch_get_projects(names=[project["name"]])["projects"]
    return dict(answer)


def test_a_build_project_of_a_pipeline_needs_no_location(fixed: Client, fresh_account: str) -> None:
    with pytest.raises(ClientError, match="Project source location is required"):
        plain(lambda client: a_build_project(client, "123456789012"))
    with pytest.raises(ClientError, match="Project source location is required"):
        plain(lambda client: a_build_project(client, "123456789012", source={"type": "S3", "location": "a/b.zip"}))
    assert a_build_project(fixed, fresh_account)["source"] == {"type": "CODEPIPELINE", "buildspec": "{}"}
    with pytest.raises(ClientError, match="Project source location is required"):
        a_build_project(fixed, fresh_account, source={"type": "S3"})


def test_a_build_project_keeps_its_key(fixed: Client, fresh_account: str) -> None:
    somewhere = {"type": "S3", "location": "bucket/a.zip"}
    key = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"

    def answer(client: Client, account: str) -> str:
        project = a_build_project(client, account, source=somewhere, artifacts=somewhere, encryptionKey=key)
        return str(project["encryptionKey"])

    assert plain(lambda client: answer(client, "123456789012")) == "arn:aws:kms:eu-west-1:123456789012:alias/aws/s3"
    assert answer(fixed, fresh_account) == key


def test_a_build_project_is_updated(fixed: Client, fresh_account: str) -> None:
    with pytest.raises(NotImplementedError):
        plain(lambda client: client("codebuild").update_project(name="check"))
    made = a_build_project(fixed, fresh_account, description="before")
    source = {"type": "CODEPIPELINE", "buildspec": "changed"}
    fixed("codebuild").update_project(name=made["name"], source=source, timeoutInMinutes=20)
    [answer] = fixed("codebuild").batch_get_projects(names=[made["name"]])["projects"]
    assert (answer["source"], answer["timeoutInMinutes"], answer["description"]) == (source, 20, "before")
    assert answer["lastModified"] > made["created"]
    with pytest.raises(ClientError, match=r"ResourceNotFoundException.*Project does not exist"):
        fixed("codebuild").update_project(name="another")


def test_the_times_of_a_pipeline_are_numbers(fixed: Client, fresh_account: str) -> None:
    def answer(client: Client) -> Any:
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "codepipeline.amazonaws.com"}}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        role = client("iam").create_role(RoleName="pipeline", AssumeRolePolicyDocument=document)["Role"]["Arn"]
        kind = {"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"}
        stages = [{"name": name, "actions": [{"name": name, "actionTypeId": kind}]} for name in ("One", "Two")]
        store = {"type": "S3", "location": "bucket"}
        pipeline = {"name": "p", "roleArn": role, "artifactStore": store, "stages": stages}
        codepipeline = client("codepipeline")
        bodies = []
        codepipeline.meta.events.register("after-call", lambda http_response, **_: bodies.append(http_response.content))
        codepipeline.create_pipeline(pipeline=pipeline)
        codepipeline.get_pipeline(name="p")
        return json.loads(bodies[-1])["metadata"]["created"]

    assert isinstance(plain(answer), str)
    assert isinstance(answer(fixed), float)


def test_a_key_is_known_once_moto_issued_it() -> None:
    def known(client: Client) -> list[str | None]:
        iam = client("iam")
        iam.create_user(UserName="someone")
        issued = iam.create_access_key(UserName="someone")["AccessKey"]["AccessKeyId"]
        return [find_issuing_account(issued), find_issuing_account("AKIAIOSFODNN7EXAMPLE")]

    assert plain(known) == ["123456789012", None]


def test_a_bucket_with_deleted_objects_can_be_emptied_once_its_versioning_is_suspended(
    fixed: Client, fresh_account: str
) -> None:
    """As `terraform destroy` does it: suspend, delete each version and each marker, delete the bucket."""

    def left_after_each(client: Client) -> list[int]:
        s3, bucket = client("s3"), a_bucket(client, fresh_account)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        for body in (b"1", b"2"):
            s3.put_object(Bucket=bucket, Key="gone", Body=body)
        s3.delete_object(Bucket=bucket, Key="gone")
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
        left = []
        for _ in range(3):
            one = all_versions(s3, bucket)[0]
            s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "gone", "VersionId": one["VersionId"]}]})
            left.append(len(all_versions(s3, bucket)))
        s3.delete_bucket(Bucket=bucket)
        return left

    with pytest.raises(AttributeError):
        plain(left_after_each)
    assert left_after_each(fixed) == [2, 1, 0]


def test_a_suspended_bucket_replaces_only_the_version_null(fixed: Client, fresh_account: str) -> None:
    def versions(client: Client) -> list[tuple[str, bool]]:
        s3, bucket = client("s3"), a_bucket(client, fresh_account)
        s3.put_object(Bucket=bucket, Key="a", Body=b"0")
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        s3.put_object(Bucket=bucket, Key="a", Body=b"1")
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
        s3.put_object(Bucket=bucket, Key="a", Body=b"2")
        s3.delete_object(Bucket=bucket, Key="a")
        return sorted((item["VersionId"] == "null", item["IsLatest"]) for item in all_versions(s3, bucket))

    assert plain(versions) == []
    assert versions(fixed) == [(False, False), (True, True)]


def test_a_bucket_of_another_account_is_not_deleted(clients: Callable[[str, str], Client], fresh_account: str) -> None:
    bucket = a_bucket(clients(fresh_account, REGION), fresh_account)
    other = clients("333333333333", REGION)("s3")
    with pytest.raises(ClientError) as caught:
        other.delete_bucket(Bucket=bucket)
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    clients(fresh_account, REGION)("s3").delete_bucket(Bucket=bucket)


def test_the_managed_policies_of_aws_are_there(fixed: Client) -> None:
    arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"

    def name(client: Client) -> str:
        return str(client("iam").get_policy(PolicyArn=arn)["Policy"]["PolicyName"])

    with pytest.raises(ClientError, match="NoSuchEntity"):
        plain(name)
    assert name(fixed) == "AmazonS3ReadOnlyAccess"


def test_a_key_is_disabled_and_deleted_by_its_arn(fixed: Client) -> None:
    def states(client: Client) -> list[str]:
        kms = client("kms")
        arn = kms.create_key()["KeyMetadata"]["Arn"]
        found = []
        for change in (kms.disable_key, kms.enable_key, kms.schedule_key_deletion, kms.cancel_key_deletion):
            change(KeyId=arn)
            found.append(str(kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"]))
        return found

    with pytest.raises(KeyError):
        plain(states)
    assert states(fixed) == ["Disabled", "Enabled", "PendingDeletion", "Disabled"]


def test_the_key_of_a_log_group_changes(fixed: Client) -> None:
    key = "arn:aws:kms:eu-west-1:111111111111:key/01234567-89ab-cdef-0123-456789abcdef"

    def keys(client: Client) -> list[str | None]:
        logs = client("logs")
        logs.create_log_group(logGroupName="team")
        arn = logs.describe_log_groups()["logGroups"][0]["arn"]
        found = []
        for change, named in (
            (logs.associate_kms_key, {"logGroupName": "team", "kmsKeyId": key}),
            (logs.disassociate_kms_key, {"logGroupName": "team"}),
            (logs.associate_kms_key, {"resourceIdentifier": arn, "kmsKeyId": key}),
        ):
            change(**named)
            found.append(logs.describe_log_groups()["logGroups"][0].get("kmsKeyId"))
        return found

    with pytest.raises(NotImplementedError):
        plain(keys)
    assert keys(fixed) == [key, None, key]
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        fixed("logs").associate_kms_key(logGroupName="nobody", kmsKeyId=key)
