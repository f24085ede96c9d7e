"""The roles with which jobs of GitHub Actions or GitLab CI plan, apply and publish, without any key."""

from typing import Any

from mwaa.config import Names
from mwaa.config.ci import Ci, CiRole
from mwaa.config.types import minutes
from mwaa.constructs.web_identity_roles import WebIdentityRoles
from mwaa.policies import ci as policies
from mwaa.provider import Construct

_LONGEST_SESSION_MINUTES = 720
"""Source: IAM API, CreateRole, MaxSessionDuration."""
_PURPOSE = {"PLAN": "Plans", "APPLY": "Applies", "PUBLISH": "Publishes content to"}


class CiRoles(WebIdentityRoles):
    """A role for each thing that jobs of one repository do: plan, apply, publish. `workspace.ci` says which.

    A session lasts as long as MWAA may take; that of a plan an hour.
    """

    def __init__(self, scope: Construct, id: str, names: Names, ci: Ci, key_arn: str | None) -> None:
        super().__init__(
            scope,
            id,
            names,
            issuer=ci.issuer,
            audience=ci.audience,
            create_provider=ci.identity_provider == "CREATE",
        )
        self.roles: dict[CiRole, Any] = {role: self._ci_role(ci, role, key_arn) for role in ci.roles}
        """The roles by what they are for: PLAN, APPLY, PUBLISH."""

    def _ci_role(self, ci: Ci, role: CiRole, key_arn: str | None) -> Any:
        names = self._names
        return self._role(
            role.lower(),
            role.lower(),
            name=names.ci_role(role),
            description=f"{_PURPOSE[role]} MWAA environment {names.environment}, from {ci.project}",
            trust=policies.trust(names, ci, role),
            permissions=policies.permissions(names, ci, role, key_arn),
            max_session_duration=_session_minutes(names, role) * 60,
        )


def _session_minutes(names: Names, role: CiRole) -> int:
    timeouts = names.workspace.timeouts
    waits = {
        "PLAN": ["30m"],
        "APPLY": [timeouts.create, timeouts.update, timeouts.delete],
        "PUBLISH": [timeouts.update],
    }
    return min(max(map(minutes, waits[role])) + 30, _LONGEST_SESSION_MINUTES)
