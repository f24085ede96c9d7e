"""`mwaa doctor`: what this machine has and lacks."""

from pathlib import Path

import typer

from mwaa.cli.arguments import Json
from mwaa.config import find_root


def doctor(json: Json = False) -> None:
    """Check this machine: tools, versions, credentials.

    Each problem is shown with its fix. Exit status 1 if there is a problem.

    \b
    Example:
      mwaa doctor
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
