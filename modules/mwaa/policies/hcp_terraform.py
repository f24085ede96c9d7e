"""What runs of HCP Terraform may do in AWS: plans read, applies write, each only for one workspace there.

Sources: HCP Terraform documentation, "Dynamic credentials with the AWS provider" (audience, subject); IAM service
authorization reference.
"""

from typing import Literal

from mwaa.config import HcpTerraform, Names
from mwaa.policies import Document, document

AUDIENCE = "aws.workload.identity"
Phase = Literal["plan", "apply"]

_READ = (
    *("airflow:GetEnvironment", "airflow:ListTagsForResource"),
    *("codebuild:BatchGetProjects", "codepipeline:GetPipeline", "codepipeline:ListTagsForResource"),
    *("codeconnections:GetConnection", "codeconnections:ListTagsForResource"),
    *("codestar-connections:GetConnection", "codestar-connections:ListTagsForResource"),
    *("ec2:Describe*", "events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule"),
    *("iam:GetOpenIDConnectProvider", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies"),
    *("iam:ListInstanceProfilesForRole", "iam:ListRolePolicies"),
    *("kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListAliases", "kms:ListResourceTags"),
    *("logs:DescribeLogGroups", "logs:ListTagsForResource"),
    *(
        "s3:GetAccelerateConfiguration",
        "s3:GetBucket*",
        "s3:GetEncryptionConfiguration",
        "s3:GetLifecycleConfiguration",
    ),
    *(
        "s3:GetObject",
        "s3:GetObjectAttributes",
        "s3:GetObjectTagging",
        "s3:GetReplicationConfiguration",
        "s3:ListBucket",
    ),
    *("sns:GetSubscriptionAttributes", "sns:GetTopicAttributes", "sns:ListTagsForResource"),
)
"""What the AWS provider reads of the resources that a workspace's stack may hold."""

_WRITE = (
    *("airflow:*", "codebuild:*", "codeconnections:*", "codepipeline:*", "codestar-connections:*", "ec2:*", "events:*"),
    *("kms:*", "logs:*", "s3:*", "sns:*"),
)
"""The services of a workspace's resources, but for IAM."""


def issuer(backend: HcpTerraform) -> str:
    """Return the issuer of the tokens, as IAM writes it: without https://."""
    return backend.hostname


def provider_arn(names: Names, backend: HcpTerraform) -> str:
    """Return the ARN of the account's identity provider for this host."""
    return f"arn:{names.partition}:iam::{names.workspace.account}:oidc-provider/{issuer(backend)}"


def trust(names: Names, backend: HcpTerraform, phase: Phase) -> Document:
    """Let runs of one workspace of HCP Terraform assume the role, in one phase."""
    subject = (
        f"organization:{backend.organization}:project:{backend.project or 'Default Project'}"
        f":workspace:{backend.workspace}:run_phase:{phase}"
    )
    return document(
        {
            "Sid": "HcpTerraformRuns",
            "Effect": "Allow",
            "Principal": {"Federated": provider_arn(names, backend)},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{issuer(backend)}:aud": AUDIENCE, f"{issuer(backend)}:sub": subject}},
        }
    )


def plan_permissions() -> Document:
    """Read what a workspace's stack may hold; write nothing."""
    return document({"Sid": "Read", "Effect": "Allow", "Action": list(_READ), "Resource": "*"})


def apply_permissions(names: Names) -> Document:
    """Read and write what a workspace's stack may hold; in IAM only roles whose names begin as ours do."""
    account = f"arn:{names.partition}:iam::{names.workspace.account}"
    return document(
        {"Sid": "Read", "Effect": "Allow", "Action": list(_READ), "Resource": "*"},
        {"Sid": "Write", "Effect": "Allow", "Action": list(_WRITE), "Resource": "*"},
        {
            "Sid": "RolesOfOurNames",
            "Effect": "Allow",
            "Action": [
                "iam:*Role",
                "iam:*RolePolicy",
                "iam:*RolePolicies",
                "iam:UpdateAssumeRolePolicy",
                "iam:UpdateRoleDescription",
            ],
            "Resource": f"{account}:role/mwaa-*",
        },
        {
            "Sid": "ServiceLinkedRole",
            "Effect": "Allow",
            "Action": "iam:CreateServiceLinkedRole",
            "Resource": f"{account}:role/aws-service-role/airflow.amazonaws.com/*",
        },
    )
