"""What is read of a live environment, and what cannot be adopted: real answers of the embedded AWS, some changed."""

from typing import Any

import pytest
from mwaa.failure import Failure
from mwaa.operations.adopt.found_environment import FoundEndpoint, find
from mwaa.operations.adopt.import_addresses import created_addresses, import_addresses
from mwaa.operations.adopt.workspace_file import build_workspace, write_workspace_file

from tests.operations.adopt.conftest import REGION, Client


@pytest.fixture(scope="module")
def arguments(client: Client, arguments: dict[str, Any]) -> dict[str, Any]:
    client("mwaa").create_environment(**arguments | {"Name": "etl"})
    return arguments


class _Changed:
    """A client of MWAA whose answers have other values."""

    def __init__(self, mwaa: Any, values: dict[str, Any]) -> None:
        self._mwaa, self._values = mwaa, values

    def get_environment(self, Name: str) -> dict[str, Any]:
        return {"Environment": self._mwaa.get_environment(Name=Name)["Environment"] | self._values}


def _with(client: Client, **values: Any) -> Client:
    return lambda service: _Changed(client(service), values) if service == "mwaa" else client(service)


@pytest.mark.parametrize("status", ["CREATING", "PENDING", "UPDATING", "UNAVAILABLE", "CREATE_FAILED"])
def test_an_environment_that_does_not_run_as_it_says_is_refused(
    client: Client, account: str, arguments: dict[str, Any], status: str
) -> None:
    with pytest.raises(Failure) as refused:
        find("etl", _with(client, Status=status), account, REGION)
    assert str(refused.value) == (
        f"the environment etl is {status}; it can be adopted when it is AVAILABLE or UPDATE_FAILED"
    )


@pytest.mark.parametrize(
    ("values", "text", "fix"),
    [
        (
            {"AirflowVersion": "2.5.1"},
            "the environment etl runs Airflow 2.5.1, whose support ended on 2025-12-30: upgrade it before you adopt it",
            "aws mwaa update-environment --region eu-west-1 --name etl --airflow-version 2.11.2",
        ),
        (
            {"AirflowVersion": "1.10.12"},
            "the environment etl runs Airflow 1.10.12, whose support ended on 2024-02-21: upgrade it before you adopt "
            "it",
            "",
        ),
        (
            {"AirflowVersion": "3.9.0"},
            "the environment etl runs Airflow 3.9.0, which this version of mwaa does not know; it knows 3.3.1, 3.2.1, "
            "3.0.6, 2.11.2, 2.11.0, 2.10.3, 2.10.1, 2.9.2, 2.8.1, 2.7.2",
            "pip install --upgrade mwaa",
        ),
        (
            {"EnvironmentClass": "mw2.huge"},
            "the environment etl is of class mw2.huge, which this version of mwaa does not know; it knows mw1.micro, "
            "mw1.small, mw1.medium, mw1.large, mw1.xlarge, mw1.2xlarge",
            "pip install --upgrade mwaa",
        ),
    ],
)
def test_a_release_or_class_that_no_workspace_can_declare_is_refused(
    client: Client, account: str, arguments: dict[str, Any], values: dict[str, str], text: str, fix: str
) -> None:
    with pytest.raises(Failure) as refused:
        find("etl", _with(client, **values), account, REGION)
    assert (str(refused.value), refused.value.fix) == (text, fix)


def test_an_environment_that_is_not_there_is_reported_with_those_that_are(clients: Any, fresh_account: str) -> None:
    with pytest.raises(Failure, match=f"account {fresh_account} has no environment etl in eu-west-1; there is none"):
        find("etl", clients(fresh_account, REGION), fresh_account, REGION)


def test_a_bucket_without_versions_and_an_object_that_is_older_than_them_are_refused(
    clients: Any, fresh_account: str, prepare: Any
) -> None:
    client = clients(fresh_account, REGION)
    client("mwaa").create_environment(**prepare(client, fresh_account, REGION) | {"Name": "etl"})
    bucket, s3 = f"airflow-{fresh_account}-{REGION}", client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    with pytest.raises(Failure) as refused:
        find("etl", client, fresh_account, REGION)
    assert (str(refused.value), refused.value.fix) == (
        f"versioning of the environment's bucket {bucket} is suspended, and MWAA needs it",
        f"aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled",
    )
    s3.put_object(Bucket=bucket, Key="plugins.zip", Body=b"")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    with pytest.raises(Failure) as refused:
        find("etl", client, fresh_account, REGION)
    place = f"s3://{bucket}/plugins.zip"
    assert (str(refused.value), refused.value.fix) == (
        f"plugins.zip in the bucket {bucket} has no version, because it is older than the bucket's versioning",
        f"aws s3 cp {place} {place} --metadata-directive REPLACE",
    )
    s3.delete_object(Bucket=bucket, Key="plugins.zip")
    found = find("etl", client, fresh_account, REGION)
    assert created_addresses(found) == ("aws_s3_object.artifacts_plugins",)
    assert set(import_addresses(found)) == {
        "aws_mwaa_environment.environment",
        "aws_cloudwatch_log_group.log_groups_task",
    }


