"""Whatever goes wrong on the way: nothing is lost, nothing is half applied, and the message says what to do."""

import itertools
import json
import multiprocessing
import random
import signal
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError
from botocore.httpsession import URLLib3Session
from mwaa.operations.errors import AccessError
from mwaa.operations.publish import EnvironmentRolling, PublishError, lock, releases
from mwaa.operations.publish import roll as environment
from mwaa.operations.publish.transfer import Transfer

from tests.operations.publish.conftest import Answer, Raw, Site, refusal, validation_error
from tests.operations.publish.killed import publish_until
from tests.operations.publish.test_changes import everything

Answering = Callable[[str, Answer], None]


def some(times: int, answer: Answer, *, after: int = 0) -> Answer:
    """The answer to so many requests, once others have passed."""
    count = itertools.count()
    return lambda request: answer(request) if after <= next(count) < after + times else None


def dropped(request: Any) -> AWSResponse | None:
    raise ConnectionClosedError(endpoint_url=request.url)


def unreachable(request: Any) -> AWSResponse | None:
    raise EndpointConnectionError(endpoint_url=request.url)


def expired(request: Any) -> AWSResponse | None:
    return refusal("ExpiredToken", "The provided token has expired.", 400)(request)


@pytest.mark.parametrize(
    "fault",
    [
        refusal("SlowDown", "Please reduce your request rate.", 503),
        refusal("InternalError", "We encountered an internal error. Please try again.", 500),
        dropped,
    ],
    ids=["throttling", "500s", "dropped connections"],
)
def test_faults_that_pass_are_not_noticed(site: Site, answering: Answering, fault: Answer) -> None:
    site.publish()
    everything(site)
    for operation in ("s3.GetObject", "s3.PutObject", "s3.DeleteObjects", "mwaa.GetEnvironment"):
        answering(operation, some(2, fault))
    assert site.publish().done == "released"
    assert site.objects() == site.bundle()
    assert len(releases(site.workspace)) == 2


def test_a_write_of_the_ledger_whose_answer_is_lost_counts(site: Site) -> None:
    assert boto3.DEFAULT_SESSION
    count = itertools.count()

    def send_twice(request: Any, **_: Any) -> AWSResponse | None:
        """The request reaches S3, its answer does not reach us: botocore sends it again."""
        if request.url.endswith("/.mwaa/releases.json") and next(count) == 0:
            URLLib3Session(site.environ["AWS_CA_BUNDLE"], {"https": site.environ["HTTPS_PROXY"]}).send(request)
            raise ConnectionClosedError(endpoint_url=request.url)
        return None

    boto3.DEFAULT_SESSION.events.register("before-send.s3.PutObject", send_twice)
    released = site.publish()
    assert next(count) == 2
    assert released.done == "released"
    assert releases(site.workspace) == (released.current,)
    assert site.publish().done == "nothing"


