"""An environment's life: its statuses by the clock, its values, and what may be done when. The clock is the test's."""

import copy
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from mwaa.embedded_aws.mwaa import emulated_environment
from mwaa.embedded_aws.mwaa.exceptions import ResourceNotFoundException, ValidationException
from mwaa.embedded_aws.mwaa.models import MWAABackend
from mwaa.embedded_aws.settings import EmbeddedSettings

ACCOUNT, REGION = "123456789012", "eu-west-1"  # moto's own account: no server is involved here
ARN = f"arn:aws:airflow:{REGION}:{ACCOUNT}:environment/dev"
STEP = "Environments cannot be changed"
Given = dict[str, Any]


class Clock:
    now = 1_000_000.0

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(emulated_environment, "time", SimpleNamespace(time=clock.time))
    return clock


@pytest.fixture(scope="module")
def client() -> Iterator[Callable[[str], Any]]:
    """moto inside this process, with one account for the tests of this module. They add to it and take nothing away."""
    with pytest.MonkeyPatch.context() as patched, mock_aws():
        patched.delenv("AWS_PROFILE", raising=False)
        session = boto3.Session("nobody", "nothing", region_name=REGION)
        clients: dict[str, Any] = {}

        def client(service: str) -> Any:
            if service not in clients:
                clients[service] = session.client(service)  # type: ignore[call-overload]
            return clients[service]

        yield client


