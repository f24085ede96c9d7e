"""Who may do what around the pipeline: its own role, the builds, the rules that start it, its topic.

Sources: CodePipeline user guide, how-to-custom-role and the action references; CodeBuild user guide,
setting-up-service-role and confused deputy; EventBridge user guide, eb-use-resource-based.
"""

from mwaa.config import CodeCommitSource, ConnectionSource, Names, S3Source
from mwaa.config.naming import Stage
from mwaa.config.pipeline import Source
from mwaa.policies import Document, Statement, document


def pipeline_trust(names: Names) -> Document:
    """CodePipeline may assume the role, for this pipeline where it says for which one.

    Its user guide names no condition, so a request without these keys is let in; a role is passed within its account.
    """
    source = _for(names, names.pipeline_arn)
    return document(
        _assumed_by("codepipeline.amazonaws.com", {f"{operator}IfExists": keys for operator, keys in source.items()})
    )


def build_trust(names: Names, stage: Stage) -> Document:
    """CodeBuild may assume the role, for the builds of this one project."""
    return document(_assumed_by("codebuild.amazonaws.com", _for(names, names.build_project_arn(stage))))


def start_trust(names: Names) -> Document:
    """EventBridge may assume the role, for the rule that starts the pipeline."""
    return document(_assumed_by("events.amazonaws.com", _for(names, names.rule_arn(names.pipeline_start_rule))))


def pipeline_permissions(
    names: Names, key_arn: str | None, connection_arn: str | None, topic_key_arn: str | None
) -> Document:
    """Fetching the source, handing it on, running the two builds, announcing a pending approval."""
    pipeline = names.workspace.pipeline
    assert pipeline is not None  # there is a role because there is a pipeline
    statements = [
        *_artifacts(names, ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]),
        *_source(names, pipeline.source, connection_arn),
        {
            "Sid": "RunBuilds",
            "Effect": "Allow",
            "Action": ["codebuild:StartBuild", "codebuild:BatchGetBuilds"],
            "Resource": [names.build_project_arn("check"), names.build_project_arn("publish")],
        },
    ]
    if pipeline.approval:
        statements.append(
            {
                "Sid": "TellThatAnApprovalWaits",
                "Effect": "Allow",
                "Action": "sns:Publish",
                "Resource": names.pipeline_topic_arn,
            }
        )
        if topic_key_arn:
            actions = ["kms:Decrypt", "kms:GenerateDataKey*"]
            statements.append(_key_use("TopicKey", names, topic_key_arn, "sns", actions))
    return document(*statements, *_artifact_key(names, key_arn))


def build_permissions(names: Names, stage: Stage, key_arn: str | None) -> Document:
    """What a build does besides the commands in it: reading the source, writing its log and its own cache.

    A cache is written by whatever the build runs, so no stage reads another's.
    """
    logs = names.arn("logs", f"log-group:{names.build_log_group(stage)}")
    return document(
        {
            "Sid": "WriteLog",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": [logs, f"{logs}:*"],
        },
        *_artifacts(names, ["s3:GetObject", "s3:GetObjectVersion"]),
        {
            "Sid": "KeepCache",
            "Effect": "Allow",
            "Action": "s3:PutObject",
            "Resource": f"{names.artifact_bucket_arn}/{names.build_cache(stage)}/*",
        },
        *_artifact_key(names, key_arn),
    )


def start_permissions(names: Names) -> Document:
    """Starting this one pipeline."""
    return document(
        {
            "Sid": "StartPipeline",
            "Effect": "Allow",
            "Action": "codepipeline:StartPipelineExecution",
            "Resource": names.pipeline_arn,
        }
    )


def topic(names: Names) -> Document:
    """EventBridge may publish to the topic. It sets no context key: with a condition, nothing arrives.

    Source: EventBridge user guide, eb-use-resource-based ("can't use Condition blocks in Amazon SNS topic policies").
    """
    return document(
        {
            "Sid": "EventBridge",
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": names.pipeline_topic_arn,
        }
    )


def _assumed_by(service: str, condition: dict[str, dict[str, str]]) -> Statement:
    return {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
        "Condition": condition,
    }


def _for(names: Names, arn: str) -> dict[str, dict[str, str]]:
    return {"StringEquals": {"aws:SourceAccount": names.workspace.account}, "ArnEquals": {"aws:SourceArn": arn}}


def _artifacts(names: Names, actions: list[str]) -> list[Statement]:
    bucket = names.artifact_bucket_arn
    return [
        {
            "Sid": "ArtifactBucket",
            "Effect": "Allow",
            "Action": ["s3:GetBucketVersioning", "s3:GetBucketAcl", "s3:GetBucketLocation"],
            "Resource": bucket,
        },
        {"Sid": "Artifacts", "Effect": "Allow", "Action": actions, "Resource": f"{bucket}/*"},
    ]


def _artifact_key(names: Names, key_arn: str | None) -> list[Statement]:
    if key_arn is None:
        return []
    actions = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    return [_key_use("ArtifactsKey", names, key_arn, "s3", actions)]


def _key_use(sid: str, names: Names, key_arn: str, service: str, actions: list[str]) -> Statement:
    via = {"StringEquals": {"kms:ViaService": f"{service}.{names.workspace.region}.{names.service_suffix}"}}
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": key_arn, "Condition": via}


def _source(names: Names, source: Source, connection_arn: str | None) -> list[Statement]:
    match source:
        case CodeCommitSource():
            return [
                {
                    "Sid": "ReadRepository",
                    "Effect": "Allow",
                    "Action": [
                        "codecommit:GetBranch",
                        "codecommit:GetCommit",
                        "codecommit:UploadArchive",
                        "codecommit:GetUploadArchiveStatus",
                        "codecommit:CancelUploadArchive",
                    ],
                    "Resource": names.arn("codecommit", source.repository),
                }
            ]
        case S3Source():
            bucket = f"arn:{names.partition}:s3:::{source.bucket}"
            return [
                {
                    "Sid": "SourceBucket",
                    "Effect": "Allow",
                    "Action": ["s3:GetBucketVersioning", "s3:GetBucketAcl", "s3:GetBucketLocation", "s3:ListBucket"],
                    "Resource": bucket,
                },
                {
                    "Sid": "ReadSource",
                    "Effect": "Allow",
                    "Action": ["s3:GetObject", "s3:GetObjectVersion"],
                    "Resource": f"{bucket}/{source.key}",
                },
            ]
        case ConnectionSource():
            # An ARN of before July 2024 belongs to the service's earlier name. Not every call that the service makes
            # for the pipeline carries the repository. Source: Developer Tools console user guide, permissions and
            # examples for connections, FullRepositoryId.
            service = "codestar-connections" if ":codestar-connections:" in str(connection_arn) else "codeconnections"
            return [
                {
                    "Sid": "UseConnection",
                    "Effect": "Allow",
                    "Action": f"{service}:UseConnection",
                    "Resource": connection_arn,
                    "Condition": {"ForAllValues:StringEquals": {f"{service}:FullRepositoryId": source.repository}},
                }
            ]
