"""The group of all commands: lists them by subject, and turns errors that a person can fix into an exit status."""

import os
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from mwaa.failure import Failure

WORKSPACES, CONTENT, MACHINE, AWS = "Workspaces", "Content", "This machine", "AWS"
"""What the commands are about, in the order of the help."""


class CommandGroup(TyperGroup):
    """The commands of `mwaa`. A bug of ours keeps its traceback."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.meta["json"] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo("Interrupted.", err=True)
            raise typer.Exit(130) from None
        except Failure as error:
            self._fail(ctx, error)
        except OSError as error:
            from mwaa.machine_failure import machine_failure

            failure = machine_failure(error)
            if failure is None:
                raise
            if error.filename is None:  # standard output may be what is full: Python writes the rest of it at the end
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            self._fail(ctx, failure)

    def _fail(self, ctx: Any, error: Failure) -> NoReturn:
        from mwaa.cli.output import fail

        fail(error, json_wanted=ctx.meta["json"])
        raise typer.Exit(error.status) from None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write one section for each panel. The columns of all sections have one width."""
        column = max(map(len, self.commands))
        limit = formatter.width - 6 - column
        for panel in (WORKSPACES, CONTENT, MACHINE, AWS):
            with formatter.section(panel):
                formatter.write_dl(
                    [
                        (name.ljust(column), command.get_short_help_str(limit))
                        for name, command in self.commands.items()
                        if getattr(command, "rich_help_panel", None) == panel
                    ]
                )
