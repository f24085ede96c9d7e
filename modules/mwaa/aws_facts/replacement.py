"""What MWAA cannot change of an environment: a new value means a new environment, with an empty database."""

from collections.abc import Mapping
from types import MappingProxyType

from mwaa.aws_facts.user_guide import guide

REPLACEMENT_SOURCE = (
    f"botocore 1.44.5, UpdateEnvironmentInput; CloudFormation createOnlyProperties; {guide('vpc-create')}"
)

_SUBNETS = "NetworkConfiguration.SubnetIds"

REPLACING_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "environment_name": "Name",
        "encryption_key": "KmsKey",
        "encryption_key.arn": "KmsKey",
        "endpoint_management": "EndpointManagement",
        "network": _SUBNETS,  # another kind of network
        "network.cidr": _SUBNETS,
        "network.private_subnets": _SUBNETS,
        "network.availability_zones": _SUBNETS,
        "network.vpc_id": _SUBNETS,
        "network.private_subnet_ids": _SUBNETS,
        "network.workspace": _SUBNETS,
    }
)
"""Fields of a workspace whose change replaces its environment, with the parameter of MWAA's API that they set.

Security groups can change. Source: `REPLACEMENT_SOURCE`; a subnet's range and zone cannot change in EC2.
"""
