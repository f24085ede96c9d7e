"""`mwaa workspaces`, `mwaa show`, `mwaa status`: what is declared, what follows from it, and how it is in AWS."""

from pathlib import Path

import typer

from mwaa.cli.arguments import Json, Name, picked
from mwaa.config import discover, find_root


def workspaces(json: Json = False) -> None:
    """List the workspaces of this project.

    \b
    Example:
      mwaa workspaces --json
    """
    from mwaa.cli import output
    from mwaa.operations.describe import summary

    lines = [summary(definition) for definition in discover(find_root(Path.cwd())).values()]
    if json:
        output.as_json(lines)
        return
    heads = {
        "name": "NAME",
        "region": "REGION",
        "account": "ACCOUNT",
        "airflow_version": "AIRFLOW",
        "environment_class": "CLASS",
        "network": "NETWORK",
        "pipeline": "PIPELINE",
    }
    output.table(list(heads.values()), [[line[key] for key in heads] for line in lines])


def show(workspace: Name = None, json: Json = False) -> None:
    """Show all fields of a workspace, and the names it creates.

    Defaults are marked as such.

    \b
    Example:
      mwaa show dev
    """
    from mwaa.cli import output
    from mwaa.operations import describe

    definition = picked(workspace)[1]
    chosen = definition.workspace
    fields, names, release = describe.fields(chosen), describe.names(chosen), describe.release(chosen)
    if json:
        output.as_json({"file": definition.file, "fields": fields, "names": names, "release": release})
        return
    output.say(definition.file, style="bold")
    rows = [(field.path, output.short(field.value), "set" if field.is_set else "default") for field in fields]
    output.table(("FIELD", "VALUE", ""), rows)
    output.say("")
    output.table(("DERIVED", "NAME"), names.items())
    output.say("")
    ends = release["end_of_support"] or "no end of support announced"
    output.say(
        f"Airflow {release['airflow_version']} on Python {release['python']}, in MWAA since {release['since']}, {ends}"
    )


def status(workspace: Name = None, json: Json = False) -> None:
    """Show the status of a workspace's environment in AWS.

    Exit status 1 if the environment does not exist or has failed.

    \b
    Example:
      mwaa status dev
    """
    from mwaa.cli import output
    from mwaa.config import Names
    from mwaa.operations import access
    from mwaa.operations.live_environment import find_environment

    chosen = picked(workspace)[1].workspace
    names = Names(chosen)
    with access.translate_errors(chosen.region):
        found = find_environment(access.client("mwaa", chosen), names.environment)
    if json:
        output.as_json(found.as_dict() if found else None)
    elif found is None:
        output.say(f"There is no environment {names.environment} in {chosen.region} of account {chosen.account}.")
    else:
        output.status(found)
    if found is None or found.failed:
        raise typer.Exit(1)
