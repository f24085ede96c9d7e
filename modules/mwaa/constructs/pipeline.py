"""From the repository to S3: a CodePipeline that checks, waits for approval where wanted, and publishes."""

import json
from typing import Any

from mwaa.config import CodeCommitSource, ConnectionSource, Names, S3Source
from mwaa.config.naming import Stage
from mwaa.config.pipeline import SELF_HOSTED, Source
from mwaa.config.types import minutes
from mwaa.constructs import buildspec
from mwaa.constructs.log_groups import log_group
from mwaa.constructs.pipeline_source import change_event, origin_variables, triggers
from mwaa.constructs.private_bucket import PrivateBucket
from mwaa.constructs.role import iam_role
from mwaa.policies import Document, document, publishing
from mwaa.policies import pipeline as policies
from mwaa.policies.encryption_key import topic_key_policy
from mwaa.provider import Construct, Part, aws, literal, resource

ARTIFACT_DAYS = 30
"""Days that a revision on its way is kept. An approval waits 7 at most (CodePipeline user guide, limits)."""

CHECK_MINUTES = 60
_COMPUTE = {"check": "BUILD_GENERAL1_MEDIUM", "publish": "BUILD_GENERAL1_SMALL"}
"""The check imports every DAG under a real Airflow; publishing mostly waits."""
_SPARE_MINUTES = 30
_LONGEST_BUILD = 2160
"""Minutes that CodeBuild lets a build run at most. Source: provider docs of aws_codebuild_project, build_timeout."""