@pytest.fixture
def backend(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> MWAABackend:
    monkeypatch.setattr(
        MWAABackend, "settings", EmbeddedSettings(create_seconds=20, update_seconds=30, delete_seconds=10)
    )
    return MWAABackend(REGION, ACCOUNT)


@pytest.fixture(scope="module")
def prepared(client: Callable[[str], Any], prepare: Callable[..., Given]) -> Given:
    return prepare(client, ACCOUNT, REGION)


@pytest.fixture
def given(prepared: Given) -> Given:
    """The arguments of CreateEnvironment, for which everything is there."""
    return copy.deepcopy(prepared)


@dataclass
class Vpc:
    """The VPC of `given`, and ways to add to it."""

    ec2: Any
    id: str

    def subnets(self, table: str | None) -> list[str]:
        """Two more private subnets in two zones, with this route table."""
        made = []
        for zone in ("a", "b"):
            cidr = f"10.0.{next(_cidrs)}.0/24"
            subnet = self.ec2.create_subnet(VpcId=self.id, CidrBlock=cidr, AvailabilityZone=f"{REGION}{zone}")
            made.append(str(subnet["Subnet"]["SubnetId"]))
            if table:
                self.ec2.associate_route_table(RouteTableId=table, SubnetId=made[-1])
        return made

    def route_table(self) -> str:
        return str(self.ec2.create_route_table(VpcId=self.id)["RouteTable"]["RouteTableId"])

    def group(self) -> str:
        """One more security group: everything may leave, nothing may enter."""
        name = f"group-{next(_cidrs)}"
        return str(self.ec2.create_security_group(GroupName=name, Description=name, VpcId=self.id)["GroupId"])


_cidrs = itertools.count(100)


@pytest.fixture
def vpc(client: Callable[[str], Any], given: Given) -> Vpc:
    subnets = client("ec2").describe_subnets(SubnetIds=given["NetworkConfiguration"]["SubnetIds"])["Subnets"]
    return Vpc(client("ec2"), subnets[0]["VpcId"])


@pytest.fixture
def available(backend: MWAABackend, clock: Clock, given: Given) -> MWAABackend:
    """A backend with the environment `dev`, which is available."""
    backend.create_environment(given)
    clock.sleep(20)
    assert status(backend) == "AVAILABLE"
    return backend


def status(backend: MWAABackend) -> str:
    return backend.get_environment("dev").status


def last_update(backend: MWAABackend) -> dict[str, Any]:
    described = backend.get_environment("dev").last_update
    return {name: value for name, value in described.items() if name != "CreatedAt"}


def test_creation_takes_its_time(backend: MWAABackend, clock: Clock, given: Given) -> None:
    backend.create_environment(given)
    assert status(backend) == "CREATING"
    clock.sleep(19.9)
    assert status(backend) == "CREATING"
    clock.sleep(0.1)
    assert status(backend) == "AVAILABLE"
    assert last_update(backend) == {"Status": "SUCCESS"}


def test_an_environment_has_the_service_s_defaults(available: MWAABackend, given: Given) -> None:
    environment = available.get_environment("dev")
    described = environment.to_dict()
    identity = environment.hostname.removesuffix(f"-vpce.c1.{REGION}.airflow.amazonaws.com")
    assert len(identity) == 36
    logs = {module: {"Enabled": False, "LogLevel": "INFO"} for module in described["LoggingConfiguration"]}
    logs["TaskLogs"] = {
        "Enabled": True,
        "LogLevel": "INFO",
        "CloudWatchLogGroupArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:airflow-dev-Task",
    }
    assert list(logs) == ["DagProcessingLogs", "SchedulerLogs", "TaskLogs", "WebserverLogs", "WorkerLogs"]
    for random in ("CreatedAt", "LastUpdate", "DatabaseVpcEndpointService", "WebserverVpcEndpointService"):
        assert described.pop(random)
    assert described == given | {
        "Status": "AVAILABLE",
        "Arn": ARN,
        "Tags": {},
        "AirflowConfigurationOptions": {},
        "EnvironmentClass": "mw1.small",
        "MinWorkers": 1,
        "MaxWorkers": 10,
        "Schedulers": 2,
        "MinWebservers": 2,
        "MaxWebservers": 2,
        "WebserverAccessMode": "PRIVATE_ONLY",
        "WeeklyMaintenanceWindowStart": "SUN:03:00",
        "EndpointManagement": "SERVICE",
        "LoggingConfiguration": logs,
        "WebserverUrl": environment.hostname,
        "ServiceRoleArn": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/airflow.amazonaws.com/"
        "AWSServiceRoleForAmazonMWAA",
        "CeleryExecutorQueue": f"arn:aws:sqs:{REGION}:123456789888:airflow-celery-{identity}",
    }


def test_micro_has_one_of_everything(backend: MWAABackend, given: Given) -> None:
    backend.create_environment(given | {"EnvironmentClass": "mw1.micro"})
    values = backend.get_environment("dev").values
    counts = ("MinWorkers", "MaxWorkers", "Schedulers", "MinWebservers", "MaxWebservers")
    assert {values[name] for name in counts} == {1}


def test_log_groups_of_enabled_modules_are_made_and_outlive_the_environment(
    backend: MWAABackend, clock: Clock, client: Callable[[str], Any], given: Given
) -> None:
    logging = {"WorkerLogs": {"Enabled": True, "LogLevel": "ERROR"}}
    backend.create_environment(given | {"Name": "logged", "LoggingConfiguration": logging})
    clock.sleep(20)
    backend.delete_environment("logged")
    clock.sleep(10)
    with pytest.raises(ResourceNotFoundException, match="Environment: logged not found"):
        backend.get_environment("logged")
    groups = client("logs").describe_log_groups(logGroupNamePrefix="airflow-logged")["logGroups"]
    assert [group["logGroupName"] for group in groups] == ["airflow-logged-Task", "airflow-logged-Worker"]


def test_the_service_linked_role_is_made_once(backend: MWAABackend, client: Callable[[str], Any], given: Given) -> None:
    backend.create_environment(given)
    backend.create_environment(given | {"Name": "second"})
    roles = [role["Arn"] for role in client("iam").list_roles(PathPrefix="/aws-service-role/")["Roles"]]
    path = "aws-service-role/airflow.amazonaws.com/AWSServiceRoleForAmazonMWAA"
    assert roles == [f"arn:aws:iam::{ACCOUNT}:role/{path}"]


def test_a_name_can_be_used_once(backend: MWAABackend, given: Given) -> None:
    backend.create_environment(given)
    with pytest.raises(ValidationException, match=r"^ValidationException: Environment with name dev already exists\.$"):
        backend.create_environment(given)


def test_the_quota_of_environments_is_enforced(
    backend: MWAABackend, given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MWAABackend, "settings", EmbeddedSettings(quotas={"environments": 1}))
    backend.create_environment(given)
    with pytest.raises(ValidationException) as caught:
        backend.create_environment(given | {"Name": "second"})
    assert caught.value.message == "The limit of 1 environments in this account and region was reached."


@pytest.mark.parametrize("cause", ["no rule from itself", "no way out", "NAT gateway deleted", "no route"])
def test_a_network_that_is_shut_fails_the_creation_in_the_end(
    backend: MWAABackend, clock: Clock, vpc: Vpc, given: Given, cause: str
) -> None:
    network = given["NetworkConfiguration"]
    if cause in ("no rule from itself", "no way out"):
        network["SecurityGroupIds"] = [group] = [vpc.group()]
        if cause == "no way out":
            itself = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}
            vpc.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[itself])
            anywhere = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
            vpc.ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[anywhere])
    else:
        table = vpc.route_table()
        network["SubnetIds"] = vpc.subnets(table)
        if cause == "NAT gateway deleted":
            made = vpc.ec2.create_nat_gateway(SubnetId=network["SubnetIds"][0], ConnectivityType="private")
            gateway = made["NatGateway"]["NatGatewayId"]
            vpc.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=gateway)
            vpc.ec2.delete_nat_gateway(NatGatewayId=gateway)
    backend.create_environment(given)
    clock.sleep(20)
    assert status(backend) == "CREATING"
    clock.sleep(60)
    assert status(backend) == "CREATE_FAILED"
    assert last_update(backend) == {
        "Status": "FAILED",
        "Error": {
            "ErrorCode": "INCORRECT_CONFIGURATION",
            "ErrorMessage": "You may need to check the execution role permissions policy for your environment, and "
            "that each of the VPC networking components required by the environment are configured to allow traffic. "
            "Troubleshooting: https://docs.aws.amazon.com/mwaa/latest/userguide/troubleshooting.html",
        },
    }
    with pytest.raises(ValidationException) as caught:
        backend.update_environment({"Name": "dev", "MaxWorkers": 5})
    assert caught.value.message == "Environments with CREATE_FAILED status cannot be updated."
    backend.delete_environment("dev")


