"""One embedded AWS for each test process, and accounts in it that no other test uses."""

import io
import itertools
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from mwaa.embedded_aws import Embedded, EmbeddedSettings, start

REGION = "eu-west-1"
_numbers = itertools.count(200_000_000_000 + os.getpid() * 1_000)


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """A running embedded AWS in which nothing takes time."""
    settings = EmbeddedSettings(create_seconds=0, update_seconds=0, delete_seconds=0, grace_seconds=0)
    running = start(tmp_path_factory.mktemp("embedded"), settings=settings)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def account() -> str:
    """The id of an account with nothing in it, for the tests of one module."""
    return str(next(_numbers))


@pytest.fixture
def fresh_account() -> str:
    """The id of an account with nothing in it, for one test."""
    return str(next(_numbers))


@pytest.fixture(scope="session")
def clients(embedded: Embedded) -> Callable[[str, str], Callable[[str], Any]]:
    """`clients(account, region)(service)`: boto3 clients of the embedded AWS, each made once."""
    made: dict[tuple[str, str, str], Any] = {}

    def of(account: str, region: str) -> Callable[[str], Any]:
        def client(service: str) -> Any:
            key = (service, account, region)
            if key not in made:
                made[key] = embedded.client(*key)
            return made[key]

        return client

    return of


@pytest.fixture(scope="session")
def prepare() -> Callable[[Callable[[str], Any], str, str], dict[str, Any]]:
    """`prepare(client, account, region)`: creates what an environment needs; returns arguments of CreateEnvironment.

    `client(service)` is a boto3 client. The network has a NAT gateway; plugins.zip and requirements.txt are there.
    """

    def make(client: Callable[[str], Any], account: str, region: str) -> dict[str, Any]:
        bucket, versions = _bucket(client("s3"), account, region)
        subnets, group = _network(client("ec2"), region)
        return {
            "Name": "dev",
            "AirflowVersion": "3.0.6",
            "ExecutionRoleArn": _role(client("iam"), bucket),
            "SourceBucketArn": f"arn:aws:s3:::{bucket}",
            "DagS3Path": "dags",
            "NetworkConfiguration": {"SubnetIds": subnets, "SecurityGroupIds": [group]},
            "PluginsS3Path": "plugins.zip",
            "PluginsS3ObjectVersion": versions["plugins.zip"],
        }

    return make


def _bucket(s3: Any, account: str, region: str) -> tuple[str, dict[str, str]]:
    bucket = f"airflow-{account}-{region}"
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=bucket, **where)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    block = {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": True,
    }
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as plugins:
        plugins.writestr("team.py", "")
    files = {"plugins.zip": archive.getvalue(), "requirements.txt": b"boto3\n"}
    versions = {name: s3.put_object(Bucket=bucket, Key=name, Body=body)["VersionId"] for name, body in files.items()}
    return bucket, versions


def _network(ec2: Any, region: str) -> tuple[list[str], str]:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    zones = [f"{region}a", f"{region}b"]
    private = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for number, zone in enumerate(zones)
    ]
    public = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.10.0/24", AvailabilityZone=zones[0])["Subnet"]["SubnetId"]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    out = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=out, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.associate_route_table(RouteTableId=out, SubnetId=public)
    nat = ec2.create_nat_gateway(SubnetId=public, AllocationId=address)["NatGateway"]["NatGatewayId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    for subnet in private:
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    group = ec2.create_security_group(GroupName="mwaa", Description="mwaa", VpcId=vpc)["GroupId"]
    itself = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[itself])
    return private, group


def _role(iam: Any, bucket: str) -> str:
    services = ["airflow.amazonaws.com", "airflow-env.amazonaws.com"]
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": services}}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    role = iam.create_role(RoleName="mwaa", AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
    policy = {"Version": "2012-10-17", "Statement": role_statements(bucket)}
    iam.put_role_policy(RoleName="mwaa", PolicyName="mwaa", PolicyDocument=json.dumps(policy))
    return str(role)


def role_statements(bucket: str) -> list[dict[str, Any]]:
    """What an execution role needs at least."""
    wanted = {
        "s3": (["s3:GetObject*", "s3:GetBucket*", "s3:List*"], [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]),
        "sqs": (["sqs:*"], ["arn:aws:sqs:*:*:airflow-celery-*"]),
        "logs": (["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], ["*"]),
        "kms": (["kms:Decrypt", "kms:GenerateDataKey*"], ["*"]),
    }
    return [
        {"Sid": name, "Effect": "Allow", "Action": actions, "Resource": resources}
        for name, (actions, resources) in wanted.items()
    ]
