"""The policies of publishing hold exactly what publish, rollback, releases and the dry runs ask of AWS.

Each call is translated to the actions that AWS authorizes for it, and the role's policy must allow every one on its
resource; an action of the policy that no call needed is a failure too.
Sources: S3 user guide, "Required permissions for Amazon S3 API operations" and "conditional writes"; IAM service
authorization reference.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import pytest
from mwaa.config import Names
from mwaa.embedded_aws import iam_policies
from mwaa.operations import publish as publishing
from mwaa.policies import Document
from mwaa.policies import publishing as policies

from tests.operations.publish.conftest import Site
from tests.operations.publish.test_changes import everything

Use = tuple[str, str]
"""An action, and the resource on which it is used."""

LOGS = {"logs:DescribeLogStreams": "the logs of an environment that failed", "logs:GetLogEvents": "the same"}
UNUSED_TO_READ = LOGS
UNUSED_TO_WRITE = LOGS | {
    "s3:AbortMultipartUpload": "ends an upload in parts that S3 refused after somebody took over",
    "s3:GetEncryptionConfiguration": "MWAA reads it with the caller's permissions while it updates",
}
"""Actions that these commands need and do not ask for themselves when all goes well, each with its reason."""


def needed(names: Names, operation: str, params: Mapping[str, Any]) -> Iterator[Use]:
    """Yield what AWS authorizes for a call. Raises KeyError for an operation that nobody has looked up."""
    key = f"{names.bucket_arn}/{params.get('Key')}"
    match operation:
        case "GetCallerIdentity":
            return  # needs no permission
        case "ListObjectsV2":
            yield "s3:ListBucket", names.bucket_arn
        case "HeadObject" | "GetObject":
            yield "s3:GetObjectVersion" if "VersionId" in params else "s3:GetObject", key
        case "PutObject" | "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload":
            yield "s3:PutObject", key
            if "IfMatch" in params:
                yield "s3:GetObject", key
        case "CopyObject" | "UploadPartCopy":
            source = params["CopySource"]
            yield "s3:PutObject", key
            action = "s3:GetObjectVersion" if "VersionId" in source else "s3:GetObject"
            yield action, f"arn:{names.partition}:s3:::{source['Bucket']}/{source['Key']}"
        case "AbortMultipartUpload":
            yield "s3:AbortMultipartUpload", key
        case "DeleteObject":
            yield "s3:DeleteObject", key
        case "DeleteObjects":
            for item in params["Delete"]["Objects"]:
                yield "s3:DeleteObject", f"{names.bucket_arn}/{item['Key']}"
        case "GetEnvironment":
            yield "airflow:GetEnvironment", names.environment_arn
        case "UpdateEnvironment":
            yield "airflow:UpdateEnvironment", names.environment_arn
            yield "iam:PassRole", names.execution_role_arn
        case _:
            raise KeyError(f"which actions does {operation} need?")


@pytest.fixture
def used(site: Site) -> list[Use]:
    """What the code under test needed so far."""
    found: list[Use] = []
    assert boto3.DEFAULT_SESSION

    def hear(params: dict[str, Any], model: Any, **_: Any) -> None:
        found.extend(needed(Names(site.workspace), model.name, params))

    boto3.DEFAULT_SESSION.events.register("provide-client-params", hear)
    return found


def refused(document: Document, used: list[Use]) -> set[Use]:
    """The uses that the policy does not allow."""
    context = {"iam:PassedToService": "airflow.amazonaws.com"}
    return {use for use in used if iam_policies.simulate([document], *use, context) != "allowed"}


def unused(document: Document, used: list[Use]) -> set[str]:
    """The actions that the policy allows and nothing needed."""
    allowed = [one for one in iam_policies.statements(document) if one["Effect"] == "Allow"]
    actions = {action for one in allowed for action in iam_policies.as_list(one["Action"])}
    return actions - {action for action, _ in used}


def test_publish_and_rollback_need_every_action_of_their_policy_and_no_other(site: Site, used: list[Use]) -> None:
    site.publish()
    everything(site)
    site.publish()
    publishing.rollback(site.definition, site.root, None, report=site.events.append)
    document = policies.permissions(Names(site.workspace), None)
    assert refused(document, used) == set()
    assert unused(document, used) == set(UNUSED_TO_WRITE)


def test_dry_runs_and_releases_need_every_action_of_the_policy_that_only_reads(site: Site, used: list[Use]) -> None:
    site.publish()
    everything(site)
    site.publish()
    used.clear()
    site.write("dags/orders.py", "# another\n")
    publishing.preview(site.definition, site.root, report=site.events.append)
    publishing.preview_rollback(site.definition, None)
    publishing.releases(site.workspace)
    document = policies.read_permissions(Names(site.workspace), None)
    assert refused(document, used) == set()
    assert unused(document, used) == set(UNUSED_TO_READ)


def test_a_policy_that_lacks_an_action_or_a_key_is_found(site: Site, used: list[Use]) -> None:
    site.publish()
    names = Names(site.workspace)
    missing = {action for action, _ in refused(policies.read_permissions(names, None), used)}
    assert missing == {"s3:PutObject", "s3:DeleteObject"}
    document = policies.permissions(names, None)
    elsewhere = ("s3:PutObject", f"{names.bucket_arn}/other/a.py")
    assert refused(document, [*used, elsewhere]) == {elsewhere}
    extra = {"Effect": "Allow", "Action": "s3:DeleteBucket", "Resource": names.bucket_arn}
    assert "s3:DeleteBucket" in unused({**document, "Statement": [*document["Statement"], extra]}, used)
