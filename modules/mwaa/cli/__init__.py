"""The `mwaa` command: parses, calls, prints.

Imports stand inside the commands, so that each starts with what it needs and none imports CDKTF.
Exit status: 0 fine; 1 a finding or a failure; 2 wrong usage, configuration or credentials; 130 interrupted.
"""

from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from mwaa.cli import airflow, check, dags, local, publish, requirements, upgrade
from mwaa.cli.arguments import Json, Name, picked
from mwaa.config import discover, find_root
from mwaa.failure import Failure


class _Group(TyperGroup):
    """Turns the errors that a person can fix into words and an exit status. Our own bugs keep their traceback."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.meta["json"] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise typer.Exit(130) from None
        except Failure as error:
            from mwaa.cli.output import fail

            fail(error, json_wanted=ctx.meta["json"])
            raise typer.Exit(error.status) from None


app = typer.Typer(
    cls=_Group,
    help="Amazon MWAA as code: check workspaces, run them on this machine, publish their content, ask AWS about them.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command()
def workspaces(json: Json = False) -> None:
    """List the workspaces of this project.

    Example: mwaa workspaces --json
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


@app.command()
def show(workspace: Name = None, json: Json = False) -> None:
    """Show a workspace with every default, and the names that follow from it.

    Example: mwaa show dev
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


@app.command()
def status(workspace: Name = None, json: Json = False) -> None:
    """Ask AWS how a workspace's environment is. Exit status 1 if it does not exist or has failed.

    Example: mwaa status dev
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


@app.command()
def doctor(json: Json = False) -> None:
    """Look at this machine: is everything there, in which version, and how to fix what is not.

    Example: mwaa doctor
    """
    from mwaa.cli import output
    from mwaa.local.doctor import examine

    checks = examine(find_root(Path.cwd()))
    if json:
        output.as_json(checks)
    else:
        output.machine_checks(checks)
    if any(check.status == "problem" for check in checks):
        raise typer.Exit(1)


app.command()(check.check)
app.add_typer(requirements.requirements, name="requirements")
app.add_typer(dags.dags, name="dags")
app.command()(upgrade.upgrade_test)
app.command()(publish.publish)
app.command()(publish.releases)
app.command()(publish.rollback)
local.local.command()(airflow.airflow)
app.add_typer(local.local, name="local")


def main() -> None:
    """The entry point."""
    from mwaa.process import interrupted_by_signals

    interrupted_by_signals()
    app(prog_name="mwaa")
