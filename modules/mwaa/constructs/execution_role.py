"""The role with which Airflow's components and tasks act."""

import json
from typing import Any

from mwaa.config import Names
from mwaa.policies import Statement, document
from mwaa.policies.execution_role import permissions, trust
from mwaa.provider import Construct, Part, aws, resource


class ExecutionRole(Part):
    """The documented permissions and no more; a team adds its own in `extend(stack)` with the `grant_` methods.

    Additions land in one policy of their own, `team`, so that what MWAA needs stays as documented.
    """

    def __init__(self, scope: Construct, id: str, names: Names, key_arn: str | None) -> None:
        super().__init__(scope, id)
        self._names = names
        self._additions: list[Statement] = []
        self.role = resource(
            aws.iam_role.IamRole,
            self,
            "Resource",
            name=names.execution_role,
            description=f"Execution role of MWAA environment {names.environment}",
            assume_role_policy=json.dumps(trust(names)),
        )
        self.policy = self._policy("mwaa", json.dumps(permissions(names, key_arn)))
        self._team: Any = None

    def grant_bucket_read(self, bucket: str, prefix: str = "") -> None:
        """Lets tasks list and read a bucket (a name), or only what lies under a prefix such as `raw/`."""
        arn = f"arn:{self._names.partition}:s3:::{bucket}"
        listing: Statement = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": arn}
        if prefix:
            listing["Condition"] = {"StringLike": {"s3:prefix": f"{prefix}*"}}
        self.add_statement(listing)
        self.add_statement({"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{arn}/{prefix}*"})

    def grant_secrets(self, *prefixes: str) -> None:
        """Lets tasks read Secrets Manager secrets whose name begins so, such as `airflow/connections`.

        The actions are those of Airflow's secrets backend. Source: MWAA user guide, connections-secrets-manager.
        """
        self.add_statement(
            {
                "Effect": "Allow",
                "Action": [
                    "secretsmanager:GetSecretValue",
                    "secretsmanager:DescribeSecret",
                    "secretsmanager:GetResourcePolicy",
                    "secretsmanager:ListSecretVersionIds",
                ],
                "Resource": [self._names.arn("secretsmanager", f"secret:{prefix}*") for prefix in prefixes],
            }
        )

    def add_statement(self, statement: Statement) -> None:
        """Adds an IAM statement, a dict with `Effect`, `Action`, `Resource`. Raises ValueError if one is missing."""
        missing = [name for name in ("Effect", "Action", "Resource") if not {name, f"Not{name}"} & statement.keys()]
        if missing:
            raise ValueError(f"the statement {statement} lacks {', '.join(missing)}")
        self._additions.append(statement)
        policy = json.dumps(document(*self._additions))
        if self._team is None:
            self._team = self._policy("team", policy)
        else:
            self._team.policy = policy

    def _policy(self, name: str, policy: str) -> Any:
        kind = aws.iam_role_policy.IamRolePolicy
        return resource(kind, self, name, name=name, role=self.role.id, policy=policy)