def test_what_arrives_later_in_the_same_apply_is_in_time(
    backend: MWAABackend, clock: Clock, vpc: Vpc, given: Given
) -> None:
    table = vpc.route_table()
    [route] = [
        route
        for found in vpc.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc.id]}])["RouteTables"]
        for route in found["Routes"]
        if "NatGatewayId" in route
    ][:1]
    given["NetworkConfiguration"]["SubnetIds"] = vpc.subnets(table)
    backend.create_environment(given)
    clock.sleep(75)
    assert status(backend) == "CREATING"
    vpc.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=route["NatGatewayId"])
    clock.sleep(1)
    assert status(backend) == "AVAILABLE"


def test_an_environment_with_endpoints_of_its_owner_waits_for_them(
    backend: MWAABackend, clock: Clock, vpc: Vpc, given: Given
) -> None:
    backend.create_environment(given | {"EndpointManagement": "CUSTOMER"})
    clock.sleep(20)
    assert status(backend) == "PENDING"
    environment = backend.get_environment("dev")

    def endpoint(service: str | None) -> None:
        vpc.ec2.create_vpc_endpoint(VpcId=vpc.id, ServiceName=service, VpcEndpointType="Interface", SubnetIds=[])

    endpoint(environment.database_service)
    assert status(backend) == "PENDING"
    endpoint(environment.webserver_service)
    assert status(backend) == "AVAILABLE"
    clock.sleep(72 * 3600)
    assert status(backend) == "AVAILABLE"


def test_endpoints_that_never_come_fail_the_creation_after_three_days(
    backend: MWAABackend, clock: Clock, given: Given
) -> None:
    backend.create_environment(given | {"EndpointManagement": "CUSTOMER"})
    clock.sleep(20)
    assert status(backend) == "PENDING"
    clock.sleep(72 * 3600)
    assert status(backend) == "CREATE_FAILED"


def test_an_update_shows_when_it_is_done(available: MWAABackend, clock: Clock) -> None:
    available.update_environment(
        {"Name": "dev", "MaxWorkers": 4, "LoggingConfiguration": {"TaskLogs": {"Enabled": True, "LogLevel": "DEBUG"}}}
    )
    assert status(available) == "UPDATING"
    assert last_update(available) == {"Status": "PENDING"}
    assert available.get_environment("dev").values["MaxWorkers"] == 10
    clock.sleep(30)
    assert status(available) == "AVAILABLE"
    assert last_update(available) == {"Status": "SUCCESS"}
    values = available.get_environment("dev").values
    assert values["MaxWorkers"] == 4
    assert values["LoggingConfiguration"]["TaskLogs"] == {"Enabled": True, "LogLevel": "DEBUG"}
    assert values["LoggingConfiguration"]["WorkerLogs"] == {"Enabled": False, "LogLevel": "INFO"}


def test_the_worker_replacement_strategy_belongs_to_the_update(available: MWAABackend, clock: Clock) -> None:
    available.update_environment({"Name": "dev", "MaxWorkers": 4, "WorkerReplacementStrategy": "GRACEFUL"})
    clock.sleep(30)
    assert last_update(available) == {"Status": "SUCCESS", "WorkerReplacementStrategy": "GRACEFUL"}
    assert "WorkerReplacementStrategy" not in available.get_environment("dev").values


def test_a_change_of_version_takes_a_snapshot_first(available: MWAABackend, clock: Clock) -> None:
    available.update_environment({"Name": "dev", "AirflowVersion": "3.2.1"})
    seen = [status(available)]
    for _ in range(3):
        clock.sleep(10)
        seen.append(status(available))
    assert seen == ["UPDATING", "CREATING_SNAPSHOT", "UPDATING", "AVAILABLE"]
    assert available.get_environment("dev").values["AirflowVersion"] == "3.2.1"


