"""Connections and hosts, as Terraform (JSON) and boto3 (CBOR) see them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import urllib3
from botocore.exceptions import ClientError
from mwaa.embedded_aws import Embedded, accounts

REGION = "eu-west-1"
Client = Callable[[str], Any]


@pytest.fixture
def connections(clients: Callable[[str, str], Client], fresh_account: str) -> Any:
    return clients(fresh_account, REGION)("codeconnections")


def test_a_connection_is_made_and_waits_for_its_owner(connections: Any, fresh_account: str) -> None:
    tags = [{"Key": "team", "Value": "data"}]
    made = connections.create_connection(ConnectionName="mwaa-dev", ProviderType="GitHub", Tags=tags)
    assert made["ConnectionArn"].startswith(f"arn:aws:codeconnections:{REGION}:{fresh_account}:connection/")
    assert made["Tags"] == tags
    answer = {
        "ConnectionName": "mwaa-dev",
        "ConnectionArn": made["ConnectionArn"],
        "ProviderType": "GitHub",
        "OwnerAccountId": fresh_account,
        "ConnectionStatus": "PENDING",
    }
    assert connections.get_connection(ConnectionArn=made["ConnectionArn"])["Connection"] == answer
    assert connections.list_connections()["Connections"] == [answer]
    assert connections.list_connections(ProviderTypeFilter="GitLab")["Connections"] == []


def test_a_deleted_connection_is_not_found(connections: Any) -> None:
    arn = connections.create_connection(ConnectionName="mwaa-dev", ProviderType="GitHub")["ConnectionArn"]
    connections.delete_connection(ConnectionArn=arn)
    for operation in (connections.get_connection, connections.delete_connection):
        with pytest.raises(connections.exceptions.ResourceNotFoundException, match=arn):
            operation(ConnectionArn=arn)


def test_tags_change(connections: Any) -> None:
    arn = connections.create_connection(ConnectionName="mwaa-dev", ProviderType="GitHub")["ConnectionArn"]
    connections.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    connections.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert connections.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]


def test_a_host_knows_the_provider_of_its_connections_and_stays_while_one_uses_it(connections: Any) -> None:
    where = {"ProviderType": "GitLabSelfManaged", "ProviderEndpoint": "https://git.acme.com"}
    host = connections.create_host(Name="git", **where)["HostArn"]
    arn = connections.create_connection(ConnectionName="mwaa-dev", HostArn=host)["ConnectionArn"]
    answer = connections.get_connection(ConnectionArn=arn)["Connection"]
    assert (answer["ProviderType"], answer["HostArn"]) == ("GitLabSelfManaged", host)
    found = connections.get_host(HostArn=host)
    assert {name: found[name] for name in ("Name", "Status", *where)} == {"Name": "git", "Status": "PENDING"} | where
    assert connections.list_hosts()["Hosts"] == [{"Name": "git", "HostArn": host, "Status": "PENDING"} | where]
    with pytest.raises(ClientError, match="Connections use the host"):
        connections.delete_host(HostArn=host)
    connections.delete_connection(ConnectionArn=arn)
    connections.delete_host(HostArn=host)
    assert connections.list_hosts()["Hosts"] == []


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({}, "Exactly one of ProviderType and HostArn is required"),
        ({"ProviderType": "GitLabSelfManaged"}, "A connection to GitLabSelfManaged needs a HostArn"),
        ({"ProviderType": "Gitea"}, "'providerType' failed to satisfy constraint: Member must satisfy enum value set"),
    ],
)
def test_what_cannot_be_connected_is_refused(given: dict[str, str], answer: str, connections: Any) -> None:
    with pytest.raises(ClientError, match=answer) as caught:
        connections.create_connection(ConnectionName="mwaa-dev", **given)
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_a_host_of_github_itself_is_refused(connections: Any) -> None:
    with pytest.raises(ClientError, match="GitHub has no self-managed hosts"):
        connections.create_host(Name="git", ProviderType="GitHub", ProviderEndpoint="https://github.com")


def test_the_protocol_of_terraform_is_spoken_too(embedded: Embedded, fresh_account: str) -> None:
    proxy = urllib3.ProxyManager(embedded.proxy, ca_certs=str(embedded.ca_bundle))

    def asked(operation: str, given: dict[str, Any]) -> tuple[int, Any]:
        key = accounts.access_key(fresh_account)
        headers = {
            "X-Amz-Target": f"com.amazonaws.codeconnections.CodeConnections_20231201.{operation}",
            "Content-Type": "application/x-amz-json-1.0",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={key}/20261122/{REGION}/codeconnections/x",
        }
        url = f"https://codeconnections.{REGION}.amazonaws.com/"
        answer = proxy.request("POST", url, headers=headers, body=json.dumps(given))
        return answer.status, answer.json()

    status, made = asked("CreateConnection", {"ConnectionName": "x", "ProviderType": "GitHub"})
    assert (status, made["Tags"]) == (200, [])
    status, answer = asked("GetConnection", {"ConnectionArn": made["ConnectionArn"]})
    assert (status, answer["Connection"]["ConnectionStatus"]) == (200, "PENDING")
    status, answer = asked("GetConnection", {"ConnectionArn": f"{made['ConnectionArn']}0"})
    assert (status, answer["__type"]) == (400, "ResourceNotFoundException")
    status, answer = asked("CreateRepositoryLink", {})
    assert (status, answer["__type"]) == (400, "UnsupportedByEmbeddedAws")
