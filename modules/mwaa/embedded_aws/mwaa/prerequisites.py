"""Checks of the account before an environment is created: bucket, objects, role, key and network.

Verbatim messages of AWS, with where they were reported: github.com/094459/innovateaiml-airflow issue 1 (bucket),
github.com/LBHackney-IT/Data-Platform pull request 1764 (creation failed). The others are ours: AWS publishes none.
"""

import logging
from collections.abc import Mapping
from typing import Any

from moto.ec2.models import ec2_backends
from moto.kms.models import kms_backends
from moto.s3.models import FakeDeleteMarker, s3_backends
from moto.s3control.models import s3control_backends
from moto.utilities.utils import get_partition

from mwaa.aws_facts.regions import UNSUPPORTED_ZONE_IDS
from mwaa.embedded_aws.mwaa import execution_role, network
from mwaa.embedded_aws.mwaa.exceptions import ValidationException
from mwaa.embedded_aws.refusals import refuses
from mwaa.embedded_aws.shared_subnets import find_subnet

log = logging.getLogger(__name__)

NETWORK_OR_ROLE = (
    "You may need to check the execution role permissions policy for your environment, and that each of the VPC "
    "networking components required by the environment are configured to allow traffic. Troubleshooting: "
    "https://docs.aws.amazon.com/mwaa/latest/userguide/troubleshooting.html"
)
"""AWS's only message when an environment could not start."""

_AT_ONCE = "CreateEnvironment, UpdateEnvironment"
_REPORTED = "github.com/094459/innovateaiml-airflow issue 1"
_FILES = ("Plugins", "Requirements", "StartupScript")


def check(account: str, region: str, values: Mapping[str, Any]) -> None:
    """Raise ValidationException for what AWS refuses at once, before it creates an environment."""
    bucket = _find_bucket(account, region, values)
    refuse_bucket_without_versions(bucket)
    refuse_public_bucket(account, region, bucket)
    refuse_absent_object(bucket, values)
    execution_role.check(account, region, values)
    if values.get("KmsKey"):
        refuse_unusable_key(account, region, values["KmsKey"])
    refuse_bucket_under_another_key(account, region, bucket, values.get("KmsKey"))
    refuse_subnets_that_do_not_fit(account, region, values["NetworkConfiguration"])
    refuse_foreign_security_group(account, region, values["NetworkConfiguration"])
    refuse_endpoints_of_the_service_in_a_shared_vpc(account, region, values)


def find_failure(account: str, region: str, values: Mapping[str, Any]) -> str | None:
    """Return why the environment's containers cannot start, or None. AWS notices after half an hour."""
    return network.find_failure(account, region, values) or execution_role.find_failure(account, region, values)


def current_versions(account: str, region: str, values: Mapping[str, Any]) -> dict[str, str]:
    """Return the newest object versions of the files that the values name without one."""
    bucket = _find_bucket(account, region, values)
    return {
        f"{file}S3ObjectVersion": str(bucket.keys[path].version_id)
        for file in _FILES
        if (path := values.get(f"{file}S3Path")) and not values.get(f"{file}S3ObjectVersion")
    }


def services_without_endpoint(account: str, region: str, values: Mapping[str, Any], services: set[str]) -> list[str]:
    """Return the endpoint services for which no VPC endpoint exists in the environment's VPC, of any owner."""
    available = {one.service_name for one in network.network_of(account, region, values).endpoints()}
    return sorted(services - available)


@refuses(_AT_ONCE)
def _find_bucket(account: str, region: str, values: Mapping[str, Any]) -> Any:
    """A source bucket that is not there, belongs to another account, or is in another region."""
    name = values["SourceBucketArn"].rpartition(":")[2]
    bucket = s3_backends[account][get_partition(region)].buckets.get(name)
    if bucket is None:
        raise ValidationException(f"Provided bucket does not exist or is not owned by this account: {name}")
    if bucket.region_name != region:
        raise ValidationException(f"Provided bucket {name} is in {bucket.region_name}; it must be in {region}")
    return bucket


@refuses(_AT_ONCE)
def refuse_bucket_without_versions(bucket: Any) -> None:
    """A source bucket whose versioning is not enabled."""
    if bucket.versioning_status != "Enabled":
        raise ValidationException(f"Provided bucket does not have versioning enabled: {bucket.name}")


@refuses(_AT_ONCE, _REPORTED)
def refuse_public_bucket(account: str, region: str, bucket: Any) -> None:
    """A source bucket for which neither its own settings nor the account's block public ACLs and public policies.

    The AWS provider's acceptance tests set these two of the four, and pass on AWS.
    """
    partition = get_partition(region)
    blocks = [bucket.public_access_block, s3control_backends[account][partition].public_access_block]
    if not any(block and block.block_public_acls and block.block_public_policy for block in blocks):
        raise ValidationException(f"Provided bucket does not have BlockPublicAccess set for s3 bucket {bucket.name}.")


