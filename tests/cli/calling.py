"""Calls `mwaa` as a person does, through its one app. What `--json` prints is held to the schema of its command."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from mwaa.cli import app
from typer.main import get_command
from typer.testing import CliRunner

SCHEMAS = Path(__file__).parent / "schemas"
ENVIRON = {"NO_COLOR": "1", "CI": "1", "COLUMNS": "200"}


def run(*words: str) -> Any:
    """Return what a command printed and its exit status. An exception that is not an exit is raised."""
    result = CliRunner().invoke(app, list(words), env=ENVIRON, prog_name="mwaa", catch_exceptions=False)
    if "--json" in words and result.stdout:
        check_schema(words, json.loads(result.stdout))
    return result


def read_help(*words: str) -> str:
    """Return the help as a terminal of 80 columns has it: typer's runner writes it two columns wider."""
    command = [sys.executable, "-m", "mwaa", *words, "--help"]
    return subprocess.run(
        command, env=os.environ | {"COLUMNS": "80"}, capture_output=True, text=True, check=True
    ).stdout


def commands() -> dict[str, Any]:
    """Return every command that can be run, by the words that name it."""
    found: dict[str, Any] = {}

    def collect(group: Any, words: tuple[str, ...]) -> None:
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                collect(command, (*words, name))
            else:
                found[" ".join((*words, name))] = command

    collect(get_command(app), ())
    return found


def check_schema(words: tuple[str, ...], document: Any) -> None:
    """Raises jsonschema.ValidationError unless the document is one that the command may print."""
    import jsonschema

    name = next(name for name in commands() if " ".join(words).startswith(name))
    if "--rules" in words:
        name = "check rules"
    if isinstance(document, dict) and ("error" in document or "problems" in document):
        name = "error"
    jsonschema.validate(document, schema(name), cls=jsonschema.Draft202012Validator)


def schema(name: str) -> Any:
    """Return the schema of a command, by its words."""
    return json.loads((SCHEMAS / f"{name.replace(' ', '-')}.json").read_text(encoding="utf-8"))
