"""Fixes for moto's CodeBuild and CodePipeline."""

import json
import time
from typing import Any

from moto.codebuild import responses as codebuild_responses
from moto.codebuild.exceptions import ResourceNotFoundException
from moto.codebuild.responses import CodeBuildResponse
from moto.codepipeline.models import CodePipeline
from moto.core.responses import ActionResult
from moto.utilities.utils import get_partition

from mwaa.embedded_aws.moto_fixes.replacing import replace


def accept_build_projects_of_a_pipeline() -> None:
    """moto requires a location of source and artifacts even if a pipeline passes them, which has no location.

    aws_codebuild_project with the source CODEPIPELINE fails with "Project source location is required".
    """

    def skip_pipelines(validate: Any) -> Any:
        return lambda part: None if part["type"] == "CODEPIPELINE" else validate(part)

    for name in ("_validate_required_params_source", "_validate_required_params_artifacts"):
        replace(codebuild_responses, name, skip_pipelines(getattr(codebuild_responses, name)))


def keep_the_key_of_a_build_project() -> None:
    """moto returns AWS's own key for S3 as every build project's key, whatever key the request has.

    aws_codebuild_project with encryption_key never has an empty plan.
    """
    create_project = CodeBuildResponse.create_project

    def create_with_key(response: Any) -> Any:
        created = create_project(response)
        if key := response._get_param("encryptionKey"):
            project = response.codebuild_backend.codebuild_projects[response._get_param("name")]
            project.project_metadata["encryptionKey"] = key
        return created

    replace(CodeBuildResponse, "create_project", create_with_key)


def update_build_projects() -> None:
    """moto has no UpdateProject: a changed aws_codebuild_project, such as its buildspec, cannot be applied."""

    def update_project(response: Any) -> ActionResult:
        changes = json.loads(response.body)
        projects = response.codebuild_backend.codebuild_projects
        if changes["name"] not in projects:
            arn = f"arn:{get_partition(response.region)}:codebuild:{response.region}:{response.current_account}"
            raise ResourceNotFoundException(f"Project does not exist: {arn}:project/{changes['name']}")
        project = projects[changes["name"]].project_metadata
        project |= {name: value for name, value in changes.items() if value is not None} | {"lastModified": time.time()}
        return ActionResult({"project": project})

    CodeBuildResponse.update_project = update_project  # type: ignore[attr-defined]


def return_times_of_a_pipeline_as_numbers() -> None:
    """moto returns the times of a pipeline as text, where the API's JSON has numbers.

    aws_codepipeline cannot be read: "expected Timestamp to be a JSON Number, got string instead".
    """

    def metadata(pipeline: Any) -> dict[str, Any]:
        times = {"created": pipeline._created, "updated": pipeline._updated}
        return {"pipelineArn": pipeline._arn} | {name: when.timestamp() for name, when in times.items()}

    replace(CodePipeline, "metadata", property(metadata))
