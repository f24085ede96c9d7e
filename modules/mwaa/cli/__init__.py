"""The `mwaa` command: parses, calls, prints.

Imports stand inside the commands, so that each starts with what it needs and none imports CDKTF.
Exit status: 0 success; 1 an error was found or something failed; 2 wrong usage, configuration or credentials;
130 interrupted.
"""

from typing import Annotated

import typer

from mwaa.cli import (
    adopt,
    airflow,
    check,
    dags,
    doctor,
    hcp,
    local,
    new,
    publish,
    requirements,
    state,
    upgrade,
    workspaces,
)
from mwaa.cli.group import AWS, CONTENT, MACHINE, WORKSPACES, CommandGroup

app = typer.Typer(
    cls=CommandGroup,
    help="Amazon MWAA as code: check workspaces, run them on this machine, publish their content, ask AWS about them.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(is_wanted: bool) -> None:
    from importlib.metadata import version

    if is_wanted:
        typer.echo(f"mwaa {version('mwaa')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options of `mwaa` itself."""


app.command(rich_help_panel=WORKSPACES)(workspaces.workspaces)
app.command(rich_help_panel=WORKSPACES)(workspaces.show)
app.command(rich_help_panel=WORKSPACES)(new.new)
app.command(rich_help_panel=WORKSPACES)(adopt.adopt)
app.command(rich_help_panel=WORKSPACES)(check.check)
app.command(rich_help_panel=WORKSPACES)(upgrade.upgrade_test)
app.add_typer(dags.dags, name="dags", rich_help_panel=CONTENT)
app.add_typer(requirements.requirements, name="requirements", rich_help_panel=CONTENT)
app.add_typer(local.local, name="local", rich_help_panel=MACHINE)
app.command(rich_help_panel=MACHINE)(doctor.doctor)
app.command(rich_help_panel=AWS)(publish.publish)
app.command(rich_help_panel=AWS)(publish.releases)
app.command(rich_help_panel=AWS)(publish.rollback)
app.command(rich_help_panel=AWS)(workspaces.status)
app.add_typer(state.state, name="state", rich_help_panel=AWS)
app.add_typer(hcp.hcp, name="hcp", rich_help_panel=AWS)
local.local.command()(airflow.airflow)


def main() -> None:
    """The entry point."""
    from mwaa.cli.output import encode_any_text
    from mwaa.process import interrupted_by_signals

    interrupted_by_signals()
    encode_any_text()
    app(prog_name="mwaa")
