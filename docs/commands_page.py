"""Write docs/reference/commands.md from the `mwaa` command itself: `python docs/commands_page.py`."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from mwaa.cli import app

PAGE = Path(__file__).resolve().parent / "reference" / "commands.md"

_INTRODUCTION = """\
# Commands

<!-- Written by `python docs/commands_page.py` from modules/mwaa/cli. Change it there. -->

`mwaa --help` and `mwaa COMMAND --help` print the same on the terminal. A command looks for the project in the
current folder and those above it. Exit status: 0 success; 1 a finding or a failure; 2 wrong usage, configuration or
credentials; 130 interrupted.
"""

_SHARED = ("help", "install_completion", "show_completion")


def page() -> str:
    return "\n".join([_INTRODUCTION, *_sections(typer.main.get_command(app), "mwaa")])


def _sections(command: Any, name: str) -> Iterator[str]:
    if commands := getattr(command, "commands", None):
        for one, sub in commands.items():
            yield from _sections(sub, f"{name} {one}")
        return
    yield f"## {name}\n\n{_help(command)}\n{_parameters(command)}"


def _help(command: Any) -> str:
    """Return the help as Markdown; its examples as one block of commands."""
    text = "\n\n".join(filter(None, (command.help, command.epilog)))
    lines = [
        line for line in inspect.cleandoc(text).splitlines() if line.strip() not in ("\b", "Example:", "Examples:")
    ]
    examples = [line.strip().removeprefix("Example: ") for line in lines if _is_example(line)]
    prose = "\n".join(line for line in lines if not _is_example(line)).strip()
    block = "\n".join(["", "```console", *(f"$ {line.removeprefix('$ ')}" for line in examples), "```", ""])
    return f"{prose}\n{block if examples else ''}"


def _is_example(line: str) -> bool:
    return line.strip().startswith(("Example: ", "$ ", "mwaa ", "eval "))


def _parameters(command: Any) -> str:
    """Return a table of arguments and options, as --help prints them."""
    context = typer.Context(command)
    records = [one.get_help_record(context) for one in command.params if one.name not in _SHARED]
    rows = [f"| `{_cell(name)}` | {_cell(text)} |" for name, text in filter(None, records)]
    return "\n".join(["| Argument or option | Meaning |", "| --- | --- |", *rows, ""]) if rows else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace(" <str>", "").replace(" <list[str]>", "")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(PAGE.parents[2])}")
