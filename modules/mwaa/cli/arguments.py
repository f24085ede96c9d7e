"""What the commands of `mwaa` share: arguments, and the workspace they mean."""

from pathlib import Path
from typing import Annotated

import typer

from mwaa.config import Definition, discover, find_root, pick

Name = Annotated[
    str | None, typer.Argument(metavar="WORKSPACE", help="Not needed if there is only one.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def picked(name: str | None) -> tuple[Path, Definition]:
    """The project's root, and the workspace of that name in it. Raises ConfigurationError."""
    root = find_root(Path.cwd())
    return root, pick(discover(root), name)
