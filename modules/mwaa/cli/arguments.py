"""The arguments that the commands of `mwaa` share, and the workspace that they name."""

from pathlib import Path
from typing import Annotated

import typer

from mwaa.config import Definition, discover_all, find_root

Name = Annotated[str | None, typer.Argument(metavar="WORKSPACE", help="Default: the only one.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def picked(name: str | None) -> tuple[Path, Definition]:
    """Return the project's root and its workspace of that name, whatever else is broken. Raises ConfigurationError."""
    root = find_root(Path.cwd())
    return root, discover_all(root).pick(name)
