"""The role with which GitHub Actions publishes, for teams without CodePipeline; a workspace's `extend` makes it."""

import json

from mwaa.config import Names
from mwaa.config.types import minutes
from mwaa.constructs.role import iam_role
from mwaa.policies import publishing
from mwaa.provider import Construct, Part, aws, resource

_LONGEST_SESSION_MINUTES = 720
"""Source: IAM API, CreateRole, MaxSessionDuration."""


class GitHubPublisher(Part):
    """May do what `mwaa publish` does, called from one repository's jobs in the `environment` named as the workspace.

    The account must know GitHub as an identity provider (token.actions.githubusercontent.com), which no workspace owns.
    A session lasts as long as an update may take. docs/github-actions/publish.yml is the workflow to it.
    """

    def __init__(self, scope: Construct, id: str, names: Names, key_arn: str | None, *, repository: str) -> None:
        super().__init__(scope, id)
        session = min(minutes(names.workspace.timeouts.update) + 30, _LONGEST_SESSION_MINUTES)
        self.role = iam_role(
            self,
            "Resource",
            names,
            name=f"mwaa-{names.workspace.name}-github-publisher",
            description=f"Publishes content to MWAA environment {names.environment} from {repository}",
            trust=publishing.github_trust(names, repository),
            max_session_duration=session * 60,
        )
        resource(
            aws.iam_role_policy.IamRolePolicy,
            self,
            "policy",
            name="publish",
            role=self.role.id,
            policy=json.dumps(publishing.permissions(names, key_arn)),
        )
