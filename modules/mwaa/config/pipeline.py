"""The pipeline of a workspace: what starts it, who approves, who is told. It runs `mwaa check` and `mwaa publish`."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, model_validator

from mwaa.config.errors import Problem, refuse, refuse_all, show
from mwaa.config.types import BucketPath, Text

Provider = Literal["GitHub", "GitHubEnterpriseServer", "GitLab", "GitLabSelfManaged", "Bitbucket", "AzureDevOps"]
"""What AWS CodeConnections connects to. Source: botocore 1.44.5, codeconnections, ProviderType."""

SELF_HOSTED: frozenset[str] = frozenset({"GitHubEnterpriseServer", "GitLabSelfManaged"})
"""Providers on a host of somebody's own, which CodeConnections must know first (CreateHost)."""

CONNECTIONS = "https://docs.aws.amazon.com/dtconsole/latest/userguide/connections.html"
GLOBS = "https://docs.aws.amazon.com/codepipeline/latest/userguide/syntax-glob.html"
PATHS_LIMIT = 8
"""Patterns that a trigger takes at most. Source: CloudFormation reference, GitFilePathFilterCriteria."""


@dataclass(frozen=True, slots=True)
class _Several:
    """A validator for several values of one kind, in an order that stays. Tells each one that is wrong."""

    expected: str
    each: Text
    least: int
    most: int

    def __call__(self, value: object) -> object:
        if not isinstance(value, list | tuple) or not self.least <= len(value) <= self.most:
            raise refuse(value, self.expected)
        wrong = [(index, one) for index, one in enumerate(value) if not self.each.fits(one)]
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
            "write neither https:// nor the host",
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
            "`aws codeconnections list-connections` shows it",
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
            "`aws codeconnections list-hosts` shows it",
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
            "`aws sns list-topics` shows it",
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
        description="A connection that exists. Default: one is made, and is PENDING until somebody finishes it once in "
        "the console.",
    )
    host_arn: HostArn | None = Field(
        default=None,
        description="The host of GitHubEnterpriseServer or GitLabSelfManaged, for a connection to be made.",
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
    """EventBridge, which starts the pipeline for these sources, is not told which files have changed."""
    if isinstance(data, dict) and "paths" in data:
        allowed = "no paths: only a connection tells which files a push changed"
        raise refuse(data["paths"], allowed, "take ConnectionSource, or leave them out", field="paths")
    return data


class CodeCommitSource(BaseModel):
    """A CodeCommit repository of the workspace's account and region. Every push to the branch starts the pipeline.

    Nobody tells which files it changed: only connections can filter by path.
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
class _ASource:
    """A validator for a part that is one of several classes."""

    expected: str = "ConnectionSource(...), CodeCommitSource(...) or S3Source(...)"

    def __call__(self, value: object) -> object:
        if isinstance(value, Source):
            return value
        raise refuse(value, self.expected, "from mwaa import ConnectionSource, CodeCommitSource, S3Source")


class Pipeline(BaseModel):
    """A CodePipeline that checks and publishes each revision. Publishing then owns the object versions.

    Two revisions are never published at once; of several that wait, only the newest goes on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Annotated[Source, BeforeValidator(_ASource())] = Field(
        description="The repository, or the zip in S3, whose changes are published."
    )
    approval: StrictBool = Field(
        default=False, description="Wait for a person, who sees what would be published, before anything is published."
    )
    notify: Addresses = Field(
        default=(),
        description="E-mail addresses that are told of failures and of approvals that wait. Each must confirm.",
    )
    topic_arn: TopicArn | None = Field(
        default=None,
        description="An SNS topic that is told instead; its policy must let events.amazonaws.com publish. "
        "Default: one is made.",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.topic_arn and self.notify:
            fix = "subscribe them to the topic that exists"
            raise refuse(self.notify, "no addresses beside topic_arn", fix, field="notify")
        return self


def _connection_problems(source: ConnectionSource) -> list[Problem]:
    given, self_hosted = show(source.host_arn), source.provider in SELF_HOSTED
    if source.connection_arn:
        allowed = "none beside connection_arn: the connection that exists knows its host"
        return [Problem("host_arn", given, allowed, "leave it out", CONNECTIONS)] if source.host_arn else []
    if source.provider == "AzureDevOps":
        # The enumeration of AWS provider 5.100 has no AzureDevOps; from which version on is unverified.
        allowed = "a connection that exists: not every AWS provider of Terraform can make one to AzureDevOps"
        fix = "make it in the console (Developer Tools, Connections) and write its ARN"
        return [Problem("connection_arn", "nothing", allowed, fix, CONNECTIONS)]
    if self_hosted and not source.host_arn:
        allowed = f"the host of {source.provider}, or connection_arn"
        fix = "make it in the console (Developer Tools, Hosts) and write its ARN"
        return [Problem("host_arn", "nothing", allowed, fix, CONNECTIONS)]
    if source.host_arn and not self_hosted:
        return [
            Problem("host_arn", given, f"none: {source.provider} has no host of its own", "leave it out", CONNECTIONS)
        ]
    return []
