"""What MWAA refuses, with the exact message, asked through boto3 over the proxy as any tool would."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from mwaa.embedded_aws import Embedded

REGION = "eu-west-1"
Given = dict[str, Any]


class Account:
    """An account in which an environment could be created; `given` are the arguments to do so."""

    def __init__(self, embedded: Embedded, number: str) -> None:
        self.number = number
        self._embedded = embedded
        self._clients: dict[tuple[str, str], Any] = {}
        self.given: Given = {}

    def client(self, service: str, region: str = REGION) -> Any:
        if (service, region) not in self._clients:
            self._clients[service, region] = self._embedded.client(service, self.number, region)
        return self._clients[service, region]

    @property
    def bucket(self) -> str:
        return f"airflow-{self.number}-{REGION}"

    def vpc(self) -> str:
        subnets = self.client("ec2").describe_subnets(SubnetIds=self.given["NetworkConfiguration"]["SubnetIds"])
        return str(subnets["Subnets"][0]["VpcId"])

    def subnet(self, cidr: str, zone: str) -> str:
        made = self.client("ec2").create_subnet(VpcId=self.vpc(), CidrBlock=cidr, AvailabilityZone=zone)
        return str(made["Subnet"]["SubnetId"])

    def role(self, name: str, services: list[str], statements: list[dict[str, Any]]) -> str:
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": services}}
        iam = self.client("iam")
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
        if statements:
            policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
            iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=policy)
        return str(made["Role"]["Arn"])


@pytest.fixture(scope="module")
def ready(embedded: Embedded, account: str, prepare: Callable[..., Given]) -> Account:
    ready = Account(embedded, account)
    ready.given = prepare(ready.client, account, REGION)
    return ready


def refused(call: Callable[..., Any], **arguments: Any) -> str:
    """The message with which AWS refuses the call as invalid."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return str(caught.value.response["Error"]["Message"])


INPUTS: list[tuple[Given, str]] = [
    (
        {"AirflowVersion": "2.6.3"},
        "Airflow version 2.6.3 is not supported. Supported: "
        "3.3.1, 3.2.1, 3.0.6, 2.11.2, 2.11.0, 2.10.3, 2.10.1, 2.9.2, 2.8.1, 2.7.2",
    ),
    (
        {"AirflowVersion": "3.1.0"},
        "Airflow version 3.1.0 is not supported. Supported: "
        "3.3.1, 3.2.1, 3.0.6, 2.11.2, 2.11.0, 2.10.3, 2.10.1, 2.9.2, 2.8.1, 2.7.2",
    ),
    (
        {"EnvironmentClass": "mw1.tiny"},
        "Environment class mw1.tiny is not supported. Supported: "
        "mw1.micro, mw1.small, mw1.medium, mw1.large, mw1.xlarge, mw1.2xlarge",
    ),
    ({"EnvironmentClass": "mw1.micro", "Schedulers": 2}, "Schedulers must be 1 for mw1.micro: 2"),
    ({"EnvironmentClass": "mw1.micro", "MaxWebservers": 2}, "MaxWebservers must be 1 for mw1.micro: 2"),
    ({"Schedulers": 1}, "Schedulers must be between 2 and 5 for mw1.small: 1"),
    ({"MinWebservers": 1, "MaxWebservers": 2}, "MinWebservers must be between 2 and 5 for mw1.small: 1"),
    ({"MaxWorkers": 26}, "MaxWorkers must be between 1 and 25 for mw1.small: 26"),
    ({"MinWorkers": 5, "MaxWorkers": 4}, "MinWorkers (5) must not be greater than MaxWorkers (4)"),
    (
        {"WebserverAccessMode": "PUBLIC_AND_PRIVATE"},
        "WebserverAccessMode PUBLIC_AND_PRIVATE requires Apache Airflow 3.2.1 or later, not 3.0.6",
    ),
    (
        {"AirflowConfigurationOptions": {"core.multi_team": "True"}},
        "Airflow configuration options cannot be set: core.multi_team",
    ),
    (
        {"StartupScriptS3ObjectVersion": "1"},
        "StartupScriptS3Path is required when StartupScriptS3ObjectVersion is specified",
    ),
    ({"DagS3Path": "/dags"}, "DagS3Path must be relative to the bucket: /dags"),
]


