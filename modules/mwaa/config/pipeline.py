"""The pipeline of a workspace: its source, approval and notifications. It runs `mwaa check` and `mwaa publish`."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, model_validator

from mwaa.config.errors import Problem, refuse, refuse_all, show
from mwaa.config.types import BucketPath, Text

Provider = Literal["GitHub", "GitHubEnterpriseServer", "GitLab", "GitLabSelfManaged", "Bitbucket", "AzureDevOps"]
"""The Git providers of AWS CodeConnections. Source: botocore 1.44.5, codeconnections, ProviderType."""

SELF_HOSTED: frozenset[str] = frozenset({"GitHubEnterpriseServer", "GitLabSelfManaged"})
"""Self-hosted providers. CodeConnections needs a host for them (CreateHost)."""

CONNECTIONS = "https://docs.aws.amazon.com/dtconsole/latest/userguide/connections.html"
GLOBS = "https://docs.aws.amazon.com/codepipeline/latest/userguide/syntax-glob.html"
PATHS_LIMIT = 8
"""The maximum number of patterns of a trigger. Source: CloudFormation reference, GitFilePathFilterCriteria."""


@dataclass(frozen=True, slots=True)
class _Several:
    """A validator for a list of values of one kind. Reports each wrong value."""

    expected: str
    each: Text
    least: int
    most: int

    def __call__(self, value: object) -> object:
        if not isinstance(value, list | tuple) or not self.least <= len(value) <= self.most:
            raise refuse(value, self.expected)
        wrong = [(index, one) for index, one in enumerate(value) if not self.each.matches(one)]
        if wrong:
            raise refuse_all(
                [Problem(str(index), show(one), self.each.expected, docs=self.each.docs) for index, one in wrong]
            )
        return value


Branch = Annotated[
    str,
    BeforeValidator(
        Text(
            "the name of a branch: 1-255 letters, digits and ._/+#@=-",
            r"(?=.{1,255}$)(?!.*\.\.)[A-Za-z0-9_]([A-Za-z0-9._/+#@=-]*[A-Za-z0-9_+#@=-])?",
        )
    ),
]
RepositoryPath = Annotated[
    str,
    BeforeValidator(
        Text(
            "the repository with its owner: owner/name, on GitLab also group/subgroup/name",
            r"(?=.{3,100}$)[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)+",
            "write owner/name, without https:// and the host",
        )
    ),
]
RepositoryName = Annotated[
    str,
    BeforeValidator(
        Text("the name of a CodeCommit repository: 1-100 letters, digits and ._-", "[A-Za-z0-9._-]{1,100}")
    ),
]
ConnectionArn = Annotated[
    str,
    BeforeValidator(
        Text(
            "the ARN of a connection: arn:aws:codeconnections:<region>:<account>:connection/<id>",
            "arn:aws(-[a-z]+)?:(codeconnections|codestar-connections):[a-z0-9-]+:[0-9]{12}:connection/[a-f0-9-]{36}",
            "aws codeconnections list-connections",
            CONNECTIONS,
        )
    ),
]
HostArn = Annotated[
    str,
    BeforeValidator(
        Text(
            "the ARN of a host: arn:aws:codeconnections:<region>:<account>:host/<name>-<id>",
            "arn:aws(-[a-z]+)?:(codeconnections|codestar-connections):[a-z0-9-]+:[0-9]{12}:host/[A-Za-z0-9-]{1,128}",
            "aws codeconnections list-hosts",
            CONNECTIONS,
        )
    ),
]
TopicArn = Annotated[
    str,
    BeforeValidator(
        Text(
            "the ARN of an SNS topic: arn:aws:sns:<region>:<account>:<name>",
            "arn:aws(-[a-z]+)?:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}",
            "aws sns list-topics",
        )
    ),
]
AnyBucketName = Annotated[
    str,
    BeforeValidator(
        Text("the name of a bucket: 3-63 lowercase letters, digits, - and .", "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
    ),
]
_PATH = Text(
    "a pattern of 1-255 characters, from the repository's root, such as dags/**",
    r"(?!/)[^\x00-\x1f]{1,255}",
    docs=GLOBS,
)
Paths = Annotated[
    tuple[str, ...],
    BeforeValidator(_Several(f'1 to {PATHS_LIMIT} patterns in brackets: ["dags/**"]', _PATH, 1, PATHS_LIMIT)),
]
_ADDRESS = Text("an e-mail address", r"[^@\s]+@[^@\s]+\.[^@\s]+")
Addresses = Annotated[
    tuple[str, ...],
    BeforeValidator(_Several('at most 20 e-mail addresses in brackets: ["data@example.com"]', _ADDRESS, 0, 20)),
]


class ConnectionSource(BaseModel):
    """A repository at a Git provider, through AWS CodeConnections. A push starts the pipeline at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: Provider = Field(description="Where the repository is.")
    repository: RepositoryPath = Field(description="The repository with its owner, such as acme/airflow.")
    branch: Branch = Field(default="main", description="The branch that is published.")
    connection_arn: ConnectionArn | None = Field(
        default=None,
        description="An existing connection. Default: one is created, and stays PENDING until somebody completes it in "
        "the console.",
    )
    host_arn: HostArn | None = Field(
        default=None,
        description="The host of GitHubEnterpriseServer or GitLabSelfManaged, for a connection that is created.",
    )
    paths: Paths | None = Field(
        default=None,
        description="Only pushes that change a file under one of these patterns start the pipeline. "
        "Default: the workspace's content and file, the shared files beside it, modules/ and locks/publish.txt.",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if problems := _connection_problems(self):
            raise refuse_all(problems)
        return self


def _no_paths(data: Any) -> Any:
    """Refuse `paths`: EventBridge, which starts the pipeline for these sources, does not know the changed files."""
    if isinstance(data, dict) and "paths" in data:
        allowed = "no paths: only a connection filters by path"
        raise refuse(data["paths"], allowed, "remove paths, or use ConnectionSource", field="paths")
    return data


class CodeCommitSource(BaseModel):
    """A CodeCommit repository of the workspace's account and region. Every push to the branch starts the pipeline.

    It cannot filter by path; only a connection can.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    _only_known = model_validator(mode="before")(_no_paths)

    repository: RepositoryName = Field(description="Name of the repository.")
    branch: Branch = Field(default="main", description="The branch that is published.")


class S3Source(BaseModel):
    """A zip of the project in S3. Every upload starts the pipeline.

    The bucket must be versioned and send its events to EventBridge.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    _only_known = model_validator(mode="before")(_no_paths)

    bucket: AnyBucketName = Field(description="A bucket of this account and region, versioned, with EventBridge on.")
    key: BucketPath = Field(description="The zip's key, such as airflow.zip.")


Source = ConnectionSource | CodeCommitSource | S3Source


@dataclass(frozen=True, slots=True)
class _OneOfSources:
    """A validator for a part that is one of several classes."""

    expected: str = "ConnectionSource(...), CodeCommitSource(...) or S3Source(...)"

    def __call__(self, value: object) -> object:
        if isinstance(value, Source):
            return value
        raise refuse(value, self.expected, "from mwaa import ConnectionSource, CodeCommitSource, S3Source")


class Pipeline(BaseModel):
    """A CodePipeline that checks and publishes each revision. `mwaa publish` then owns the object versions.

    It publishes one revision at a time; of several that wait, only the newest runs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Annotated[Source, BeforeValidator(_OneOfSources())] = Field(
        description="The repository, or the zip in S3, whose changes are published."
    )
    content_only: StrictBool = Field(
        default=False,
        description="The source holds only the content: dags, plugins, requirements and startup script. The builds "
        "install mwaa and read this workspace from the source bucket, where the stack puts both.",
    )
    approval: StrictBool = Field(default=False, description="Wait until a person who sees the changes approves them.")
    notify: Addresses = Field(
        default=(),
        description="E-mail addresses for failures and pending approvals. Each recipient must confirm.",
    )
    topic_arn: TopicArn | None = Field(
        default=None,
        description="An existing SNS topic to use instead; its policy must let events.amazonaws.com publish. "
        "Default: one is created.",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.topic_arn and self.notify:
            fix = "remove notify, and subscribe the addresses to the topic"
            raise refuse(self.notify, "no addresses beside topic_arn", fix, field="notify")
        return self


def _connection_problems(source: ConnectionSource) -> list[Problem]:
    given, self_hosted = show(source.host_arn), source.provider in SELF_HOSTED
    if source.connection_arn:
        allowed = "no host_arn beside connection_arn: the existing connection has its host"
        return [Problem("host_arn", given, allowed, "remove it", CONNECTIONS)] if source.host_arn else []
    if source.provider == "AzureDevOps":
        # The enumeration of AWS provider 5.100 has no AzureDevOps; from which version on is unverified.
        allowed = "an existing connection: not every AWS provider of Terraform can create one to AzureDevOps"
        fix = "create it in the console (Developer Tools, Connections), and set connection_arn to its ARN"
        return [Problem("connection_arn", "nothing", allowed, fix, CONNECTIONS)]
    if self_hosted and not source.host_arn:
        allowed = f"the host of {source.provider}, or connection_arn"
        fix = "create it in the console (Developer Tools, Hosts), and set host_arn to its ARN"
        return [Problem("host_arn", "nothing", allowed, fix, CONNECTIONS)]
    if source.host_arn and not self_hosted:
        return [
            Problem("host_arn", given, f"no host_arn: {source.provider} is not self-hosted", "remove it", CONNECTIONS)
        ]
    return []