@refuses(_AT_ONCE)
def refuse_absent_object(bucket: Any, values: Mapping[str, Any]) -> None:
    """A path of plugins, requirements or startup script without its object, or a version that it does not have."""
    for file in _FILES:
        path, version = values.get(f"{file}S3Path"), values.get(f"{file}S3ObjectVersion")
        if not path:
            continue
        kept = bucket.keys.getlist(path, default=[])
        versions = {str(key.version_id) for key in kept if not isinstance(key, FakeDeleteMarker)}
        if version and str(version) not in versions:
            raise ValidationException(f"{file}S3Path: there is no version {version} of {path} in bucket {bucket.name}")
        if not version and (not kept or isinstance(kept[-1], FakeDeleteMarker)):
            raise ValidationException(f"{file}S3Path: there is no object {path} in bucket {bucket.name}")


@refuses(_AT_ONCE)
def refuse_unusable_key(account: str, region: str, key: str) -> None:
    """A key that is not there, disabled, multi-Region, asymmetric, of another region, or named by an alias."""
    if "alias/" in key or "mrk-" in key:
        raise ValidationException(f"KmsKey must be a single-Region key given by its id or ARN, not {key}")
    owner = key.split(":")[4] if key.startswith("arn:") else account
    found = kms_backends[owner][region].keys.get(key.rpartition("/")[2])
    if found is None or (key.startswith("arn:") and found.arn != key):
        raise ValidationException(f"KmsKey does not exist in {region}: {key}")
    if found.key_state != "Enabled":
        raise ValidationException(f"KmsKey {key} is {found.key_state}; it must be Enabled")
    usage = found.key_usage or "ENCRYPT_DECRYPT"  # moto keeps what was asked
    if (found.key_spec, usage) != ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"):
        raise ValidationException(
            f"KmsKey {key} is {found.key_spec} for {usage}; it must be a symmetric encryption key"
        )


@refuses(_AT_ONCE)
def refuse_bucket_under_another_key(account: str, region: str, bucket: Any, key: str | None) -> None:
    """A source bucket under a customer managed key that is not the environment's."""
    rule = ((bucket.encryption or {}).get("Rule") or {}).get("ApplyServerSideEncryptionByDefault") or {}
    named = rule.get("KMSMasterKeyID")
    if not named or "alias/aws/" in named:
        return
    owner = named.split(":")[4] if named.startswith("arn:") else account
    id_ = kms_backends[owner][region].any_id_to_key_id(named)
    if key is None or key.rpartition("/")[2] != id_:
        raise ValidationException(
            f"The bucket {bucket.name} is encrypted with {named}; KmsKey must be the same key, not {key}"
        )


@refuses(_AT_ONCE)
def refuse_subnets_that_do_not_fit(account: str, region: str, wanted: Mapping[str, Any]) -> None:
    """Subnets that are not there, in two VPCs, in one zone, or in a zone without MWAA."""
    found = {subnet_id: find_subnet(account, region, subnet_id) for subnet_id in wanted["SubnetIds"]}
    for subnet_id, subnet in found.items():
        if subnet is None:
            raise ValidationException(f"The subnet ID '{subnet_id}' does not exist")
    one, other = (found[subnet_id] for subnet_id in wanted["SubnetIds"])
    if one.vpc_id != other.vpc_id:
        raise ValidationException(
            f"The subnets must be in the same VPC: {one.id} {one.vpc_id}, {other.id} {other.vpc_id}"
        )
    if one.availability_zone == other.availability_zone:
        raise ValidationException(
            f"The subnets must be in different Availability Zones: both are in {one.availability_zone}"
        )
    for subnet in (one, other):
        if subnet.availability_zone_id in UNSUPPORTED_ZONE_IDS:
            zone = subnet.availability_zone_id
            raise ValidationException(
                f"The subnet {subnet.id} is in an Availability Zone that is not supported: {zone}"
            )


@refuses(_AT_ONCE)
def refuse_foreign_security_group(account: str, region: str, wanted: Mapping[str, Any]) -> None:
    """A security group that is not there, or in another VPC."""
    vpc_id = find_subnet(account, region, wanted["SubnetIds"][0]).vpc_id
    for group_id in wanted["SecurityGroupIds"]:
        group = ec2_backends[account][region].get_security_group_from_id(group_id)
        if group is None:
            raise ValidationException(f"The security group '{group_id}' does not exist")
        if group.vpc_id != vpc_id:
            raise ValidationException(f"The security group {group_id} is not in the VPC of the subnets, {vpc_id}")


@refuses(_AT_ONCE, "botocore's documentation excludes it; the words are ours")
def refuse_endpoints_of_the_service_in_a_shared_vpc(account: str, region: str, values: Mapping[str, Any]) -> None:
    """EndpointManagement SERVICE in a VPC that another account shares."""
    subnet = find_subnet(account, region, values["NetworkConfiguration"]["SubnetIds"][0])
    if subnet.owner_id != account and values["EndpointManagement"] != "CUSTOMER":
        owner = f"account {subnet.owner_id} shares the VPC {subnet.vpc_id}"
        raise ValidationException(f"EndpointManagement must be CUSTOMER in a shared VPC: {owner}")