@pytest.mark.parametrize(
    ("changed", "message"), INPUTS, ids=lambda value: "-".join(value) if isinstance(value, dict) else ""
)
def test_a_value_outside_the_offer_is_refused(ready: Account, changed: Given, message: str) -> None:
    assert refused(ready.client("mwaa").create_environment, **(ready.given | changed)) == message


FAILED = "failed to satisfy constraint: "
MODEL: list[tuple[Given, str]] = [
    (
        {"Name": "1dev"},
        f"1 validation error detected: Value '1dev' at 'name' {FAILED}"
        "Member must satisfy regular expression pattern: [a-zA-Z][0-9a-zA-Z-_]*",
    ),
    (
        {"WebserverAccessMode": "PRIVATE"},
        f"1 validation error detected: Value 'PRIVATE' at 'webserverAccessMode' {FAILED}"
        "Member must satisfy enum value set: [PRIVATE_ONLY, PUBLIC_ONLY, PUBLIC_AND_PRIVATE]",
    ),
    (
        {"Schedulers": 6, "WeeklyMaintenanceWindowStart": "SUN:3:00"},
        f"2 validation errors detected: Value 'SUN:3:00' at 'weeklyMaintenanceWindowStart' {FAILED}"
        r"Member must satisfy regular expression pattern: .*(MON|TUE|WED|THU|FRI|SAT|SUN):([01]\d|2[0-3]):(00|30).*; "
        f"Value '6' at 'schedulers' {FAILED}Member must have value less than or equal to 5",
    ),
    (
        {"NetworkConfiguration": {"SubnetIds": ["subnet-1", "subnet-2", "subnet-3"], "SecurityGroupIds": ["sg-1"]}},
        "1 validation error detected: Value '[subnet-1, subnet-2, subnet-3]' at 'networkConfiguration.subnetIds' "
        f"{FAILED}Member must have length less than or equal to 2",
    ),
    (
        {"AirflowConfigurationOptions": {"core.parallelism": "line\nbreak"}},
        f"1 validation error detected: Value at 'airflowConfigurationOptions.core.parallelism.member' {FAILED}"
        "Member must satisfy regular expression pattern: [ -~]+",
    ),
    (
        {"AirflowConfigurationOptions": {"Core": "1"}},
        f"1 validation error detected: Value at 'airflowConfigurationOptions' {FAILED}Map keys must satisfy "
        "constraint: [Member must satisfy regular expression pattern: [a-z]+([a-z0-9._]*[a-z0-9_]+)?]",
    ),
    (
        {"SourceBucketArn": "arn:aws:s3:::UPPER"},
        f"1 validation error detected: Value 'arn:aws:s3:::UPPER' at 'sourceBucketArn' {FAILED}"
        r"Member must satisfy regular expression pattern: arn:aws(-[a-z]+)?:s3:::[a-z0-9.\-]+",
    ),
    (
        {"DagS3Path": "dags\nmore"},
        f"1 validation error detected: Value 'dags\nmore' at 'dagS3Path' {FAILED}"
        "Member must satisfy regular expression pattern: .*",
    ),
    (
        {"Tags": {"team": "data!"}},
        f"1 validation error detected: Value 'data!' at 'tags.team.member' {FAILED}"
        r"Member must satisfy regular expression pattern: ([\p{L}\p{Z}\p{N}_.:/=+\-@]*)",
    ),
]


@pytest.mark.parametrize(
    ("changed", "message"), MODEL, ids=lambda value: "-".join(value) if isinstance(value, dict) else ""
)
def test_a_value_outside_the_service_model_is_refused_in_aws_words(
    ready: Account, changed: Given, message: str
) -> None:
    # botocore itself checks types and minima only
    assert refused(ready.client("mwaa").create_environment, **(ready.given | changed)) == message


