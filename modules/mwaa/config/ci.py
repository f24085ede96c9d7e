"""The jobs of GitHub Actions or GitLab CI that may act in AWS, without a stored key: by OpenID Connect.

Sources: GitHub docs, "OpenID Connect reference"; GitLab docs, "OpenID Connect (OIDC) Authentication Using ID Tokens";
IAM user guide, "Create an OpenID Connect identity provider".
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from mwaa.config.errors import accept_kinds, refuse
from mwaa.config.types import Text

CiRole = Literal["PLAN", "APPLY", "PUBLISH"]
"""What a role is for: `terraform plan`, `terraform apply`, or `mwaa publish`."""

GITHUB_ISSUER = "token.actions.githubusercontent.com"
"""The issuer of github.com, as IAM writes it."""
GITLAB = "gitlab.com"

_HOSTNAME = Text(
    "a host name such as github.acme.com, without https://",
    r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+",
)
_REPOSITORY = Text(
    "the repository with its owner, as GitHub spells it: owner/name",
    "[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}",
    "write owner/name, without https:// and the host",
)
_PROJECT_PATH = Text(
    "the project with its groups, as GitLab spells it: group/project",
    "[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+",
    "write group/project, without https:// and the host",
)
_BRANCH = Text(
    "the name of a branch, without * and ?",
    r"(?=.{1,255}$)(?!.*\.\.)[A-Za-z0-9_]([A-Za-z0-9._/+#@=-]*[A-Za-z0-9_+#@=-])?",
)
_ENVIRONMENT = Text("the name of an environment of the repository, without * and ?", "[A-Za-z0-9._/ -]{1,255}")


def _in_brackets(value: Any) -> Any:
    if not isinstance(value, list | tuple) or len(set(map(str, value))) != len(value):
        raise refuse(value, "different texts in brackets", f'write ("{value}",)' if isinstance(value, str) else "")
    return tuple(value)


def _at_least_one(value: Any) -> Any:
    if value in ((), []):
        raise refuse(value, "at least one branch, whose jobs deploy", 'write ("main",)')
    return _in_brackets(value)


_Roles = Annotated[tuple[CiRole, ...], BeforeValidator(_in_brackets)]


class _Ci(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    identity_provider: Literal["CREATE", "EXISTING"] = Field(
        default="CREATE",
        description="Create the account's identity provider, or use the one that exists. An account has one for a "
        "host: of several workspaces in an account, one creates it.",
    )
    roles: _Roles = Field(
        default=(),
        description="The roles to create. Default: PLAN and APPLY where the state is shared and Terraform runs in the "
        'jobs; PUBLISH with `Content(owner="PUBLISH")`.',
    )

    @property
    def issuer(self) -> str:
        """The issuer of the tokens, as IAM writes it: without https://."""
        raise NotImplementedError

    @property
    def audience(self) -> str:
        """The audience that the jobs ask for in their tokens."""
        raise NotImplementedError

    @property
    def project(self) -> str:
        """The repository, as its host spells it."""
        raise NotImplementedError

    @property
    def plan_subjects(self) -> tuple[str, ...]:
        """The subjects of the tokens that may read, `*` for any text."""
        raise NotImplementedError

    @property
    def deploy_subjects(self) -> tuple[str, ...]:
        """The subjects of the tokens that may write."""
        raise NotImplementedError


