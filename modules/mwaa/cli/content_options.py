"""The options that name content outside of a workspace, and the subject of checks that they make."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mwaa.checks.subject import Subject
    from mwaa.progress import ReportDetail

Dags = Annotated[Path | None, typer.Option("--dags", metavar="FOLDER", help="A DAG folder.", show_default=False)]
Plugins = Annotated[
    Path | None,
    typer.Option("--plugins", metavar="PATH", help="A plugins folder, or a plugins.zip.", show_default=False),
]
Requirements = Annotated[
    Path | None, typer.Option("--requirements", metavar="FILE", help="A requirements.txt.", show_default=False)
]
StartupScript = Annotated[
    Path | None, typer.Option("--startup-script", metavar="FILE", help="A startup script.", show_default=False)
]
Airflow = Annotated[
    str | None,
    typer.Option("--airflow", metavar="VERSION", help="The Airflow release of the content.", show_default=False),
]
Class = Annotated[
    str | None,
    typer.Option("--class", metavar="CLASS", help="The environment class, such as mw1.small.", show_default=False),
]

MakeSubject = Callable[["ReportDetail"], AbstractContextManager["Subject"]]


def elsewhere(
    workspaces: list[str], paths: dict[str, Path | None], airflow: str | None, environment_class: str | None
) -> MakeSubject:
    """The content that the options name. Raises typer.BadParameter and ConfigurationError."""
    from mwaa.checks.content_layout import subject_of_paths

    if workspaces:
        raise typer.BadParameter(
            "a workspace knows its own content and release: leave out --dags, --plugins, --requirements, "
            "--startup-script, --airflow and --class, or the workspace",
            param_hint="WORKSPACE",
        )
    if not any(paths.values()):
        raise typer.BadParameter("it needs content: add --dags FOLDER", param_hint="--airflow")
    if airflow is None:
        raise typer.BadParameter("content has no release of its own: add --airflow VERSION", param_hint="--airflow")
    version = valid("--airflow", airflow, "AirflowVersion")
    size = valid("--class", environment_class, "EnvironmentClassName") if environment_class else None
    return lambda say: subject_of_paths(version, **paths, environment_class=size, say=say)


def valid(option: str, given: str, kind: str) -> str:
    """A value of one of the model's types. Raises ConfigurationError that names the option."""
    from dataclasses import replace

    from pydantic import TypeAdapter, ValidationError

    from mwaa.config import ConfigurationError, Workspace, types
    from mwaa.config.errors import problems_of

    try:
        return str(TypeAdapter(getattr(types, kind)).validate_python(given))
    except ValidationError as error:
        problems = [replace(problem, field=option) for problem in problems_of(error, Workspace)]
        raise ConfigurationError(problems) from None