class Pipeline(Part):
    """Source, Check, Approve where wanted, Publish. `topic_arn` receives failures and approvals that wait.

    Its execution mode is SUPERSEDED: a stage holds one revision at a time, so no two are ever published at once, and of
    those that wait only the newest goes on. In QUEUED mode each would be published, half an hour of rolling each, to
    states that the next one replaces: a revision is the whole content, so nothing is lost by leaving one out.

    `file` is the workspace's own file, relative to the project's root.
    """

    def __init__(self, scope: Construct, id: str, names: Names, file: str, key_arn: str | None) -> None:
        super().__init__(scope, id)
        config = names.workspace.pipeline
        assert config is not None  # the stack asks for this construct only then
        self._names, self._key_arn = names, key_arn
        self.artifacts = ArtifactBucket(self, "artifacts", names, key_arn)
        """The bucket of what passes from stage to stage."""
        self.topic_key: Any = self._topic_key() if key_arn and not config.topic_arn else None
        """The key of the topic, where the workspace has a key of its own."""
        self.topic_arn: str = config.topic_arn or self._topic(config.notify)
        """ARN of the topic for failures and pending approvals."""
        self.connection, connection_arn = self._connection(config.source)
        """The connection to the Git provider that is created, or None."""
        self.roles: dict[str, Any] = {}
        """Role of each stage that runs a build, for `extend`."""
        builds: dict[Stage, Any] = {
            "check": self._build(
                "check", buildspec.check(names), publishing.read_permissions(names, key_arn), CHECK_MINUTES
            ),
            "publish": self._build(
                "publish", buildspec.publish(names), publishing.permissions(names, key_arn), _publish_minutes(names)
            ),
        }
        role, policy = self._role(
            "role",
            names.pipeline_role,
            policies.pipeline_trust(names),
            policies.pipeline_permissions(
                names, key_arn, connection_arn, self.topic_key.arn if self.topic_key else key_arn
            ),
        )
        stage = aws.codepipeline.CodepipelineStage
        stages = [
            stage(name="Source", action=[self._source(config.source, connection_arn)]),
            stage(name="Check", action=[self._run("Check", builds["check"])]),
            *([stage(name="Approve", action=[self._approval()])] if config.approval else []),
            stage(name="Publish", action=[self._run("Publish", builds["publish"], origin_variables(config.source))]),
        ]
        self.pipeline = resource(
            aws.codepipeline.Codepipeline,
            self,
            "Resource",
            name=names.pipeline,
            pipeline_type="V2",
            execution_mode="SUPERSEDED",
            role_arn=role.arn,
            artifact_store=[
                aws.codepipeline.CodepipelineArtifactStore(
                    location=self.artifacts.id,
                    type="S3",
                    encryption_key={"id": key_arn, "type": "KMS"} if key_arn else None,
                )
            ],
            stage=stages,
            trigger=triggers(config.source, names, file),
            depends_on=[policy, *self.artifacts.ready],
        )
        """The resource aws_codepipeline."""
        if not isinstance(config.source, ConnectionSource):
            self._start_rule(config.source)
        self._failure_rule()

    def _topic_key(self) -> Any:
        return resource(
            aws.kms_key.KmsKey,
            self,
            "topic_key",
            description=f"Topic of the pipeline of MWAA environment {self._names.environment}",
            deletion_window_in_days=7,
            enable_key_rotation=True,
            policy=json.dumps(topic_key_policy(self._names)),
            tags=self._names.name_tag(self._names.tag("topic-key")) or None,
        )

    def _topic(self, addresses: tuple[str, ...]) -> str:
        names = self._names
        topic = resource(
            aws.sns_topic.SnsTopic,
            self,
            "topic",
            name=names.pipeline_topic,
            kms_master_key_id=self.topic_key.arn if self.topic_key else None,
        )
        resource(
            aws.sns_topic_policy.SnsTopicPolicy,
            self,
            "topic_policy",
            arn=topic.arn,
            policy=json.dumps(policies.topic(names)),
        )
        if addresses:
            subscription = resource(
                aws.sns_topic_subscription.SnsTopicSubscription,
                self,
                "subscriptions",
                topic_arn=topic.arn,
                protocol="email",
                endpoint="${each.key}",
            )
            subscription.add_override("for_each", {literal(address): literal(address) for address in addresses})
        return str(topic.arn)

    def _connection(self, source: Source) -> tuple[Any, str | None]:
        """The connection that is made, if one is, and the ARN of the one that is used, if one is."""
        if not isinstance(source, ConnectionSource):
            return None, None
        if source.connection_arn:
            return None, source.connection_arn
        connection = resource(
            aws.codeconnections_connection.CodeconnectionsConnection,
            self,
            "connection",
            name=self._names.pipeline,
            # A host knows its provider, and the API takes one of the two.
            **({"host_arn": source.host_arn} if source.provider in SELF_HOSTED else {"provider_type": source.provider}),
        )
        return connection, connection.arn

    def _role(self, id: str, name: str, trust: Document, *permissions: Document) -> tuple[Any, Any]:
        role = iam_role(self, id, self._names, name=name, trust=trust)
        statements = [statement for one in permissions for statement in one["Statement"]]
        policy = resource(
            aws.iam_role_policy.IamRolePolicy,
            self,
            f"{id}_policy",
            name="pipeline",
            role=role.id,
            policy=json.dumps(document(*statements)),
        )
        return role, policy

    def _build(self, stage: Stage, spec: buildspec.Buildspec, allowed: Document, timeout: int) -> Any:
        names = self._names
        group = log_group(self, f"{stage}_log", names, names.build_log_group(stage), self._key_arn)
        role, policy = self._role(
            f"{stage}_role",
            names.build_role(stage),
            policies.build_trust(names, stage),
            policies.build_permissions(names, stage, self._key_arn),
            allowed,
        )
        self.roles[stage] = role
        return resource(
            aws.codebuild_project.CodebuildProject,
            self,
            stage,
            name=names.build_project(stage),
            description=f"{stage.capitalize()} stage of the pipeline of {names.environment}",
            service_role=role.arn,
            build_timeout=timeout,
            encryption_key=self._key_arn,
            source={"type": "CODEPIPELINE", "buildspec": literal(spec.text())},
            artifacts={"type": "CODEPIPELINE"},
            environment={"type": "LINUX_CONTAINER", "compute_type": _COMPUTE[stage], "image": buildspec.IMAGE},
            cache={"type": "S3", "location": f"{self.artifacts.id}/{names.build_cache(stage)}"},
            logs_config={"cloudwatch_logs": {"group_name": group.name}},
            depends_on=[policy],
        )

    def _source(self, source: Source, connection_arn: str | None) -> Any:
        configuration: dict[str, str]
        match source:
            case CodeCommitSource():
                provider = "CodeCommit"
                configuration = {
                    "RepositoryName": source.repository,
                    "BranchName": source.branch,
                    "PollForSourceChanges": "false",
                }
            case S3Source():
                provider = "S3"
                configuration = {
                    "S3Bucket": source.bucket,
                    "S3ObjectKey": source.key,
                    "PollForSourceChanges": "false",
                }
            case ConnectionSource():
                provider = "CodeStarSourceConnection"
                configuration = {
                    "ConnectionArn": str(connection_arn),
                    "FullRepositoryId": source.repository,
                    "BranchName": source.branch,
                    "OutputArtifactFormat": "CODE_ZIP",
                    "DetectChanges": "false",  # the trigger does, with its filter
                }
        return aws.codepipeline.CodepipelineStageAction(
            name="Source",
            category="Source",
            owner="AWS",
            provider=provider,
            version="1",
            namespace="source",
            output_artifacts=["source"],
            configuration=configuration,
        )

    def _run(self, name: str, project: Any, variables: dict[str, str] | None = None) -> Any:
        configuration = {"ProjectName": project.name}
        if variables:
            listed = [{"name": key, "value": value, "type": "PLAINTEXT"} for key, value in variables.items()]
            configuration["EnvironmentVariables"] = json.dumps(listed)
        return aws.codepipeline.CodepipelineStageAction(
            name=name,
            category="Build",
            owner="AWS",
            provider="CodeBuild",
            version="1",
            namespace=name.lower(),
            input_artifacts=["source"],
            configuration=configuration,
        )

    def _approval(self) -> Any:
        names = self._names
        log = f"{_console(names)}/codebuild/{names.workspace.account}/projects/{names.build_project('check')}"
        return aws.codepipeline.CodepipelineStageAction(
            name="Approve",
            category="Approval",
            owner="AWS",
            provider="Manual",
            version="1",
            configuration={
                "CustomData": f"#{{check.{buildspec.PLAN}}}",
                "ExternalEntityLink": f"{log}/build/#{{check.{buildspec.BUILD}}}/log",
                "NotificationArn": self.topic_arn,
            },
        )

    def _start_rule(self, source: CodeCommitSource | S3Source) -> None:
        """Start the pipeline on the events of CodeCommit or S3; a connection does so by itself."""
        names = self._names
        role, _ = self._role(
            "start_role", names.pipeline_start_role, policies.start_trust(names), policies.start_permissions(names)
        )
        rule = self._rule(
            "start", names.pipeline_start_rule, change_event(source, names), "Starts the pipeline on a change"
        )
        self._target("start_target", rule, arn=self.pipeline.arn, role_arn=role.arn)

    def _failure_rule(self) -> None:
        names = self._names
        event = {
            "source": ["aws.codepipeline"],
            "detail-type": ["CodePipeline Pipeline Execution State Change"],
            "detail": {"pipeline": [names.pipeline], "state": ["FAILED"]},
        }
        rule = self._rule("failure", names.pipeline_failure_rule, event, "Tells that a revision was not published")
        page = f"{_console(names)}/codepipeline/pipelines/{names.pipeline}/executions/<execution>/visualization"
        text = f"Pipeline {names.pipeline} failed: this revision was not published to {names.environment}. {page}"
        self._target(
            "failure_target",
            rule,
            arn=self.topic_arn,
            input_transformer={
                "input_paths": {"execution": "$.detail.execution-id"},
                "input_template": json.dumps(text),
            },
        )

    def _rule(self, id: str, name: str, event: dict[str, Any], description: str) -> Any:
        kind = aws.cloudwatch_event_rule.CloudwatchEventRule
        return resource(kind, self, id, name=name, description=description, event_pattern=json.dumps(event))

    def _target(self, id: str, rule: Any, **props: Any) -> None:
        kind = aws.cloudwatch_event_target.CloudwatchEventTarget
        resource(kind, self, id, rule=rule.name, target_id="target", **props)


class ArtifactBucket(PrivateBucket):
    """Where CodePipeline hands the source from stage to stage, and where builds keep caches. All of it expires."""

    def __init__(self, scope: Construct, id: str, names: Names, key_arn: str | None) -> None:
        super().__init__(
            scope,
            id,
            names.artifact_bucket,
            names.artifact_bucket_arn,
            key_arn,
            protected=False,
            tags=names.name_tag(names.artifact_bucket),
        )
        self._expire("expiry", noncurrent_days=1, days=ARTIFACT_DAYS)


def _publish_minutes(names: Names) -> int:
    """As long as an update may take, and some time around it."""
    return min(minutes(names.workspace.timeouts.update) + _SPARE_MINUTES, _LONGEST_BUILD)


def _console(names: Names) -> str:
    domain = "console.amazonaws.cn" if names.partition == "aws-cn" else "console.aws.amazon.com"
    return f"https://{names.workspace.region}.{domain}/codesuite"