def test_an_update_to_a_shut_network_is_rolled_back(
    available: MWAABackend, clock: Clock, vpc: Vpc, given: Given
) -> None:
    available.update_environment({"Name": "dev", "NetworkConfiguration": {"SecurityGroupIds": [vpc.group()]}})
    clock.sleep(30)
    assert status(available) == "UPDATING"
    clock.sleep(60)
    assert status(available) == "ROLLING_BACK"
    clock.sleep(30)
    assert status(available) == "UPDATE_FAILED"
    assert available.get_environment("dev").values["NetworkConfiguration"] == given["NetworkConfiguration"]
    assert last_update(available)["Error"]["ErrorCode"] == "INCORRECT_CONFIGURATION"
    available.update_environment({"Name": "dev", "MaxWorkers": 4})
    clock.sleep(30)
    assert last_update(available) == {"Status": "SUCCESS"}


@pytest.mark.parametrize(
    ("old", "new"),
    [("3.0.6", "3.2.1"), ("3.2.1", "3.0.6"), ("2.7.2", "2.11.2"), ("2.11.2", "3.0.6"), ("3.2.1", "2.11.0")],
)
def test_a_step_between_releases_that_mwaa_takes(
    backend: MWAABackend, clock: Clock, given: Given, old: str, new: str
) -> None:
    backend.create_environment(given | {"AirflowVersion": old})
    clock.sleep(20)
    backend.update_environment({"Name": "dev", "AirflowVersion": new})
    clock.sleep(30)
    assert backend.get_environment("dev").values["AirflowVersion"] == new


@pytest.mark.parametrize(
    ("old", "changes", "message"),
    [
        ("2.10.3", {"AirflowVersion": "3.0.6"}, f"{STEP} from Airflow 2.10.3 to 3.0.6: go through 2.11 first"),
        ("3.0.6", {"AirflowVersion": "2.10.3"}, f"{STEP} from Airflow 3.0.6 to 2.10.3: go through 2.11 first"),
        (
            "2.7.2",
            {"AirflowVersion": "2.6.3"},
            "Airflow version 2.6.3 is not supported. Supported: "
            "3.3.1, 3.2.1, 3.0.6, 2.11.2, 2.11.0, 2.10.3, 2.10.1, 2.9.2, 2.8.1, 2.7.2",
        ),
        ("3.0.6", {"PluginsS3Path": ""}, "PluginsS3Path cannot be removed. Specify the path of an empty file instead."),
        ("3.0.6", {"Schedulers": 1}, "Schedulers must be between 2 and 5 for mw1.small: 1"),
        ("3.0.6", {"MinWorkers": 11}, "MinWorkers (11) must not be greater than MaxWorkers (10)"),
    ],
)
def test_a_change_that_mwaa_does_not_take(
    backend: MWAABackend, clock: Clock, given: Given, old: str, changes: Given, message: str
) -> None:
    backend.create_environment(given | {"AirflowVersion": old})
    clock.sleep(20)
    with pytest.raises(ValidationException) as caught:
        backend.update_environment({"Name": "dev"} | changes)
    assert caught.value.message == message
    assert status(backend) == "AVAILABLE"


@pytest.mark.parametrize("during", ["CREATING", "UPDATING", "DELETING"])
def test_one_operation_at_a_time(backend: MWAABackend, clock: Clock, given: Given, during: str) -> None:
    backend.create_environment(given)
    if during != "CREATING":
        clock.sleep(20)
    if during == "UPDATING":
        backend.update_environment({"Name": "dev", "MaxWorkers": 4})
    if during == "DELETING":
        backend.delete_environment("dev")
    message = f"Environments with {during} status must complete previous operation before initiating a new operation."
    for operation in (
        lambda: backend.update_environment({"Name": "dev", "MaxWorkers": 5}),
        lambda: backend.delete_environment("dev"),
    ):
        with pytest.raises(ValidationException) as caught:
            operation()
        assert caught.value.message == message


def test_environments_are_listed_in_pages(backend: MWAABackend, given: Given) -> None:
    for name in ("charlie", "alpha", "bravo"):
        backend.create_environment(given | {"Name": name})
    assert backend.list_environments(2, None) == (["alpha", "bravo"], "bravo")
    assert backend.list_environments(2, "bravo") == (["charlie"], None)


def test_tags_are_added_replaced_and_removed(backend: MWAABackend, given: Given) -> None:
    backend.create_environment(given | {"Tags": {"team": "data", "stage": "dev"}})
    backend.tag_resource(ARN, {"team": "analytics", "cost": "1"})
    backend.untag_resource(ARN, ["stage"])
    assert backend.get_by_arn(ARN).tags == {"team": "analytics", "cost": "1"}
    with pytest.raises(ResourceNotFoundException):
        backend.get_by_arn(ARN.replace(REGION, "us-east-1"))
