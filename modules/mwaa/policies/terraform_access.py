"""What Terraform needs in AWS to plan and to apply a workspace's stack, wherever it runs without a person.

Sources: IAM service authorization reference; for the boundary, IAM user guide, access_policies_boundaries
("Delegating responsibility to others using permissions boundaries").
"""

from collections.abc import Sequence

from mwaa.config import Names, S3Backend
from mwaa.policies import Document, Statement, document

READ = (
    *("airflow:GetEnvironment", "airflow:ListTagsForResource"),
    *("codebuild:BatchGetProjects", "codepipeline:GetPipeline", "codepipeline:ListTagsForResource"),
    *("codeconnections:GetConnection", "codeconnections:ListTagsForResource"),
    *("codestar-connections:GetConnection", "codestar-connections:ListTagsForResource"),
    *("ec2:Describe*", "events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule"),
    *("iam:GetOpenIDConnectProvider", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies"),
    *("iam:ListInstanceProfilesForRole", "iam:ListRolePolicies"),
    *("kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListAliases", "kms:ListResourceTags"),
    *("logs:DescribeLogGroups", "logs:ListTagsForResource"),
    *("s3:GetAccelerateConfiguration", "s3:GetBucket*", "s3:GetEncryptionConfiguration"),
    *("s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration", "s3:ListBucket"),
    *("sns:GetSubscriptionAttributes", "sns:GetTopicAttributes", "sns:ListTagsForResource"),
)
"""What the AWS provider reads of the resources that a workspace's stack may hold, but for objects in S3."""

_READ_OBJECTS = ("s3:GetObject", "s3:GetObjectAttributes", "s3:GetObjectTagging", "s3:GetObjectVersion")
_WRITE = (
    *("airflow:*", "codebuild:*", "codeconnections:*", "codepipeline:*", "codestar-connections:*", "ec2:*", "events:*"),
    *("kms:*", "logs:*", "s3:*", "sns:*"),
)
"""The services of a workspace's resources, but for IAM."""

_ADD_TO_ROLES = ("iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy")
"""What gives a role permissions; IAM can demand a boundary for each of them."""
_CHANGE_ROLES = (
    *("iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:TagRole", "iam:UntagRole"),
    *("iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription"),
)
_IDENTITY_PROVIDERS = (
    *("iam:AddClientIDToOpenIDConnectProvider", "iam:CreateOpenIDConnectProvider", "iam:DeleteOpenIDConnectProvider"),
    *("iam:RemoveClientIDFromOpenIDConnectProvider", "iam:TagOpenIDConnectProvider"),
    *("iam:UntagOpenIDConnectProvider", "iam:UpdateOpenIDConnectProviderThumbprint"),
)
_PASSED_TO = (
    *("airflow.amazonaws.com", "airflow-env.amazonaws.com", "codebuild.amazonaws.com", "codepipeline.amazonaws.com"),
    *("events.amazonaws.com", "vpc-flow-logs.amazonaws.com"),
)
"""The services that get a role of a workspace."""


def plan_permissions(*more: Statement, objects: Sequence[str] = ("*",)) -> Document:
    """Read what a workspace's stack may hold; write nothing. `objects` are the ARNs of the objects that it reads."""
    return document(*_read(objects), *more)


def apply_permissions(
    names: Names, *more: Statement, roles: Sequence[str], identity_providers: Sequence[str] = ()
) -> Document:
    """Read and write what a workspace's stack may hold; in IAM only these roles and identity providers, by their ARNs.

    If the workspace's roles have a boundary, only roles with that boundary get permissions, and none loses it.
    Without one, a caller that may make roles may in effect do everything.
    """
    account = f"arn:{names.partition}:iam::{names.workspace.account}"
    statements: list[Statement] = [
        *_read(("*",)),
        {"Sid": "Write", "Effect": "Allow", "Action": list(_WRITE), "Resource": "*"},
        *_role_statements(names.workspace.roles.permissions_boundary, list(roles)),
        {
            "Sid": "PassRoles",
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": list(dict.fromkeys([*roles, *filter(None, [names.workspace.execution_role.arn])])),
            "Condition": {"StringEquals": {"iam:PassedToService": list(_PASSED_TO)}},
        },
        {
            "Sid": "ServiceLinkedRole",
            "Effect": "Allow",
            "Action": "iam:CreateServiceLinkedRole",
            "Resource": f"{account}:role/aws-service-role/airflow.amazonaws.com/*",
        },
    ]
    if identity_providers:
        statements.append(
            {
                "Sid": "IdentityProviders",
                "Effect": "Allow",
                "Action": list(_IDENTITY_PROVIDERS),
                "Resource": list(identity_providers),
            }
        )
    return document(*statements, *more)


def state_statements(names: Names, *, write: bool) -> list[Statement]:
    """Read, lock and, if it applies, write the state in S3, itself or through the backend's role."""
    backend = names.workspace.backend
    if not isinstance(backend, S3Backend):
        return []
    if backend.role_arn:
        return [{"Sid": "StateRole", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": backend.role_arn}]
    bucket = f"arn:{names.partition}:s3:::{backend.bucket}"
    state = f"{bucket}/{backend.key}"
    statements: list[Statement] = [
        {"Sid": "StateBucket", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket},
        {
            "Sid": "State",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject"] if write else "s3:GetObject",
            "Resource": state,
        },
        {
            "Sid": "StateLock",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            "Resource": f"{state}.tflock",
        },
    ]
    if backend.kms_key_arn:
        actions = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
        statements.append({"Sid": "StateKey", "Effect": "Allow", "Action": actions, "Resource": backend.kms_key_arn})
    return statements


def _read(objects: Sequence[str]) -> list[Statement]:
    return [
        {"Sid": "Read", "Effect": "Allow", "Action": list(READ), "Resource": "*"},
        {"Sid": "ReadObjects", "Effect": "Allow", "Action": list(_READ_OBJECTS), "Resource": list(objects)},
    ]


def _role_statements(boundary: str | None, roles: list[str]) -> list[Statement]:
    add: Statement = {"Sid": "MakeRoles", "Effect": "Allow", "Action": list(_ADD_TO_ROLES), "Resource": roles}
    change: Statement = {"Sid": "ChangeRoles", "Effect": "Allow", "Action": list(_CHANGE_ROLES), "Resource": roles}
    if boundary:
        add["Condition"] = {"StringEquals": {"iam:PermissionsBoundary": boundary}}
    else:
        change["Action"].append("iam:DeleteRolePermissionsBoundary")
    return [add, change]
