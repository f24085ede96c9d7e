"""What MWAA asks of an execution role: at once whether it may act for it, later whether its containers can work.

Verbatim messages of AWS: github.com/idealo/terraform-aws-mwaa issue 156 (trust), github.com/094459/innovateaiml-airflow
issue 1 (bucket).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.utilities.utils import get_partition

from mwaa.embedded_aws import iam_policies
from mwaa.embedded_aws.mwaa.exceptions import ValidationException
from mwaa.embedded_aws.mwaa.network import LATE
from mwaa.embedded_aws.refusals import refuses

_SERVICES = ("airflow.amazonaws.com", "airflow-env.amazonaws.com")
_SERVICE_ACCOUNT = "123456789888"
"""Stands for the account of the service, which owns the Celery queue and its key."""
_QUEUE_ACTIONS = (
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
)
_LOG_ACTIONS = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
_KEY_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")


def check(account: str, region: str, values: Mapping[str, Any]) -> None:
    """Raise ValidationException for what AWS refuses of the role before it creates an environment."""
    role = _Role(account, region, values)
    refuse_role_that_is_not_assumable(role)
    refuse_role_that_cannot_read_the_bucket(role)


def find_failure(account: str, region: str, values: Mapping[str, Any]) -> str | None:
    """Return what the containers cannot do with this role, or None. AWS notices after half an hour."""
    role = _Role(account, region, values)
    return find_unusable_queue(role) or find_unusable_logs(role) or find_unusable_key(role)


class _Role:
    """The execution role of an environment that exists or is about to."""

    def __init__(self, account: str, region: str, values: Mapping[str, Any]) -> None:
        self.account, self.region, self.values = account, region, values
        self.partition = get_partition(region)
        self.arn: str = values["ExecutionRoleArn"]
        self._iam = iam_backends[account][self.partition]
        self._found = next((role for role in self._iam.get_roles() if role.arn == self.arn), None)

    def trusts(self, service: str) -> bool:
        """Return whether the service may assume the role for this environment."""
        where = f"{self.region}:{self.account}:environment/{self.values['Name']}"
        context = {
            "aws:SourceAccount": self.account,
            "aws:SourceArn": f"arn:{self.partition}:airflow:{where}",
            "aws:RequestedRegion": self.region,
            "aws:SecureTransport": "true",
        }
        if self._found is None:
            return False
        return iam_policies.trusts(json.loads(self._found.assume_role_policy_document), service, context)

    def may(self, action: str, resource: str, *granted: iam_policies.Document, **context: str) -> bool:
        """Return whether the role's policies, or those `granted` by a resource, let the containers do something."""
        known = {
            "aws:PrincipalArn": self.arn,
            "aws:PrincipalAccount": self.account,
            "aws:RequestedRegion": self.region,
            "aws:SecureTransport": "true",
        } | {name.replace("_", ":"): value for name, value in context.items()}
        boundary = self._boundary()
        if boundary and not iam_policies.allows([boundary], action, resource, known):
            return False
        return iam_policies.allows([*self._documents(), *granted], action, resource, known)

    def _documents(self) -> Iterator[iam_policies.Document]:
        if self._found is None:
            return
        for document in self._found.policies.values():
            yield json.loads(document)
        for arn in self._found.managed_policies:
            yield self._managed(arn)

    def _boundary(self) -> iam_policies.Document | None:
        arn = self._found.permissions_boundary_arn if self._found else None
        return self._managed(arn) if arn in self._iam.managed_policies else None

    def _managed(self, arn: str) -> iam_policies.Document:
        policy = self._iam.managed_policies[arn]
        version = next(one for one in policy.versions if one.version_id == policy.default_version_id)
        found: iam_policies.Document = json.loads(version.document)
        return found


