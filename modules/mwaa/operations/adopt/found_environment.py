"""A live environment with all that an adoption must know of what it uses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from botocore.exceptions import ClientError

from mwaa.aws_facts.environment_classes import ENVIRONMENT_CLASSES
from mwaa.aws_facts.logs import LOG_GROUP_SUFFIXES
from mwaa.aws_facts.releases import RELEASES, supported_versions
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
class FoundEndpoint:
    """A VPC endpoint of the environment's database or webserver, which its owner made and not MWAA."""

    id: str
    subnet_ids: frozenset[str]
    security_group_ids: frozenset[str]
    has_private_dns: bool
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FoundEnvironment:
    """An environment as it is in AWS, with its VPC, log groups (by the field of `Logging`) and objects.

    `endpoints` are by `database` and `webserver`, with None where there is none; empty if this account makes none.
    `missing_parts` are those of the environment's parts whose object is no longer in the bucket.
    """

    account: str
    region: str
    environment: LiveEnvironment
    settings: LiveSettings
    vpc_id: str
    vpc_owner: str
    log_groups: Mapping[str, FoundLogGroup]
    endpoints: Mapping[str, FoundEndpoint | None]
    missing_parts: frozenset[str]


def find(name: str, client: Callable[[str], Any], account: str, region: str) -> FoundEnvironment:
    """Read an environment and what it uses; `client(service)` returns a boto3 client, whose other errors pass.

    Raises Failure where there is no such environment, where it is being changed, or where no workspace can declare it:
    a release or a class that is not known or not supported, a bucket without versions.
    """
    mwaa = client("mwaa")
    try:
        environment, settings = read_with_settings(mwaa, name)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ResourceNotFoundException", "ValidationException"):
            raise  # the latter: what is no name of an environment
        names = [one for page in mwaa.get_paginator("list_environments").paginate() for one in page["Environments"]]
        there = f"there are: {', '.join(sorted(names))}" if names else "there is none"
        raise Failure(f"account {account} has no environment {name} in {region}; {there}") from None
    _check_adoptable(environment, region)
    ec2 = client("ec2")
    subnet = ec2.describe_subnets(SubnetIds=list(settings.subnet_ids))["Subnets"][0]
    own_endpoints = settings.endpoint_management == "CUSTOMER" and subnet["OwnerId"] == account
    return FoundEnvironment(
        account=account,
        region=region,
        environment=environment,
        settings=settings,
        vpc_id=subnet["VpcId"],
        vpc_owner=subnet["OwnerId"],
        log_groups=_log_groups(client("logs"), name),
        endpoints=_endpoints(ec2, subnet["VpcId"], settings) if own_endpoints else {},
        missing_parts=_missing_parts(client("s3"), environment),
    )


def _check_adoptable(live: LiveEnvironment, region: str) -> None:
    if live.status not in ADOPTABLE:
        expected = " or ".join(sorted(ADOPTABLE))
        raise Failure(f"the environment {live.name} is {live.status}; it can be adopted when it is {expected}")
    release, supported = RELEASES.get(live.airflow_version), supported_versions(date.today())
    if release is None:
        known = ", ".join(supported)
        raise Failure(
            f"the environment {live.name} runs Airflow {live.airflow_version}, which this version of mwaa does not "
            f"know; it knows {known}",
            "pip install --upgrade mwaa",
        )
    if release.version not in supported:
        newest = next((one for one in supported if RELEASES[one].major == release.major), None)
        raise Failure(
            f"the environment {live.name} runs Airflow {release.version}, whose support ended on "
            f"{release.end_of_support}: upgrade it before you adopt it",
            f"aws mwaa update-environment --region {region} --name {live.name} --airflow-version {newest}"
            if newest
            else "",
        )
    if live.environment_class not in ENVIRONMENT_CLASSES:
        raise Failure(
            f"the environment {live.name} is of class {live.environment_class}, which this version of mwaa does not "
            f"know; it knows {', '.join(ENVIRONMENT_CLASSES)}",
            "pip install --upgrade mwaa",
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
    return _without_those_of_aws(logs.list_tags_for_resource(resourceArn=arn)["tags"])


def _without_those_of_aws(tags: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if not key.startswith("aws:")}


def _endpoints(ec2: Any, vpc: str, settings: LiveSettings) -> dict[str, FoundEndpoint | None]:
    """Return the endpoints that the stack of such an environment declares, as they are in the VPC."""
    wanted = ("database",) if settings.webserver_access_mode == "PUBLIC_ONLY" else ("database", "webserver")
    return {what: _endpoint(ec2, vpc, settings.endpoint_services.get(what, "")) for what in wanted}


def _endpoint(ec2: Any, vpc: str, service: str) -> FoundEndpoint | None:
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "service-name", "Values": [service]}]
    for one in ec2.describe_vpc_endpoints(Filters=filters)["VpcEndpoints"]:
        if one["State"].lower() in ("available", "pending", "pendingacceptance"):
            return FoundEndpoint(
                id=one["VpcEndpointId"],
                subnet_ids=frozenset(one.get("SubnetIds", ())),
                security_group_ids=frozenset(group["GroupId"] for group in one.get("Groups", ())),
                has_private_dns=one.get("PrivateDnsEnabled", False),
                tags=_without_those_of_aws({tag["Key"]: tag["Value"] for tag in one.get("Tags", ())}),
            )
    return None


def _missing_parts(s3: Any, live: LiveEnvironment) -> frozenset[str]:
    """Return the parts whose object is gone. Raises Failure where the bucket, or an object in it, has no versions."""
    bucket = live.bucket
    if (status := s3.get_bucket_versioning(Bucket=bucket).get("Status", "never enabled")) != "Enabled":
        raise Failure(
            f"versioning of the environment's bucket {bucket} is {status.lower()}, and MWAA needs it",
            f"aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled",
        )
    missing = set()
    for part, stored in live.parts.items():
        try:
            found = s3.head_object(Bucket=bucket, Key=stored.key)
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("404", "NoSuchKey"):
                raise
            missing.add(part)
            continue
        if found.get("VersionId", "null") == "null":
            place = f"s3://{bucket}/{stored.key}"
            raise Failure(
                f"{stored.key} in the bucket {bucket} has no version, because it is older than the bucket's versioning",
                f"aws s3 cp {place} {place} --metadata-directive REPLACE",
            )
    return frozenset(missing)
