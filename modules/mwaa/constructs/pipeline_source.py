"""What starts a pipeline: the settings of its source action, and the pushes or events that count."""

from typing import Any

from mwaa.config import CodeCommitSource, ConnectionSource, Content, Names, S3Source
from mwaa.config.pipeline import Source
from mwaa.constructs import buildspec
from mwaa.provider import aws, literal


def content_paths(content: Content) -> list[str]:
    """Return the paths of the content: all that starts the pipeline of a content repository."""
    folders = [path for path in (content.dags, content.plugins) if path is not None]
    files = [path for path in (content.requirements, content.startup_script) if path is not None]
    return [*(f"{_glob(path)}/**" for path in folders), *map(_glob, files)]


def default_paths(content: Content, file: str) -> list[str]:
    """Return the paths whose changes start the pipeline: content, the workspace's file with its helpers, and the tool.

    In the syntax of CodePipeline's filters, which takes at most eight patterns. `file` is relative to the root.
    """
    folder, name = file.rsplit("/", 1)
    top = folder.split("/")[0]  # environments
    own = f"{folder.removeprefix(top)}/{name}".removeprefix("/")
    return [*content_paths(content), f"{top}/{{{own},_**,**/_**}}", "modules/**", buildspec.LOCK]


def triggers(source: Source, names: Names, file: str) -> list[Any] | None:
    """Return the pushes that start the pipeline; None for a source that starts it by an event."""
    if not isinstance(source, ConnectionSource):
        return None
    content, pipeline = names.workspace.content, names.workspace.pipeline
    content_only = pipeline is not None and pipeline.content_only
    paths = source.paths or (content_paths(content) if content_only else default_paths(content, file))
    kinds = aws.codepipeline
    push = kinds.CodepipelineTriggerGitConfigurationPush(
        branches={"includes": [source.branch]}, file_paths={"includes": [literal(path) for path in paths]}
    )
    git = kinds.CodepipelineTriggerGitConfiguration(source_action_name="Source", push=[push])
    return [kinds.CodepipelineTrigger(provider_type="CodeStarSourceConnection", git_configuration=git)]


def change_event(source: CodeCommitSource | S3Source, names: Names) -> dict[str, Any]:
    """Return the pattern of the event that a change at the source sends."""
    if isinstance(source, CodeCommitSource):
        return {
            "source": ["aws.codecommit"],
            "detail-type": ["CodeCommit Repository State Change"],
            "resources": [names.arn("codecommit", source.repository)],
            "detail": {
                "event": ["referenceCreated", "referenceUpdated"],
                "referenceType": ["branch"],
                "referenceName": [source.branch],
            },
        }
    return {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [source.bucket]}, "object": {"key": [source.key]}},
    }


def origin_variables(source: Source) -> dict[str, str]:
    """Return the variables from which a release record takes its origin.

    Source: CodePipeline user guide, reference-variables.
    """
    revision = "VersionId" if isinstance(source, S3Source) else "CommitId"
    return {"MWAA_REVISION": f"#{{source.{revision}}}", "MWAA_RUN": "#{codepipeline.PipelineExecutionId}"}


def _glob(path: str) -> str:
    """Return a pattern that matches this path alone. Source: CodePipeline user guide, syntax-glob."""
    return "".join(f"\\{character}" if character in "*?[]{}\\" else character for character in path)
