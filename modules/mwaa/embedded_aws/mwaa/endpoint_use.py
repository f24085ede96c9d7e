"""What an environment without internet does by way of its VPC endpoints. Source: UG vpc-vpe-create-access."""

import json
from collections.abc import Mapping
from typing import Any

from moto.utilities.utils import get_partition

from mwaa.aws_facts.endpoints import STARPORT_BUCKET
from mwaa.embedded_aws import iam_policies

_NOT_OURS = "000000000000"
"""Stands for the account of AWS that has the bucket of image layers."""


def serves(endpoint: Any, service: str, region: str, subnet: Any, table: Any) -> bool:
    """Return whether an endpoint leads from a subnet, which has this route table, to a service."""
    if endpoint.service_name != f"com.amazonaws.{region}.{service}":
        return False
    if service == "s3" and str(endpoint.vpc_endpoint_type).lower() != "interface":
        return table.id in endpoint.route_table_ids
    return bool(endpoint.private_dns_enabled) and subnet.id in (endpoint.subnet_ids or [])


def what_it_blocks(endpoint: Any, service: str, account: str, region: str, values: Mapping[str, Any]) -> str | None:
    """Return the first action of MWAA that an endpoint's policy does not allow, with its resource; None if all pass."""
    document = endpoint.policy_document
    policy = json.loads(document) if isinstance(document, str) else document
    for action, resource, owner in _uses(service, account, region, values):
        context = {"aws:ResourceAccount": owner, "aws:PrincipalAccount": account, "aws:RequestedRegion": region}
        if not iam_policies.allows([policy], action, resource, context):
            return f"{action} on {resource}"
    return None


def _uses(service: str, account: str, region: str, values: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return action, resource and the resource's account of what MWAA does with a service. None known: airflow.*."""
    partition = get_partition(region)
    match service:
        case "s3":
            bucket, layers = values["SourceBucketArn"], STARPORT_BUCKET.format(region=region)
            return [
                ("s3:ListBucket", bucket, account),
                ("s3:GetObject", f"{bucket}/{values['DagS3Path'].strip('/')}/a.py", account),
                ("s3:GetObject", f"arn:{partition}:s3:::{layers}/a", _NOT_OURS),
            ]
        case "sqs":
            return [("sqs:SendMessage", f"arn:{partition}:sqs:{region}:{_NOT_OURS}:airflow-celery-0", _NOT_OURS)]
        case "logs":
            group = f"arn:{partition}:logs:{region}:{account}:log-group:airflow-{values['Name']}-Task"
            return [("logs:PutLogEvents", f"{group}:log-stream:a", account)]
        case "monitoring":
            return [("cloudwatch:PutMetricData", "*", account)]
        case "kms":
            ours = values.get("KmsKey")
            key = ours or f"arn:{partition}:kms:{region}:{_NOT_OURS}:key/00000000-0000-0000-0000-000000000000"
            return [("kms:Decrypt", key, account if ours else _NOT_OURS)]
    return []
