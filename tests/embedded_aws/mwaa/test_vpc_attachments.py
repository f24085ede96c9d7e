"""An environment holds what it uses: in the wrong order, nothing of it can be deleted."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

REGION = "eu-west-1"
Clients = Callable[[str, str], Callable[[str], Any]]


def code(call: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


def test_a_live_environment_holds_its_network(
    clients: Clients, fresh_account: str, prepare: Callable[..., dict[str, Any]]
) -> None:
    client = clients(fresh_account, REGION)
    ec2, mwaa = client("ec2"), client("mwaa")
    given = prepare(client, fresh_account, REGION)
    [group] = given["NetworkConfiguration"]["SecurityGroupIds"]
    subnets = given["NetworkConfiguration"]["SubnetIds"]
    vpc = ec2.describe_subnets(SubnetIds=subnets)["Subnets"][0]["VpcId"]
    of_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
    mwaa.create_environment(**given)
    environment = mwaa.get_environment(Name="dev")["Environment"]
    endpoints = ec2.describe_vpc_endpoints(Filters=of_vpc)["VpcEndpoints"]
    assert {endpoint["ServiceName"] for endpoint in endpoints} == {
        environment["DatabaseVpcEndpointService"],
        environment["WebserverVpcEndpointService"],
    }
    assert {tag["Key"] for endpoint in endpoints for tag in endpoint["Tags"]} == {"AmazonMWAAManaged"}
    interfaces = ec2.describe_network_interfaces(Filters=[{"Name": "group-id", "Values": [group]}])["NetworkInterfaces"]
    assert sorted(interface["SubnetId"] for interface in interfaces) == sorted(subnets * 3)

    assert code(ec2.delete_security_group, GroupId=group) == "DependencyViolation"
    assert {code(ec2.delete_subnet, SubnetId=subnet) for subnet in subnets} == {"DependencyViolation"}
    assert code(ec2.delete_vpc, VpcId=vpc) == "DependencyViolation"
    held = [interface["NetworkInterfaceId"] for interface in interfaces]
    assert {code(ec2.delete_network_interface, NetworkInterfaceId=one) for one in held} == {"InvalidParameterValue"}
    made = [endpoint["VpcEndpointId"] for endpoint in endpoints]
    assert code(ec2.delete_vpc_endpoints, VpcEndpointIds=made) == "OperationNotPermitted"

    mwaa.delete_environment(Name="dev")
    assert code(mwaa.get_environment, Name="dev") == "ResourceNotFoundException"
    assert ec2.describe_vpc_endpoints(Filters=of_vpc)["VpcEndpoints"] == []
    ec2.delete_security_group(GroupId=group)
    for subnet in subnets:
        ec2.delete_subnet(SubnetId=subnet)


def test_an_update_moves_the_interfaces_to_its_groups(
    clients: Clients, fresh_account: str, prepare: Callable[..., dict[str, Any]]
) -> None:
    client = clients(fresh_account, REGION)
    ec2, mwaa = client("ec2"), client("mwaa")
    given = prepare(client, fresh_account, REGION) | {"WebserverAccessMode": "PUBLIC_ONLY"}
    [before] = given["NetworkConfiguration"]["SecurityGroupIds"]
    vpc = ec2.describe_security_groups(GroupIds=[before])["SecurityGroups"][0]["VpcId"]
    after = ec2.create_security_group(GroupName="after", Description="after", VpcId=vpc)["GroupId"]
    itself = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": after}]}]
    ec2.authorize_security_group_ingress(GroupId=after, IpPermissions=itself)
    mwaa.create_environment(**given)
    assert mwaa.get_environment(Name="dev")["Environment"]["Status"] == "AVAILABLE"
    mwaa.update_environment(Name="dev", NetworkConfiguration={"SecurityGroupIds": [after]})
    assert mwaa.get_environment(Name="dev")["Environment"]["Status"] == "AVAILABLE"
    ec2.delete_security_group(GroupId=before)
    assert code(ec2.delete_security_group, GroupId=after) == "DependencyViolation"


def test_endpoints_of_the_owner_are_the_owner_s_to_make(
    clients: Clients, fresh_account: str, prepare: Callable[..., dict[str, Any]]
) -> None:
    client = clients(fresh_account, REGION)
    ec2, mwaa = client("ec2"), client("mwaa")
    given = prepare(client, fresh_account, REGION) | {"EndpointManagement": "CUSTOMER"}
    mwaa.create_environment(**given)
    environment = mwaa.get_environment(Name="dev")["Environment"]
    assert environment["Status"] == "PENDING"
    vpc = ec2.describe_subnets(SubnetIds=given["NetworkConfiguration"]["SubnetIds"])["Subnets"][0]["VpcId"]
    for service in (environment["DatabaseVpcEndpointService"], environment["WebserverVpcEndpointService"]):
        ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=service, VpcEndpointType="Interface")
    assert mwaa.get_environment(Name="dev")["Environment"]["Status"] == "AVAILABLE"