def test_a_bucket_that_does_not_exist_is_refused(ready: Account) -> None:
    given = ready.given | {"SourceBucketArn": "arn:aws:s3:::airflow-nowhere"}
    said = refused(ready.client("mwaa").create_environment, **given)
    assert said == "Provided bucket does not exist or is not owned by this account: airflow-nowhere"


def test_a_bucket_of_another_region_is_refused(ready: Account) -> None:
    elsewhere = f"airflow-{ready.number}-elsewhere"
    ready.client("s3", "us-east-1").create_bucket(Bucket=elsewhere)
    given = ready.given | {"SourceBucketArn": f"arn:aws:s3:::{elsewhere}"}
    said = refused(ready.client("mwaa").create_environment, **given)
    assert said == f"Provided bucket {elsewhere} is in us-east-1; it must be in eu-west-1"


def test_a_bucket_without_versioning_is_refused(ready: Account) -> None:
    s3 = ready.client("s3")
    s3.put_bucket_versioning(Bucket=ready.bucket, VersioningConfiguration={"Status": "Suspended"})
    try:
        said = refused(ready.client("mwaa").create_environment, **ready.given)
    finally:
        s3.put_bucket_versioning(Bucket=ready.bucket, VersioningConfiguration={"Status": "Enabled"})
    assert said == f"Provided bucket does not have versioning enabled: {ready.bucket}"


def test_a_bucket_is_private_by_its_own_block_or_by_the_account_s(ready: Account) -> None:
    """Two of the four settings are enough: the AWS provider's acceptance tests set no more, and pass on AWS."""
    mwaa, s3, control = ready.client("mwaa"), ready.client("s3"), ready.client("s3control")
    kept = s3.get_public_access_block(Bucket=ready.bucket)["PublicAccessBlockConfiguration"]

    def block(**changes: bool) -> None:
        s3.put_public_access_block(Bucket=ready.bucket, PublicAccessBlockConfiguration=kept | changes)

    try:
        block(BlockPublicPolicy=False)
        said = refused(mwaa.create_environment, **ready.given)
        control.put_public_access_block(AccountId=ready.number, PublicAccessBlockConfiguration=kept)
        mwaa.create_environment(**(ready.given | {"Name": "private-by-account"}))
        control.delete_public_access_block(AccountId=ready.number)
        block(IgnorePublicAcls=False, RestrictPublicBuckets=False)
        mwaa.create_environment(**(ready.given | {"Name": "private-by-two"}))
    finally:
        block()
        control.delete_public_access_block(AccountId=ready.number)
        for name in mwaa.list_environments()["Environments"]:
            mwaa.delete_environment(Name=name)
    assert said == f"Provided bucket does not have BlockPublicAccess set for s3 bucket {ready.bucket}."


def test_an_object_that_is_not_there_at_that_version_is_refused(ready: Account) -> None:
    given = ready.given | {"RequirementsS3Path": "requirements.txt", "RequirementsS3ObjectVersion": "older"}
    said = refused(ready.client("mwaa").create_environment, **given)
    assert said == f"RequirementsS3Path: there is no version older of requirements.txt in bucket {ready.bucket}"


def test_a_path_without_a_version_stands_for_the_newest(ready: Account) -> None:
    mwaa, s3 = ready.client("mwaa"), ready.client("s3")
    said = refused(mwaa.create_environment, **(ready.given | {"RequirementsS3Path": "absent.txt"}))
    assert said == f"RequirementsS3Path: there is no object absent.txt in bucket {ready.bucket}"
    newest = s3.head_object(Bucket=ready.bucket, Key="requirements.txt")["VersionId"]
    mwaa.create_environment(**(ready.given | {"Name": "newest", "RequirementsS3Path": "requirements.txt"}))
    environment = mwaa.get_environment(Name="newest")["Environment"]
    assert environment["RequirementsS3ObjectVersion"] == newest
    mwaa.delete_environment(Name="newest")