@refuses("CreateEnvironment, UpdateEnvironment", "github.com/idealo/terraform-aws-mwaa issue 156")
def refuse_role_that_is_not_assumable(role: _Role) -> None:
    """A role that both services of MWAA cannot assume for this environment, conditions of its trust included."""
    for service in _SERVICES:
        if not role.trusts(service):
            raise ValidationException(
                f"Failed to assume role {role.arn}. This could be due to the role's trust policy. Please ensure your "
                f"role is assumable by '{service}' Service Principal and try again."
            )


@refuses("CreateEnvironment, UpdateEnvironment", "github.com/094459/innovateaiml-airflow issue 1")
def refuse_role_that_cannot_read_the_bucket(role: _Role) -> None:
    """A role without `s3:List*`, `s3:GetObject*` or `s3:GetBucket*` on the source bucket."""
    bucket, dags = role.values["SourceBucketArn"].rpartition(":")[2], role.values["DagS3Path"].strip("/")
    arn = f"arn:{role.partition}:s3:::{bucket}"
    wanted = {
        "s3:ListBucket": arn,
        "s3:GetBucketPublicAccessBlock": arn,
        "s3:GetObject": f"{arn}/{dags}/a.py",
        "s3:GetObjectVersion": f"{arn}/{dags}/a.py",
    }
    if not all(role.may(action, resource) for action, resource in wanted.items()):
        raise ValidationException(f"Provided role does not have sufficient permissions for s3 location {bucket}/{dags}")


@refuses(*LATE)
def find_unusable_queue(role: _Role) -> str | None:
    """A role that cannot use the Celery queue (six actions of SQS on `airflow-celery-*`)."""
    queue = (
        f"arn:{role.partition}:sqs:{role.region}:{_SERVICE_ACCOUNT}:airflow-celery-00000000-0000-0000-0000-000000000000"
    )
    return _missing(role, dict.fromkeys(_QUEUE_ACTIONS, queue), "the Celery queue")


@refuses(*LATE)
def find_unusable_logs(role: _Role) -> str | None:
    """A role that cannot make the log groups and streams `airflow-<environment>-*` and write to them."""
    group = f"arn:{role.partition}:logs:{role.region}:{role.account}:log-group:airflow-{role.values['Name']}-Task"
    return _missing(role, dict.fromkeys(_LOG_ACTIONS, group), "the log groups")


@refuses(*LATE)
def find_unusable_key(role: _Role) -> str | None:
    """A role that cannot use the environment's key, or AWS's own one, by way of SQS; a key's policy may grant it."""
    via = f"sqs.{role.region}.amazonaws.com"
    if key := role.values.get("KmsKey"):
        found = kms_backends[role.account][role.region].keys.get(key.rpartition("/")[2])
        arn = found.arn if found else key
        granted = [_granted_to_everybody_or(role.arn, json.loads(found.policy))] if found else []
    else:
        arn = f"arn:{role.partition}:kms:{role.region}:{_SERVICE_ACCOUNT}:key/00000000-0000-0000-0000-000000000000"
        granted = []
    missing = [action for action in _KEY_ACTIONS if not role.may(action, arn, *granted, kms_ViaService=via)]
    return f"the role {role.arn} lacks {', '.join(missing)} on {arn} through SQS" if missing else None


def _granted_to_everybody_or(role: str, policy: iam_policies.Document) -> iam_policies.Document:
    """Return the statements of a key's policy that grant a role something without its own policies."""

    def names(principal: Any) -> bool:
        named = principal.get("AWS", []) if isinstance(principal, Mapping) else principal
        return any(one in ("*", role) for one in iam_policies.as_list(named))

    return {"Statement": [one for one in iam_policies.statements(policy) if names(one.get("Principal", {}))]}


def _missing(role: _Role, wanted: Mapping[str, str], purpose: str) -> str | None:
    missing = [action for action, resource in wanted.items() if not role.may(action, resource)]
    return f"the role {role.arn} lacks {', '.join(missing)} for {purpose}" if missing else None