def test_a_token_that_expires_on_the_way_says_so_and_the_next_run_completes(
    site: Site, answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = site.publish().current
    for number in range(20):
        site.write(f"dags/d{number}.py", f"# {number}\n")
    over = {"now": True}
    count = itertools.count()

    def expire(request: Any) -> AWSResponse | None:
        return expired(request) if over["now"] and next(count) >= 8 else None

    answering("s3", expire)
    with pytest.raises(AccessError) as raised:
        site.publish()
    text = str(raised.value).splitlines()
    assert text[0].startswith(
        "AWS refuses the credentials: An error occurred (ExpiredToken) when calling the PutObject"
    )
    assert text[1].endswith("is not complete yet; the one before it is still recorded as the current one")
    assert raised.value.fix.endswith("then run the same command again: it goes on from here")
    over["now"] = False
    assert releases(site.workspace) == (first,)
    monkeypatch.setattr(lock, "is_stale", lambda _: True)  # it could not be let go either, and two minutes are long
    assert site.publish().done == "released"
    assert site.objects() == site.bundle()


def test_an_aws_out_of_reach_is_reported(site: Site, answering: Answering) -> None:
    answering("s3", unreachable)
    with pytest.raises(AccessError, match="AWS in eu-west-1 is unreachable"):
        site.publish()


def test_no_bucket_yet(site: Site, answering: Answering) -> None:
    answering("s3.GetObject", refusal("NoSuchBucket", "The specified bucket does not exist", 404))
    with pytest.raises(PublishError) as raised:
        site.publish()
    assert (str(raised.value), raised.value.fix) == (
        f"there is no bucket {site.bucket}",
        "deploy dev first: cdktf deploy dev",
    )


def test_a_file_that_changes_while_it_is_published_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    put = Transfer.put

    def late(*given: Any) -> Any:
        site.write("dags/orders.py", "# too late\n")
        return put(*given)

    with monkeypatch.context() as patched:
        patched.setattr(Transfer, "put", late)
        with pytest.raises(PublishError, match=r"/dags/orders.py was changed while it was published$"):
            site.publish()
    assert site.publish().done == "released"
    assert site.objects() == site.bundle()


def test_what_an_interrupted_attempt_added_is_removed_again(site: Site, answering: Answering) -> None:
    site.publish()
    before = site.objects()
    site.write("dags/brief.py", "# 1\n")
    site.write("dags/orders.py", "# 2\n")
    failing = {"on": True}
    answering(
        "s3.PutObject",
        lambda request: (
            refusal("AccessDenied", "no", 403)(request) if failing["on"] and request.url.endswith("orders.py") else None
        ),
    )
    with pytest.raises(AccessError, match="AccessDenied"):
        site.publish()
    failing["on"] = False
    assert "dags/brief.py" in site.objects()
    site.write("dags/brief.py", None)
    site.write(
        "dags/orders.py", "from airflow import DAG\nimport tools.money\n"
    )  # as it was: the digest is the old one
    outcome = site.publish()
    assert outcome.done == "released"
    assert outcome.notes[0].endswith("was not brought to its end: this publish completes it")
    assert site.objects() == site.bundle() == before
    assert site.moved() == {"DeleteObjects"}


@pytest.mark.parametrize("status", ["UPDATING", "ROLLING_BACK", "MAINTENANCE"])
def test_an_environment_that_is_busy_is_waited_for_before_it_is_rolled(site: Site, status: str) -> None:
    site.publish()
    pretend(status, 4)
    everything(site)
    assert site.publish().done == "released"
    waited = [event for event in site.events if isinstance(event, EnvironmentRolling)]
    assert {event.status for event in waited} == {status}
    assert site.objects() == site.bundle()
    assert site.calls.index("UpdateEnvironment") > [index for index, call in enumerate(site.calls) if "Get" in call][4]


@pytest.mark.parametrize("status", ["UPDATING", "ROLLING_BACK", "MAINTENANCE"])
def test_a_busy_environment_without_waiting_is_reported_before_anything_is_put(site: Site, status: str) -> None:
    site.publish()
    pretend(status, 4)
    everything(site)
    with pytest.raises(PublishError) as raised:
        site.publish(wait=False)
    assert str(raised.value) == f"{site.workspace.environment_name} is {status}, and must be updated for this release"
    assert raised.value.fix == "run the same command again when the environment is AVAILABLE"
    assert site.moved() == set()


def test_dags_alone_do_not_wait_for_an_environment_that_is_busy(site: Site) -> None:
    site.publish()
    pretend("UPDATING", 100)
    site.write("dags/orders.py", "# 2\n")
    assert site.publish().done == "released"


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("PENDING", "is PENDING: it waits for VPC endpoints that its owner makes"),
        ("UNAVAILABLE", "is UNAVAILABLE, in which MWAA updates nothing"),
        ("CREATE_FAILED", "is CREATE_FAILED, in which MWAA updates nothing"),
        ("DELETING", "is DELETING, in which MWAA updates nothing"),
    ],
)
def test_an_environment_that_takes_no_update_is_reported(site: Site, status: str, text: str) -> None:
    site.publish()
    pretend(status, 100)
    everything(site)
    with pytest.raises(PublishError, match=text):
        site.publish()
    assert site.moved() == set()


def test_without_an_environment_nothing_is_published(site: Site) -> None:
    site.client("mwaa").delete_environment(Name=site.workspace.environment_name)
    with pytest.raises(PublishError) as raised:
        site.publish()
    assert str(raised.value) == (
        f"there is no environment {site.workspace.environment_name} in eu-west-1 of account 600000000000"
    )
    assert site.moved() == set()


