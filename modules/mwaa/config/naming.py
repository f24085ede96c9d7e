"""The physical names and ARNs of a workspace. Constructs, checks and operations all read them here."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

from mwaa.aws_facts.logs import LOG_GROUP_SUFFIXES
from mwaa.config.ci import CiRole
from mwaa.config.organization import form_name
from mwaa.config.validation import PUBLISHING_PREFIX

if TYPE_CHECKING:  # which checks its names by this module
    from mwaa.config.workspace import Workspace

Stage = Literal["check", "publish"]
"""The stages of a pipeline that run a build."""


@dataclass(frozen=True, slots=True)
class Names:
    """The physical names of a workspace that has its name."""

    workspace: "Workspace"

    @property
    def partition(self) -> str:
        return "aws-cn" if self.workspace.region.startswith("cn-") else "aws"

    @property
    def service_suffix(self) -> str:
        """Domain of AWS service principals that carry a region, such as `logs.<region>.amazonaws.com`."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    @property
    def environment(self) -> str:
        return self.workspace.environment_name

    @property
    def environment_arn(self) -> str:
        return self.arn("airflow", f"environment/{self.environment}")

    @property
    def bucket(self) -> str:
        return self.workspace.source_bucket.name or self._form(self.workspace.naming.source_bucket)

    @property
    def bucket_arn(self) -> str:
        return f"arn:{self.partition}:s3:::{self.bucket}"

    @property
    def publishing_prefix(self) -> str:
        """The prefix in the source bucket of what publishing keeps beside the content."""
        return PUBLISHING_PREFIX

    @property
    def tool_prefix(self) -> str:
        """The prefix in the source bucket of the tool and the workspace, for builds of a content repository.

        Not in the artifact bucket, where everything expires.
        """
        return f"{PUBLISHING_PREFIX}tool/"

    @property
    def releases_prefix(self) -> str:
        """The prefix of the release records in the source bucket."""
        return f"{PUBLISHING_PREFIX}releases/"

    @property
    def publishing_lock(self) -> str:
        """The object in the source bucket that locks publishing."""
        return f"{PUBLISHING_PREFIX}publishing.json"

    @property
    def execution_role(self) -> str:
        role = self.workspace.execution_role
        return role.arn.rsplit("/", 1)[1] if role.arn else role.name or self.role("execution")

    @property
    def execution_role_arn(self) -> str:
        return self.workspace.execution_role.arn or self.role_arn(self.execution_role)

    @property
    def flow_logs_role(self) -> str:
        return self.role("flow-logs")

    @property
    def key_alias(self) -> str:
        return f"alias/{self.name()}"

    @property
    def flow_log_group(self) -> str:
        return self._form(self.workspace.naming.log_group, "vpc-flow-logs")

    @property
    def pipeline(self) -> str:
        """Name of the pipeline and of the connection created for it."""
        return self.name()

    @property
    def pipeline_arn(self) -> str:
        return self.arn("codepipeline", self.pipeline)

    @property
    def artifact_bucket(self) -> str:
        """Bucket of the artifacts that pass from stage to stage."""
        return self._form(self.workspace.naming.artifact_bucket)

    @property
    def artifact_bucket_arn(self) -> str:
        return f"arn:{self.partition}:s3:::{self.artifact_bucket}"

    @property
    def pipeline_topic(self) -> str:
        """Name of the topic that is made."""
        return self.name("pipeline")

    @property
    def pipeline_topic_arn(self) -> str:
        """The topic for failures and pending approvals."""
        pipeline = self.workspace.pipeline
        return (pipeline and pipeline.topic_arn) or self.arn("sns", self.pipeline_topic)

    @property
    def pipeline_start_rule(self) -> str:
        """Name of the rule that starts the pipeline if the source does not."""
        return self.name("pipeline-start")

    @property
    def pipeline_start_role(self) -> str:
        """Name of the role of that rule."""
        return self.role("pipeline-start")

    @property
    def pipeline_failure_rule(self) -> str:
        """Name of the rule that reports failures."""
        return self.name("pipeline-failed")

    @property
    def pipeline_role(self) -> str:
        return self.role("pipeline")

    def build_project(self, stage: Stage) -> str:
        """Return the name of a stage's build project."""
        return self.name(stage)

    def build_role(self, stage: Stage) -> str:
        """Return the name of the role of a stage's builds."""
        return self.role(stage)

    def build_project_arn(self, stage: Stage) -> str:
        return self.arn("codebuild", f"project/{self.build_project(stage)}")

    def build_log_group(self, stage: Stage) -> str:
        """Return the log group of a stage's builds."""
        return self._form(self.workspace.naming.log_group, f"pipeline/{stage}")

    def build_cache(self, stage: Stage) -> str:
        """Return the prefix in the artifact bucket of a stage's build cache."""
        return f"cache/{stage}"

    def rule_arn(self, rule: str) -> str:
        """Return the ARN of an EventBridge rule."""
        return self.arn("events", f"rule/{rule}")

    def role_arn(self, name: str) -> str:
        """Return the ARN of a role that the workspace makes."""
        return f"arn:{self.partition}:iam::{self.workspace.account}:role{self.workspace.roles.path}{name}"

    @property
    def role_prefix(self) -> str:
        """What the names of made roles of all workspaces with this naming begin with."""
        return self.workspace.roles.name_prefix + self.workspace.naming.pattern.partition("{")[0]

    def role(self, kind: str) -> str:
        """Return the name of a role that the workspace makes; `*` as kind stands for all of them."""
        return self.workspace.roles.name_prefix + self.name(kind)

    def name(self, kind: str = "") -> str:
        """Return the name of what the workspace makes: the pattern of `naming`."""
        return self._form(self.workspace.naming.pattern, kind)

    def _form(self, pattern: str, kind: str = "") -> str:
        ws = self.workspace
        return form_name(pattern, workspace=ws.name, kind=kind, account=ws.account, region=ws.region)

    def ci_role(self, role: CiRole) -> str:
        """Return the name of a role that jobs of GitHub Actions or GitLab CI assume."""
        return self.role(f"ci-{role.lower()}")

    @property
    def made_roles(self) -> list[str]:
        """The ARNs of the roles that the stack makes, `*` for any text: a team's own may be among `mwaa-<name>-*`."""
        own, execution = self.role("*"), self.workspace.execution_role
        named = [execution.name] if execution.name and not fnmatchcase(execution.name, own) else []
        return [self.role_arn(name) for name in (own, *named)]

    @property
    def log_groups(self) -> dict[str, str]:
        """Names of the log groups by field of `Logging`. MWAA sets these names."""
        return {field: f"airflow-{self.environment}-{suffix}" for field, suffix in LOG_GROUP_SUFFIXES.items()}

    @property
    def log_group_arns(self) -> list[str]:
        """What a policy names for the log groups: each group and its streams.

        Not `airflow-<environment>-*`: for `mwaa-etl` that covers the groups of `mwaa-etl-prod` too.
        """
        arns = [self.arn("logs", f"log-group:{name}") for name in self.log_groups.values()]
        return [f"{arn}{part}" for arn in arns for part in ("", ":*")]

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource in the workspace's account and region."""
        return f"arn:{self.partition}:{service}:{self.workspace.region}:{self.workspace.account}:{resource}"

    @property
    def default_tags(self) -> dict[str, str]:
        """The tags of every resource."""
        own = self.workspace.own_tags
        added = {own.managed_by: "terraform", own.workspace: self.workspace.name}
        return {key: value for key, value in added.items() if key} | self.workspace.tags

    def tag(self, what: str) -> str:
        """Return the value of the `Name` tag of a resource without a physical name."""
        return self.name(what)

    def name_tag(self, value: str) -> dict[str, str]:
        """Return the tag that names a resource, or none where `own_tags` leaves it out."""
        key = self.workspace.own_tags.name
        return {key: value} if key else {}

    def network_tag(self, workspace: str, what: str) -> dict[str, str]:
        """Return the tag by which `NetworkOf(workspace)` finds a resource of that workspace's network."""
        ws = self.workspace
        value = form_name(ws.naming.pattern, workspace=workspace, kind=what, account=ws.account, region=ws.region)
        return self.name_tag(value)
