"""The arguments that the commands of `mwaa` share, and the workspace that they name."""

from pathlib import Path
from typing import Annotated

import typer

from mwaa.config import ConfigurationError, Definition, discover_all, find_root
from mwaa.config.errors import Problem

Name = Annotated[str | None, typer.Argument(metavar="WORKSPACE", help="Default: the only one.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def picked(name: str | None) -> tuple[Path, Definition]:
    """Return the project's root and its workspace of that name, whatever else is broken. Raises ConfigurationError."""
    root = find_root(Path.cwd())
    return root, discover_all(root).pick(name)


def picked_with_content(name: str | None) -> tuple[Path, Definition]:
    """Return what `picked` returns. Raises ConfigurationError also if the content has a repository of its own."""
    root, definition = picked(name)
    if definition.has_content_elsewhere:
        expected = "a workspace whose content is in this project"
        fix = "run the command in the repository of the content: docs/how-to/content-repository.md"
        raise ConfigurationError([Problem("pipeline.content_only", "True", expected, fix, file=definition.file)])
    return root, definition