def test_an_update_that_mwaa_refuses_touches_no_dag(site: Site, answering: Answering) -> None:
    site.publish()
    before, versions = site.objects(), site.versions()
    everything(site)
    answering("mwaa.UpdateEnvironment", some(1, validation_error("Unable to read the plugins file")))
    with pytest.raises(PublishError) as raised:
        site.publish()
    name = site.workspace.environment_name
    assert str(raised.value) == f"MWAA refuses to update {name}: Unable to read the plugins file"
    assert raised.value.fix == (
        f"no DAG was changed, and {name} runs as before; fix that, then run the same command again"
    )
    assert {key: sha256 for key, sha256 in site.objects().items() if key.startswith("dags/")} == {
        key: sha256 for key, sha256 in before.items() if key.startswith("dags/")
    }
    assert site.versions() == versions
    assert site.publish().done == "released"
    assert "PutObject plugins.zip" not in site.calls  # it is there since the first try
    assert site.objects() == site.bundle()


def test_an_update_that_fails_ends_with_mwaas_error_and_the_log(site: Site) -> None:
    site.publish()
    before, versions = site.objects(), site.versions()
    everything(site)
    name = site.workspace.environment_name
    group = f"airflow-{name}-Worker"
    logs = site.client("logs")
    logs.create_log_group(logGroupName=group)
    for stream in ("requirements_install_ip-10-0-0-7", "task"):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        lines = ["Collecting requests==2.32.4", f"ERROR: in {stream}: no matching distribution"]
        events = [{"timestamp": int(time.time() * 1000), "message": line} for line in lines]
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    ec2 = site.client("ec2")
    tables = ec2.describe_route_tables()["RouteTables"]
    shut = [table["RouteTableId"] for table in tables if any("NatGatewayId" in route for route in table["Routes"])]
    nat = next(route["NatGatewayId"] for table in tables for route in table["Routes"] if "NatGatewayId" in route)
    for table in shut:
        ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    try:
        with pytest.raises(PublishError) as raised:
            site.publish()
    finally:
        for table in shut:
            ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    text = str(raised.value).splitlines()
    assert text[0].startswith(f"the update of {name} failed: INCORRECT_CONFIGURATION: You may need to check")
    assert text[-3:] == [
        f"from {group}, requirements_install_ip-10-0-0-7:",
        "  Collecting requests==2.32.4",
        "  ERROR: in requirements_install_ip-10-0-0-7: no matching distribution",
    ]
    assert raised.value.fix == (
        "no DAG was changed, and it runs as before; fix what it says, then run mwaa publish again"
    )
    assert site.environment()["Status"] == "UPDATE_FAILED"
    assert site.versions() == versions
    assert all(site.objects()[key] == sha256 for key, sha256 in before.items() if key.startswith("dags/"))
    assert site.publish().done == "released"
    assert site.objects() == site.bundle()


def test_an_update_that_is_asked_for_twice_is_followed(site: Site, answering: Answering) -> None:
    """The answer to the first request is lost; the second is refused, because the first is being done."""
    site.publish()
    site.write("plugins/team.py", "TEAM = 2\n")
    busy = validation_error("Environments with UPDATING status must complete previous operation")
    updated: list[str] = []

    def twice(request: Any) -> AWSResponse | None:
        if not updated:
            updated.append("")
            URLLib3Session(site.environ["AWS_CA_BUNDLE"], {"https": site.environ["HTTPS_PROXY"]}).send(request)
            raise ConnectionClosedError(endpoint_url=request.url)
        return busy(request)

    pretend("UPDATING", 2, lambda: bool(updated))
    answering("mwaa.UpdateEnvironment", twice)
    assert site.publish().done == "released"
    assert site.versions()["plugins.zip"] == site.newest("plugins.zip")


def test_an_update_of_somebody_else_that_came_first_is_reported(site: Site, answering: Answering) -> None:
    site.publish()
    site.write("plugins/team.py", "TEAM = 2\n")
    before = site.environment()["LastUpdate"]["CreatedAt"]

    asked: list[str] = []

    def other(request: Any) -> AWSResponse | None:
        asked.append("")
        return validation_error("Environments with UPDATING status must complete previous operation")(request)

    pretend("UPDATING", 2, lambda: bool(asked))
    answering("mwaa.UpdateEnvironment", other)
    with pytest.raises(PublishError, match="was updated by somebody else in the meantime and has other versions"):
        site.publish()
    assert site.environment()["LastUpdate"]["CreatedAt"] == before


