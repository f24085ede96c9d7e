"""`mwaa workspaces`, `mwaa show`, `mwaa status`: what is declared, what follows from it, and how it is in AWS."""

from pathlib import Path
from typing import Annotated

import typer

from mwaa.cli.arguments import Json, Name, picked
from mwaa.config import discover_all, find_root

Team = Annotated[str | None, typer.Option(metavar="FOLDER", help="Only those in this folder of environments/.")]
Account = Annotated[str | None, typer.Option(metavar="ID", help="Only those in this AWS account.")]
Region = Annotated[str | None, typer.Option(metavar="REGION", help="Only those in this region.")]
QuotaUse = Annotated[bool, typer.Option("--quotas", help="Show what they need of each account's quotas instead.")]


def workspaces(
    team: Team = None,
    account: Account = None,
    region: Region = None,
    quotas: QuotaUse = False,
    json: Json = False,
) -> None:
    """List the workspaces of this project.

    Exit status 1 if a workspace file is broken; its first problem is shown.

    \b
    Examples:
      mwaa workspaces --team analytics
      mwaa workspaces --quotas
    """
    from mwaa.cli import output
    from mwaa.operations import describe

    found = discover_all(find_root(Path.cwd()))
    chosen = [
        one
        for one in found.definitions.values()
        if (team is None or describe.is_of_team(one.file, team))
        and account in (None, one.workspace.account)
        and region in (None, one.workspace.region)
    ]
    broken = [one for one in found.broken if team is None or describe.is_of_team(one.file, team)]
    use = describe.quota_use(one.workspace for one in chosen) if quotas else []
    if json:
        problems = [
            {"name": one.name, "file": one.file, "problems": [problem.as_dict() for problem in one.problems]}
            for one in broken
        ]
        output.as_json([*(use if quotas else map(describe.summary, chosen)), *problems])
    elif not chosen and not broken:
        output.say(f"No workspace matches. All of them: {output.command()} workspaces")
    elif quotas:
        output.table(
            ("ACCOUNT", "REGION", "QUOTA", "NEEDED", "DEFAULT", ""),
            [
                (
                    line["account"],
                    line["region"],
                    line["quota"],
                    str(line["needed"]),
                    str(line["default"]),
                    "needs a higher quota" if line["needed"] > line["default"] else "",
                )
                for line in use
            ],
        )
    elif chosen:
        heads = {
            "name": "NAME",
            "region": "REGION",
            "account": "ACCOUNT",
            "airflow_version": "AIRFLOW",
            "environment_class": "CLASS",
            "network": "NETWORK",
            "pipeline": "PIPELINE",
        }
        lines = map(describe.summary, chosen)
        output.table(list(heads.values()), [[line[key] for key in heads] for line in lines])
    if broken and not json:
        output.broken_workspaces(broken)
    if broken:
        raise typer.Exit(1)


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
    rows = [
        (
            field.path,
            output.short(field.value),
            "set" if field.is_set else "default",
            "replaces the environment" if field.replaces else "",
        )
        for field in fields
    ]
    output.table(("FIELD", "VALUE", "", "A CHANGE"), rows)
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
