"""The MWAA API over the proxy: the whole life of an environment as boto3 sees it."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Clients = Callable[[str, str], Callable[[str], Any]]
Prepare = Callable[[Callable[[str], Any], str, str], dict[str, Any]]


def test_an_environment_is_created_read_changed_tagged_and_deleted(
    clients: Clients, account: str, prepare: Prepare
) -> None:
    client = clients(account, "eu-west-1")
    given = prepare(client, account, "eu-west-1")
    mwaa, arn = client("mwaa"), f"arn:aws:airflow:eu-west-1:{account}:environment/dev"

    assert mwaa.create_environment(**given, Tags={"team": "data"})["Arn"] == arn
    environment = mwaa.get_environment(Name="dev")["Environment"]
    assert environment["Status"] == "AVAILABLE"
    assert environment["LastUpdate"]["Status"] == "SUCCESS"
    assert environment["CreatedAt"] == environment["LastUpdate"]["CreatedAt"]
    assert {name: environment[name] for name in given} == given
    assert mwaa.list_environments()["Environments"] == ["dev"]

    assert mwaa.update_environment(Name="dev", MaxWorkers=3, WorkerReplacementStrategy="GRACEFUL")["Arn"] == arn
    environment = mwaa.get_environment(Name="dev")["Environment"]
    assert environment["MaxWorkers"] == 3
    assert environment["LastUpdate"]["WorkerReplacementStrategy"] == "GRACEFUL"

    mwaa.tag_resource(ResourceArn=arn, Tags={"stage": "dev"})
    mwaa.untag_resource(ResourceArn=arn, tagKeys=["team"])
    assert mwaa.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"stage": "dev"}

    cli, web = mwaa.create_cli_token(Name="dev"), mwaa.create_web_login_token(Name="dev")
    assert cli["WebServerHostname"] == web["WebServerHostname"] == environment["WebserverUrl"]
    assert cli["CliToken"] != web["WebToken"]

    mwaa.delete_environment(Name="dev")
    with pytest.raises(mwaa.exceptions.ResourceNotFoundException, match="Environment: dev not found"):
        mwaa.get_environment(Name="dev")


def test_a_missing_environment_is_not_found_anywhere(clients: Clients, fresh_account: str) -> None:
    mwaa = clients(fresh_account, "eu-west-1")("mwaa")
    for call in (mwaa.get_environment, mwaa.delete_environment, mwaa.create_cli_token, mwaa.create_web_login_token):
        with pytest.raises(ClientError) as caught:
            call(Name="gone")
        assert caught.value.response["Error"] == {
            "Code": "ResourceNotFoundException",
            "Message": "Environment: gone not found",
        }


def test_environments_of_one_account_and_region_are_not_seen_from_another(
    clients: Clients, fresh_account: str, prepare: Prepare
) -> None:
    client = clients(fresh_account, "eu-west-1")
    client("mwaa").create_environment(**prepare(client, fresh_account, "eu-west-1"))
    assert client("mwaa").list_environments()["Environments"] == ["dev"]
    for account, region in ((fresh_account, "us-east-1"), ("999999999999", "eu-west-1")):
        assert clients(account, region)("mwaa").list_environments()["Environments"] == []