def test_a_deleted_object_is_not_there(ready: Account) -> None:
    s3 = ready.client("s3")
    s3.put_object(Bucket=ready.bucket, Key="gone.sh", Body=b"true")
    marker = s3.delete_object(Bucket=ready.bucket, Key="gone.sh")["VersionId"]
    given = ready.given | {"StartupScriptS3Path": "gone.sh"}
    said = refused(ready.client("mwaa").create_environment, **given)
    assert said == f"StartupScriptS3Path: there is no object gone.sh in bucket {ready.bucket}"
    said = refused(ready.client("mwaa").create_environment, **given, StartupScriptS3ObjectVersion=marker)
    assert said == f"StartupScriptS3Path: there is no version {marker} of gone.sh in bucket {ready.bucket}"


def test_a_bucket_under_another_key_is_refused(ready: Account) -> None:
    mwaa, s3, kms = ready.client("mwaa"), ready.client("s3"), ready.client("kms")
    of_bucket, other = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    encryption = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": of_bucket}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": encryption}]}
    s3.put_bucket_encryption(Bucket=ready.bucket, ServerSideEncryptionConfiguration=rules)
    try:
        for given, named in (({"KmsKey": other}, other), ({}, None)):
            said = refused(mwaa.create_environment, **(ready.given | given))
            assert said == (
                f"The bucket {ready.bucket} is encrypted with {of_bucket}; KmsKey must be the same key, not {named}"
            )
        mwaa.create_environment(**(ready.given | {"Name": "one-key", "KmsKey": of_bucket}))
        mwaa.delete_environment(Name="one-key")
    finally:
        s3.delete_bucket_encryption(Bucket=ready.bucket)


def test_an_asymmetric_key_is_refused(ready: Account) -> None:
    key = ready.client("kms").create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    said = refused(ready.client("mwaa").create_environment, **(ready.given | {"KmsKey": key}))
    assert said == f"KmsKey {key} is RSA_2048 for SIGN_VERIFY; it must be a symmetric encryption key"


def test_tags_of_aws_are_refused(ready: Account) -> None:
    mwaa = ready.client("mwaa")
    said = refused(mwaa.create_environment, **(ready.given | {"Tags": {"aws:team": "a"}}))
    assert said == "Tag keys that begin with aws: are reserved: aws:team"
    mwaa.create_environment(**(ready.given | {"Name": "tagged"}))
    arn = mwaa.get_environment(Name="tagged")["Environment"]["Arn"]
    assert refused(mwaa.tag_resource, ResourceArn=arn, Tags={"AWS:x": "a"}).endswith("reserved: AWS:x")
    mwaa.delete_environment(Name="tagged")


def test_a_role_that_both_services_cannot_assume_is_refused(ready: Account) -> None:
    one_service = ready.role("one-service", ["airflow.amazonaws.com"], [])
    for role, service in (
        (one_service, "airflow-env.amazonaws.com"),
        (f"arn:aws:iam::{ready.number}:role/nobody", "airflow.amazonaws.com"),
    ):
        said = refused(ready.client("mwaa").create_environment, **(ready.given | {"ExecutionRoleArn": role}))
        assert said == (
            f"Failed to assume role {role}. This could be due to the role's trust policy. Please ensure your role is "
            f"assumable by '{service}' Service Principal and try again."
        )


