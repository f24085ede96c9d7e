"""The role with which Airflow's components and tasks act."""

import json
from typing import Any

from mwaa.config import Names
from mwaa.constructs.role import iam_role
from mwaa.policies import Statement, document
from mwaa.policies.execution_role import permissions, trust
from mwaa.policies.task_access import additions, bucket_access, parameters_access, secrets_access
from mwaa.provider import Construct, Part, aws, resource


class ExecutionRole(Part):
    """The documented permissions and what the workspace declares; `extend(stack)` adds more with the `grant_` methods.

    Additions land in one policy of their own, `team`, so that what MWAA needs stays as documented.
    """

    def __init__(self, scope: Construct, id: str, names: Names, key_arn: str | None) -> None:
        super().__init__(scope, id)
        self._names = names
        self._additions: list[Statement] = []
        config = names.workspace.execution_role
        self._team: Any = None
        self.role: Any = None
        """The role that is made, or None."""
        self.ready: list[Any] = []
        """What must hold before the environment is created."""
        if config.arn:
            self.arn: str = config.arn
            """ARN of the role."""
            return
        self.role = iam_role(
            self,
            "Resource",
            names,
            name=names.execution_role,
            description=f"Execution role of MWAA environment {names.environment}",
            trust=trust(names),
        )
        self.arn = self.role.arn
        self.ready.append(self._policy("mwaa", json.dumps(permissions(names, key_arn))))
        if config.managed_policy_arns:
            self.ready.append(self._attach(config.managed_policy_arns))
        for statement in additions(names):
            self.add_statement(statement)

    def grant_bucket_read(self, bucket: str, prefix: str = "") -> None:
        """Lets tasks list and read a bucket (a name), or only what lies under a prefix such as `raw/`."""
        for statement in bucket_access(self._names, bucket, prefix):
            self.add_statement(statement)

    def grant_bucket_read_write(self, bucket: str, prefix: str = "") -> None:
        """Lets tasks list a bucket (a name) and read, write and delete its objects, or only those under a prefix."""
        for statement in bucket_access(self._names, bucket, prefix, write=True):
            self.add_statement(statement)

    def grant_secrets(self, *prefixes: str) -> None:
        """Lets tasks read Secrets Manager secrets whose name begins so, such as `airflow/connections`.

        The actions are those of Airflow's secrets backend. Source: MWAA user guide, connections-secrets-manager.
        """
        self.add_statement(secrets_access(self._names, prefixes))

    def grant_parameters(self, *prefixes: str) -> None:
        """Lets tasks read parameters of SSM's Parameter Store whose name begins so, such as `/airflow/connections`."""
        self.add_statement(parameters_access(self._names, prefixes))

    def add_statement(self, statement: Statement) -> None:
        """Adds an IAM statement, a dict with `Effect`, `Action`, `Resource`.

        Raises ValueError if one is missing, or if the role is an existing one.
        """
        if self.role is None:
            raise ValueError(
                f"nothing is added to the existing execution role {self.arn}: add the permission where it is defined, "
                "or remove execution_role.arn"
            )
        missing = [name for name in ("Effect", "Action", "Resource") if not {name, f"Not{name}"} & statement.keys()]
        if missing:
            raise ValueError(f"the statement {statement} lacks {', '.join(missing)}")
        self._additions.append(statement)
        policy = json.dumps(document(*self._additions))
        if self._team is None:
            self._team = self._policy("team", policy)
        else:
            self._team.policy = policy

    def _attach(self, policies: tuple[str, ...]) -> Any:
        kind = aws.iam_role_policy_attachment.IamRolePolicyAttachment
        attached = resource(kind, self, "managed", role=self.role.name, policy_arn="${each.key}")
        attached.add_override("for_each", {arn: arn for arn in policies})
        return attached

    def _policy(self, name: str, policy: str) -> Any:
        kind = aws.iam_role_policy.IamRolePolicy
        return resource(kind, self, name, name=name, role=self.role.id, policy=policy)