def test_a_head_that_is_forbidden_names_the_permissions(site: Site, answering: Answering) -> None:
    answering("s3.HeadObject", lambda request: AWSResponse(request.url, 403, {}, Raw()))
    with pytest.raises(AccessError) as raised:
        site.publish()
    assert str(raised.value) == f"AWS does not allow HeadObject in the bucket {site.bucket}"
    assert "s3:GetObjectVersion" in raised.value.fix


def test_without_waiting_the_dags_follow_in_the_next_run(site: Site) -> None:
    first = site.publish().current
    before = site.objects()
    everything(site)
    outcome = site.publish(wait=False)
    assert (outcome.done, outcome.current) == ("rolling", first)
    assert all(site.objects()[key] == sha256 for key, sha256 in before.items() if key.startswith("dags/"))
    assert site.publish(wait=False).done == "released"
    assert site.moved() == {"PutObject dags/tools/money.py", "DeleteObjects"}
    assert site.objects() == site.bundle()


def test_the_next_run_waits_for_the_update_that_the_last_one_began(site: Site) -> None:
    site.publish()
    everything(site)
    site.publish(wait=False)
    pretend("UPDATING", 4)
    with pytest.raises(PublishError, match="is UPDATING, and must be updated for this release"):
        site.publish(wait=False)
    assert site.publish().done == "released"
    assert any(isinstance(event, EnvironmentRolling) for event in site.events)
    assert "UpdateEnvironment" not in site.calls
    assert site.objects() == site.bundle()


def test_graceful_is_refused_where_mwaa_has_it_not(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.publish()
    everything(site)
    monkeypatch.setattr(environment, "GRACEFUL_UNAVAILABLE_REGIONS", frozenset({"eu-west-1"}))
    with pytest.raises(PublishError, match="MWAA in eu-west-1 cannot replace workers gracefully"):
        site.publish(strategy="GRACEFUL")
    assert site.moved() == set()


def test_killed_at_twenty_moments_the_next_run_completes(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time other content; each time the ledger still names a release whose every object is there."""
    site.publish()
    monkeypatch.setattr(lock, "is_stale", lambda _: True)  # else each would take two minutes
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.operations.publish.killed"])
    moments = random.Random(20).sample(range(1, 37), 20)  # 38 events and more
    for turn, moment in enumerate(moments):
        site.write("dags/orders.py", f"# turn {turn}\n")
        site.write(f"dags/turn_{turn}.py", f"# {turn}\n")
        if turn:
            site.write(f"dags/turn_{turn - 1}.py", None)
        site.write("plugins/team.py", f"TEAM = {turn}\n")
        if turn % 3 == 0:
            site.write("requirements.txt", f"requests==2.32.{turn}\n")
        arguments = (site.definition, site.root, site.environ, moment)
        process = context.Process(target=publish_until, args=arguments)
        process.start()
        process.join(60)
        assert process.exitcode == -signal.SIGKILL, moment
        _complete(site)
        if turn % 4 == 3:  # the person thinks better of it
            site.write("dags/orders.py", "# better\n")
        site.publish()
        assert site.objects() == site.bundle(), moment
        assert site.versions() == {key: site.newest(key) for key in site.versions()}, moment
        assert site.publish().done == "nothing"
        assert not [call for call in site.calls if call.startswith(("Put", "Copy", "Delete", "Update"))]


def _complete(site: Site) -> None:
    """The current release's objects are all there, at their versions."""
    s3 = site.client("s3")

    def document(name: str) -> Any:
        return json.loads(s3.get_object(Bucket=site.bucket, Key=f".mwaa/releases{name}.json")["Body"].read())

    current = document("")["releases"][0]
    release = document(f"/{current['id']}")
    assert (release["state"], release["record"]) == ("complete", current)
    there = {
        (version["Key"], version["VersionId"], version["Size"])
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=site.bucket)
        for version in page["Versions"]
    }
    assert {(stored["key"], stored["version"], stored["size"]) for stored in release["objects"]} <= there


def pretend(status: str, times: int, when: Callable[[], bool] = lambda: True) -> None:
    """GetEnvironment answers with another status so many times, from then on."""
    left = itertools.count()

    def change_status(parsed: dict[str, Any], **_: Any) -> None:
        if when() and next(left) < times:
            parsed["Environment"]["Status"] = status

    assert boto3.DEFAULT_SESSION
    boto3.DEFAULT_SESSION.events.register("after-call.mwaa.GetEnvironment", change_status)