def test_endpoints_that_the_owner_made_are_imported_and_a_missing_one_is_made(
    client: Client, account: str, arguments: dict[str, Any]
) -> None:
    subnets, vpc = arguments["NetworkConfiguration"]["SubnetIds"], find("etl", client, account, REGION).vpc_id
    service = "com.amazonaws.eu-west-1.kms"  # any that EC2 knows
    made = client("ec2").create_vpc_endpoint(
        VpcId=vpc,
        ServiceName=service,
        VpcEndpointType="Interface",
        SubnetIds=subnets,
        SecurityGroupIds=arguments["NetworkConfiguration"]["SecurityGroupIds"],
        PrivateDnsEnabled=False,
        TagSpecifications=[{"ResourceType": "vpc-endpoint", "Tags": [{"Key": "Name", "Value": "theirs"}]}],
    )["VpcEndpoint"]["VpcEndpointId"]
    customer = _with(
        client,
        EndpointManagement="CUSTOMER",
        DatabaseVpcEndpointService=service,
        WebserverVpcEndpointService=f"{service}f",
    )
    found = find("etl", customer, account, REGION)
    groups = frozenset(arguments["NetworkConfiguration"]["SecurityGroupIds"])
    endpoint = FoundEndpoint(made, frozenset(subnets), groups, False, {"Name": "theirs"})
    assert found.endpoints == {"database": endpoint, "webserver": None}
    assert import_addresses(found)["aws_vpc_endpoint.network_database_endpoint"] == made
    assert created_addresses(found) == ("aws_vpc_endpoint.network_webserver_endpoint",)
    assert build_workspace(found, "etl").endpoint_management == "CUSTOMER"


def test_what_an_environment_may_have_is_declared(client: Client, account: str, arguments: dict[str, Any]) -> None:
    """Each part beside the plain one; what MWAA overrides and AWS's own tags are left out."""
    key = f"arn:aws:kms:{REGION}:{account}:key/01234567-89ab-cdef-0123-456789abcdef"
    changed = _with(
        client,
        KmsKey=key,
        ExecutionRoleArn=f"arn:aws:iam::{account}:role/teams/bi/etl",
        EnvironmentClass="mw1.large",
        Schedulers=5,
        MinWebservers=2,
        MaxWebservers=4,
        LastUpdate={"Status": "SUCCESS", "WorkerReplacementStrategy": "GRACEFUL"},
        RequirementsS3Path="requirements.txt",
        StartupScriptS3Path="startup.sh",
        StartupScriptS3ObjectVersion="v1",
        AirflowConfigurationOptions={"core.executor": "X", "triggerer.default_capacity": "50", "core.parallelism": "8"},
        LoggingConfiguration={"TaskLogs": {"Enabled": False, "LogLevel": "ERROR"}},
        Tags={"aws:cloudformation:stack-name": "etl", "team": "etl"},
    )
    client("s3").put_object(Bucket=f"airflow-{account}-{REGION}", Key="startup.sh", Body=b"true\n")
    found = find("etl", changed, account, REGION)
    assert (
        write_workspace_file(found, "etl").partition("    source_bucket=")[2]
        == f'''SourceBucket(create=False, name="airflow-{account}-eu-west-1"),
    execution_role=ExecutionRole(arn="arn:aws:iam::{account}:role/teams/bi/etl"),
    content=Content(
        dags="content/etl/dags",
        plugins="content/etl/plugins",
        requirements="content/etl/requirements.txt",
        startup_script="content/etl/startup.sh",
        owner="PUBLISH",
    ),
    encryption_key=EncryptionKey(
        arn="{key}",
    ),
    schedulers=5,
    max_webservers=4,
    webserver_access_mode="PRIVATE_ONLY",
    worker_replacement_strategy="GRACEFUL",
    weekly_maintenance_window_start="SUN:03:00",
    logging=Logging(
        dag_processing=None,
        scheduler=None,
        task=None,
        webserver=None,
        worker=None,
    ),
    airflow_configuration_options={{"core.parallelism": "8", "triggerer.capacity": "50"}},
    tags={{"team": "etl"}},
)
'''
    )
    assert import_addresses(found) == {
        "aws_mwaa_environment.environment": "etl",
        "aws_s3_object.artifacts_plugins": f"airflow-{account}-eu-west-1/plugins.zip",
        "aws_s3_object.artifacts_requirements": f"airflow-{account}-eu-west-1/requirements.txt",
        "aws_s3_object.artifacts_startup_script": f"airflow-{account}-eu-west-1/startup.sh",
    }


def test_a_vpc_that_another_account_shares_is_declared_with_its_owner(
    client: Client, account: str, arguments: dict[str, Any]
) -> None:
    class Shared:
        def describe_subnets(self, SubnetIds: list[str]) -> dict[str, Any]:
            subnets = client("ec2").describe_subnets(SubnetIds=SubnetIds)["Subnets"]
            return {"Subnets": [subnet | {"OwnerId": "222222222222"} for subnet in subnets]}

    customer = _with(client, EndpointManagement="CUSTOMER")
    found = find("etl", lambda service: Shared() if service == "ec2" else customer(service), account, REGION)
    network: Any = build_workspace(found, "etl").network
    assert (network.owner_account, found.endpoints) == ("222222222222", {})


def test_what_no_workspace_may_have_is_reported_as_of_the_environment(
    client: Client, account: str, arguments: dict[str, Any]
) -> None:
    alias = f"arn:aws:kms:{REGION}:{account}:alias/etl"
    found = find("etl", _with(client, KmsKey=alias), account, REGION)
    with pytest.raises(Failure) as refused:
        build_workspace(found, "etl")
    assert str(refused.value).splitlines()[:2] == [
        "the environment etl in AWS: encryption_key.arn",
        f'  got:      "{alias}"',
    ]
