"""Trust in tokens of OpenID Connect: HCP Terraform's runs and the jobs of GitHub Actions and GitLab CI."""

from collections.abc import Sequence

from mwaa.config import Names
from mwaa.policies import Document, document


def provider_arn(names: Names, issuer: str) -> str:
    """Return the ARN of the account's identity provider for an issuer, which is written without https://."""
    return f"arn:{names.partition}:iam::{names.workspace.account}:oidc-provider/{issuer}"


def trust(names: Names, sid: str, issuer: str, audience: str, subjects: Sequence[str]) -> Document:
    """Let the holder of a token of these subjects assume the role. In a subject, `*` stands for any text."""
    operator = "StringLike" if any("*" in subject for subject in subjects) else "StringEquals"
    subject = subjects[0] if len(subjects) == 1 else list(subjects)
    conditions: dict[str, dict[str, object]] = {"StringEquals": {f"{issuer}:aud": audience}}
    conditions.setdefault(operator, {})[f"{issuer}:sub"] = subject
    return document(
        {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"Federated": provider_arn(names, issuer)},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": conditions,
        }
    )
