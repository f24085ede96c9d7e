"""A live environment with all that an adoption must know of what it uses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from mwaa.aws_facts.logs import LOG_GROUP_SUFFIXES
from mwaa.failure import Failure
from mwaa.operations.live_environment import LiveEnvironment, LiveSettings, read_with_settings

ADOPTABLE = frozenset({"AVAILABLE", "UPDATE_FAILED"})
"""Statuses in which MWAA runs what GetEnvironment answers. UPDATE_FAILED: it restored the version before."""


@dataclass(frozen=True, slots=True)
class FoundLogGroup:
    """A log group of the environment. `retention_days` is None where it keeps log lines for ever."""

    name: str
    retention_days: int | None
    key_arn: str | None
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FoundEnvironment:
    """An environment as it is in AWS, with its VPC and its log groups, by the field of `Logging`."""

    account: str
    region: str
    environment: LiveEnvironment
    settings: LiveSettings
    vpc_id: str
    log_groups: Mapping[str, FoundLogGroup]


def find(name: str, client: Callable[[str], Any], account: str, region: str) -> FoundEnvironment:
    """Read an environment and what it uses; `client(service)` returns a boto3 client, whose other errors pass.

    Raises Failure where there is no such environment, or where it is being changed.
    """
    mwaa = client("mwaa")
    try:
        environment, settings = read_with_settings(mwaa, name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        names = [one for page in mwaa.get_paginator("list_environments").paginate() for one in page["Environments"]]
        there = f"there are: {', '.join(sorted(names))}" if names else "there is none"
        raise Failure(f"account {account} has no environment {name} in {region}; {there}") from None
    if environment.status not in ADOPTABLE:
        expected = " or ".join(sorted(ADOPTABLE))
        raise Failure(f"the environment {name} is {environment.status}; it can be adopted when it is {expected}")
    subnets = client("ec2").describe_subnets(SubnetIds=list(settings.subnet_ids))["Subnets"]
    return FoundEnvironment(
        account=account,
        region=region,
        environment=environment,
        settings=settings,
        vpc_id=subnets[0]["VpcId"],
        log_groups=_log_groups(client("logs"), name),
    )


def _log_groups(logs: Any, environment: str) -> dict[str, FoundLogGroup]:
    """Return the log groups that exist, those of logs that are off too: MWAA leaves them when a log is turned off."""
    fields = {f"airflow-{environment}-{suffix}": field for field, suffix in LOG_GROUP_SUFFIXES.items()}
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=f"airflow-{environment}-")
    found = {
        group["logGroupName"]: group for page in pages for group in page["logGroups"] if group["logGroupName"] in fields
    }
    return {
        fields[name]: FoundLogGroup(name, group.get("retentionInDays"), group.get("kmsKeyId"), _tags(logs, group))
        for name, group in sorted(found.items())
    }


def _tags(logs: Any, group: Mapping[str, Any]) -> dict[str, str]:
    arn = group["arn"].removesuffix(":*")
    tags: dict[str, str] = logs.list_tags_for_resource(resourceArn=arn)["tags"]
    return {key: value for key, value in tags.items() if not key.startswith("aws:")}