class GitHubActions(_Ci):
    """Jobs of one repository on GitHub. Pull requests may plan; jobs of the branches or environments may also write.

    GitHub gives no token to a pull request from a fork.
    """

    repository: Annotated[str, BeforeValidator(_REPOSITORY)] = Field(description="The repository, as owner/name.")
    branches: Annotated[tuple[Annotated[str, BeforeValidator(_BRANCH)], ...], BeforeValidator(_in_brackets)] = Field(
        default=(), description="Branches whose jobs may apply and publish without naming an environment."
    )
    environments: Annotated[
        tuple[Annotated[str, BeforeValidator(_ENVIRONMENT)], ...], BeforeValidator(_in_brackets)
    ] = Field(
        default=(),
        description="Environments of the repository, with their reviewers, whose jobs may apply and publish. Default: "
        "without branches, the one named as the workspace.",
    )
    hostname: Annotated[str, BeforeValidator(_HOSTNAME)] = Field(
        default="github.com", description="Host of GitHub, or of a GitHub Enterprise Server."
    )

    @property
    def issuer(self) -> str:
        """The issuer of the tokens, as IAM writes it: without https://."""
        if self.hostname == "github.com":
            return GITHUB_ISSUER
        return f"{self.hostname}/_services/token"

    @property
    def audience(self) -> str:
        """The audience for which `aws-actions/configure-aws-credentials` asks."""
        return "sts.amazonaws.com"

    @property
    def project(self) -> str:
        """The repository."""
        return self.repository

    @property
    def plan_subjects(self) -> tuple[str, ...]:
        """The subjects of pull requests, and of whatever may write."""
        return (f"repo:{self.repository}:pull_request", *self.deploy_subjects)

    @property
    def deploy_subjects(self) -> tuple[str, ...]:
        """The subjects of jobs on the branches, and of jobs that name one of the environments."""
        branches = [f"ref:refs/heads/{branch}" for branch in self.branches]
        environments = [f"environment:{environment}" for environment in self.environments]
        return tuple(f"repo:{self.repository}:{one}" for one in (*branches, *environments))


class GitLabCi(_Ci):
    """Jobs of one project on GitLab. Every branch of the project may plan; jobs of `branches` may also write.

    A token of a fork names the fork. A self-managed GitLab before 18.2.2 names the project in pipelines of merge
    requests from forks: gitlab.com/gitlab-org/gitlab/-/issues/548165.
    """

    project_path: Annotated[str, BeforeValidator(_PROJECT_PATH)] = Field(
        description="The project with its groups, as group/project."
    )
    branches: Annotated[tuple[Annotated[str, BeforeValidator(_BRANCH)], ...], BeforeValidator(_at_least_one)] = Field(
        default=("main",), description="Protected branches whose jobs may apply and publish."
    )
    hostname: Annotated[str, BeforeValidator(_HOSTNAME)] = Field(
        default=GITLAB, description="Host of GitLab. AWS must reach it, to read its keys."
    )

    @property
    def issuer(self) -> str:
        """The issuer of the tokens, as IAM writes it: without https://."""
        return self.hostname

    @property
    def audience(self) -> str:
        """The audience that GitLab's guide to AWS uses, which a job sets in `id_tokens`."""
        return f"https://{self.hostname}"

    @property
    def project(self) -> str:
        """The project."""
        return self.project_path

    @property
    def plan_subjects(self) -> tuple[str, ...]:
        """The subjects of all branches of the project."""
        return (f"project_path:{self.project_path}:ref_type:branch:ref:*",)

    @property
    def deploy_subjects(self) -> tuple[str, ...]:
        """The subjects of jobs on the branches."""
        return tuple(f"project_path:{self.project_path}:ref_type:branch:ref:{branch}" for branch in self.branches)


Ci = GitHubActions | GitLabCi


is_ci = accept_kinds(Ci | None, "GitHubActions(...), GitLabCi(...) or None", "from mwaa import GitHubActions, GitLabCi")


def create_the_same_provider(one: Ci | None, other: Ci | None) -> bool:
    """Whether both would create the identity provider of one host, of which an account has one."""
    if one is None or other is None or one.issuer != other.issuer:
        return False
    return "EXISTING" not in (one.identity_provider, other.identity_provider)


def with_defaults(ci: Ci, workspace: str, roles: tuple[CiRole, ...]) -> Ci:
    """Return `ci` with the defaults that depend on the workspace."""
    if "roles" not in ci.model_fields_set:
        ci = ci.model_copy(update={"roles": roles})
    if isinstance(ci, GitHubActions) and not ci.branches and not ci.environments:
        ci = ci.model_copy(update={"environments": (workspace,)})
    return ci