@pytest.mark.parametrize(
    "statements",
    [
        [],
        [{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::another/*"}],
        [
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": "s3:Get*", "Resource": "*"},
        ],
    ],
    ids=["no policy", "another bucket", "denied"],
)
def test_a_role_that_cannot_read_the_dags_is_refused(
    ready: Account, statements: list[dict[str, Any]], request: pytest.FixtureRequest
) -> None:
    services = ["airflow.amazonaws.com", "airflow-env.amazonaws.com"]
    role = ready.role(request.node.callspec.id.replace(" ", "-"), services, statements)
    said = refused(ready.client("mwaa").create_environment, **(ready.given | {"ExecutionRoleArn": role}))
    assert said == f"Provided role does not have sufficient permissions for s3 location {ready.bucket}/dags"


def test_a_key_must_be_there_and_enabled_and_named_by_itself(ready: Account) -> None:
    kms, mwaa = ready.client("kms"), ready.client("mwaa")
    made = kms.create_key()["KeyMetadata"]
    key = made["Arn"]
    kms.disable_key(KeyId=made["KeyId"])
    said = refused(mwaa.create_environment, **(ready.given | {"KmsKey": key}))
    assert said == f"KmsKey {key} is Disabled; it must be Enabled"
    alias = f"arn:aws:kms:{REGION}:{ready.number}:alias/mwaa"
    said = refused(mwaa.create_environment, **(ready.given | {"KmsKey": alias}))
    assert said == f"KmsKey must be a single-Region key given by its id or ARN, not {alias}"
    absent = "12345678-1234-1234-1234-123456789012"
    said = refused(mwaa.create_environment, **(ready.given | {"KmsKey": absent}))
    assert said == f"KmsKey does not exist in {REGION}: {absent}"


def with_network(ready: Account, **changed: list[str]) -> Given:
    return ready.given | {"NetworkConfiguration": ready.given["NetworkConfiguration"] | changed}


def test_subnets_must_exist_in_one_vpc_and_two_zones(ready: Account) -> None:
    mwaa, ec2 = ready.client("mwaa"), ready.client("ec2")
    first = ready.given["NetworkConfiguration"]["SubnetIds"][0]
    said = refused(mwaa.create_environment, **with_network(ready, SubnetIds=[first, "subnet-0"]))
    assert said == "The subnet ID 'subnet-0' does not exist"
    neighbour = ready.subnet("10.0.50.0/24", "eu-west-1a")
    said = refused(mwaa.create_environment, **with_network(ready, SubnetIds=[first, neighbour]))
    assert said == "The subnets must be in different Availability Zones: both are in eu-west-1a"
    other_vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    made = ec2.create_subnet(VpcId=other_vpc, CidrBlock="10.9.1.0/24", AvailabilityZone="eu-west-1b")
    far = made["Subnet"]["SubnetId"]
    said = refused(mwaa.create_environment, **with_network(ready, SubnetIds=[first, far]))
    assert said == f"The subnets must be in the same VPC: {first} {ready.vpc()}, {far} {other_vpc}"


def test_the_zone_without_mwaa_is_refused(
    clients: Callable[[str, str], Callable[[str], Any]], fresh_account: str, prepare: Callable[..., Given]
) -> None:
    client = clients(fresh_account, "us-east-1")
    zones = client("ec2").describe_availability_zones(Filters=[{"Name": "zone-id", "Values": ["use1-az3"]}])
    given = prepare(client, fresh_account, "us-east-1")
    vpc = client("ec2").describe_subnets(SubnetIds=given["NetworkConfiguration"]["SubnetIds"])["Subnets"][0]["VpcId"]
    made = client("ec2").create_subnet(
        VpcId=vpc, CidrBlock="10.0.70.0/24", AvailabilityZone=zones["AvailabilityZones"][0]["ZoneName"]
    )
    subnet = made["Subnet"]["SubnetId"]
    given["NetworkConfiguration"]["SubnetIds"][0] = subnet
    said = refused(client("mwaa").create_environment, **given)
    assert said == f"The subnet {subnet} is in an Availability Zone that is not supported: use1-az3"


def test_security_groups_must_exist_in_the_vpc(ready: Account) -> None:
    mwaa, ec2 = ready.client("mwaa"), ready.client("ec2")
    said = refused(mwaa.create_environment, **with_network(ready, SecurityGroupIds=["sg-0"]))
    assert said == "The security group 'sg-0' does not exist"
    default = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    elsewhere = ec2.create_security_group(GroupName="elsewhere", Description="e", VpcId=default)["GroupId"]
    said = refused(mwaa.create_environment, **with_network(ready, SecurityGroupIds=[elsewhere]))
    assert said == f"The security group {elsewhere} is not in the VPC of the subnets, {ready.vpc()}"


def test_a_region_without_mwaa_is_refused(embedded: Embedded, fresh_account: str) -> None:
    said = refused(embedded.client("mwaa", fresh_account, "ap-east-2").list_environments)
    assert said == "Amazon MWAA is not offered in the region ap-east-2"
