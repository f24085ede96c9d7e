"""`mwaa dags`: lists the DAGs of content, and runs one, with the real Airflow of its release."""

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mwaa.cli.arguments import Json, Name, picked_with_content
from mwaa.cli.content_options import (
    Airflow,
    Dags,
    MakeSubject,
    Plugins,
    Requirements,
    StartupScript,
    elsewhere,
)
from mwaa.cli.progress_view import watching

if TYPE_CHECKING:
    from mwaa.airflow import DagTestRun, ParsedContent
    from mwaa.airflow.parsing import ImportFailure
    from mwaa.checks.subject import Subject

dags = typer.Typer(
    help="List the DAGs and run one with real Airflow.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Workspace = Annotated[
    str | None,
    typer.Option("-w", "--workspace", metavar="NAME", help="The workspace. Default: the only one.", show_default=False),
]


@dags.command("list")
def list_dags(
    workspace: Name = None,
    json: Json = False,
    dags: Dags = None,
    plugins: Plugins = None,
    requirements: Requirements = None,
    startup_script: StartupScript = None,
    airflow: Airflow = None,
) -> None:
    """List the DAGs that Airflow finds in the content.

    Exit status 1 if a file cannot be imported.

    \b
    Examples:
      mwaa dags list dev
      mwaa dags list --dags ../other/dags --airflow 2.11.2
    """
    from mwaa.cli import output

    paths = {"dags": dags, "plugins": plugins, "requirements": requirements, "startup_script": startup_script}
    with watching(quiet=json) as say, _subject(workspace, paths, airflow)(say) as subject:
        parsed = subject.parsed
    if json:
        output.as_json(_as_data(subject, parsed))
    else:
        _show(subject, parsed)
    if _failures(parsed):
        raise typer.Exit(1)


@dags.command("test")
def run_dag(
    dag: Annotated[str, typer.Argument(metavar="DAG", help="The DAG's id.")],
    workspace: Workspace = None,
    date: Annotated[
        str | None,
        typer.Option("--date", metavar="DATE", help="The run's logical date, such as 2026-05-01. Default: now."),
    ] = None,
    conf: Annotated[
        str | None, typer.Option("--conf", metavar="JSON", help="The run's configuration, an object.")
    ] = None,
    dags: Dags = None,
    plugins: Plugins = None,
    requirements: Requirements = None,
    startup_script: StartupScript = None,
    airflow: Airflow = None,
) -> None:
    """Run a DAG once with Airflow's own `dags test`.

    Tasks run for real: they reach what this machine reaches, with the credentials of this shell. Variables and
    connections come from AIRFLOW_VAR_<NAME> and AIRFLOW_CONN_<ID> of this shell. Exit status 1 unless the run succeeds.

    \b
    Example:
      mwaa dags test daily_orders --date 2026-05-05
    """
    from mwaa.airflow import AirflowSetup, run_dag_test, run_for_exports
    from mwaa.aws_facts.containers import DAGS_FOLDER, PLUGINS_FOLDER, component_name
    from mwaa.cli import output

    _validate(date, conf)
    paths = {"dags": dags, "plugins": plugins, "requirements": requirements, "startup_script": startup_script}
    with ExitStack() as stack:
        with watching() as say:
            subject = stack.enter_context(_subject(workspace, paths, airflow)(say))
            _must_be_there(subject, dag)
            # Tasks run on a worker.
            component = component_name(subject.environment_class, "worker")
            startup = run_for_exports(subject.startup_script.path if subject.startup_script else None, component)
        setup = AirflowSetup(
            subject.airflow,
            subject.folders[DAGS_FOLDER],
            subject.folders.get(PLUGINS_FOLDER),
            subject.options,
            startup.variables,
            os.environ | subject.variables(component),
        )
        run = run_dag_test(setup, dag, date=date, conf=conf, line=output.say, say=output.console(stderr=True).print)
    _show_run(dag, run)
    if not run.succeeded:
        raise typer.Exit(1)


def _validate(date: str | None, conf: str | None) -> None:
    """Raises typer.BadParameter."""
    import json
    from datetime import datetime

    if date is not None:
        try:
            datetime.fromisoformat(date)
        except ValueError:
            raise typer.BadParameter(
                f'"{date}" is not a date such as 2026-05-01 or 2026-05-01T06:00:00+00:00', param_hint="--date"
            ) from None
    if conf is not None:
        try:
            value = json.loads(conf)
        except ValueError as error:
            raise typer.BadParameter(f"{conf} is not JSON: {error}", param_hint="--conf") from None
        if not isinstance(value, dict):
            raise typer.BadParameter(f'{conf} is not an object such as {{"country": "DE"}}', param_hint="--conf")


def _subject(workspace: str | None, paths: dict[str, Path | None], airflow: str | None) -> MakeSubject:
    """Return the workspace's content, or what the options name. Raises ConfigurationError and typer.BadParameter."""
    if any(paths.values()) or airflow:
        return elsewhere([workspace] if workspace else [], paths, airflow, None)
    from mwaa.checks.content_layout import subject_of_workspace

    root, definition = picked_with_content(workspace)
    return lambda say: subject_of_workspace(root, definition, say)


def _must_be_there(subject: "Subject", dag: str) -> None:
    """Raises ToolError if Airflow finds no DAG of that id, with a similar id or the files that cannot be imported."""
    from mwaa.config.errors import did_you_mean
    from mwaa.process import ToolError

    ids = {found.dag_id for file in subject.parsed.files for found in file.dags}
    if dag in ids:
        return
    failures = [_describe(subject, file.error) for file in subject.parsed.files if file.error]
    if failures:
        text = f"there is no DAG {dag} in the files that can be imported; these cannot:"
        raise ToolError("\n".join([text, *failures]), "mwaa check")
    known = f"there are: {', '.join(sorted(ids))}" if ids else "the content has no DAGs"
    raise ToolError(f"there is no DAG {dag}", did_you_mean(dag, ids) or known)


def _describe(subject: "Subject", failure: "ImportFailure") -> str:
    where = failure.where
    shown = subject.plugin(where.file) if where.folder == "plugins" else subject.dag(where.file)
    place = f"{shown}:{where.line}" if where.line else shown
    return f"{place} {failure.kind}: {failure.message.splitlines()[0] if failure.message else ''}"


def _failures(parsed: "ParsedContent") -> "list[ImportFailure]":
    return [*parsed.plugins.errors, *(file.error for file in parsed.files if file.error)]


def _show(subject: "Subject", parsed: "ParsedContent") -> None:
    from mwaa.cli import output

    rows = [
        (dag.dag_id, subject.dag(file.key), dag.schedule or "-", str(dag.tasks), " ".join(dag.tags) or "-")
        for file in parsed.files
        for dag in file.dags
    ]
    if rows:
        output.table(("DAG", "FILE", "SCHEDULE", "TASKS", "TAGS"), sorted(rows))
    else:
        output.say(f"Airflow {subject.airflow_version} finds no DAGs.")
    for failure in _failures(parsed):
        output.say(f"✗ {_describe(subject, failure)}", style="red")
        if failure.unproved:
            output.say(f"  it {failure.unproved}: it may work on MWAA")


def _as_data(subject: "Subject", parsed: "ParsedContent") -> dict[str, Any]:
    failures = _failures(parsed)
    return {
        "ok": not failures,
        "airflow_version": subject.airflow_version,
        "dags": [
            {
                "dag_id": dag.dag_id,
                "file": subject.dag(file.key),
                "line": dag.where.line if dag.where else None,
                "schedule": dag.schedule,
                "tasks": dag.tasks,
                "tags": list(dag.tags),
            }
            for file in parsed.files
            for dag in file.dags
        ],
        "failures": [
            {
                "file": subject.plugin(failure.where.file)
                if failure.where.folder == "plugins"
                else subject.dag(failure.where.file),
                "line": failure.where.line,
                "kind": failure.kind,
                "message": failure.message,
                "unproved": failure.unproved,
            }
            for failure in failures
        ],
    }


def _show_run(dag: str, run: "DagTestRun") -> None:
    from mwaa.cli import output

    output.say("")
    styles = {"success": "green", "failed": "red", "upstream_failed": "red"}
    for task in run.tasks:
        name = task.task_id if task.map_index < 0 else f"{task.task_id}[{task.map_index}]"
        output.say(f"{name:<40} {task.state or 'did not run'}", style=styles.get(task.state))
    words = {"success": "succeeded", "failed": "failed"}.get(run.state, f"ended in the state {run.state or 'none'}")
    output.say(f"The run of {dag} {words}.", style=styles.get(run.state))
