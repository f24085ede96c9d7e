"""The error message of every mistake in `mistakes.md` is exactly the text there."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from mwaa.config import ConfigurationError, Workspace, discover
from mwaa.config.errors import models_in
from pydantic import BaseModel

_FILE = """\
from mwaa import *

workspace = Workspace(
{arguments}
)
"""
_VALID = {
    "account": '    account="111111111111",',
    "region": '    region="us-east-1",',
    "airflow_version": '    airflow_version="3.2.1",',
    "environment_class": '    environment_class="mw1.small",',
}

Project = Callable[[dict[str, str]], Path]


@dataclass(frozen=True)
class Mistake:
    title: str
    files: dict[str, str]
    message: str


def _mistake(section: str) -> Mistake:
    blocks = re.findall(r"^```(\w+)(?: ([^\n]+))?\n(.*?)^```$", section, flags=re.MULTILINE | re.DOTALL)
    files = {
        file or "environments/dev.py": text if kind == "file" else _with_arguments(text)
        for kind, file, text in blocks
        if kind != "message"
    }
    (message,) = [text.rstrip("\n") for kind, _, text in blocks if kind == "message"]
    return Mistake(section.split("\n", 1)[0], files, message)


def _with_arguments(text: str) -> str:
    """Return the file of a valid workspace with these arguments replacing, or added to, its own."""
    given = set(re.findall(r"^(\w+)=", text, flags=re.MULTILINE))
    lines = [line for name, line in _VALID.items() if name not in given]
    return _FILE.format(arguments="\n".join([*lines, *(f"    {line}" for line in text.splitlines())]))


_BOOK = Path(__file__).with_name("mistakes.md").read_text(encoding="utf-8")
MISTAKES = [_mistake(section) for section in re.split(r"^## ", _BOOK, flags=re.MULTILINE)[1:]]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.title)
def test_a_mistake_is_reported_with_file_field_got_expected_and_fix(mistake: Mistake, project: Project) -> None:
    with pytest.raises(ConfigurationError) as caught:
        discover(project(mistake.files))
    assert str(caught.value) == mistake.message
    assert all(problem.field and problem.got and problem.expected for problem in caught.value.problems)


def test_the_book_has_a_mistake_in_every_field() -> None:
    reported = set(re.findall(r"^environments/\S+: ([a-z0-9_.]+)", _BOOK, flags=re.MULTILINE))
    reported = {re.sub(r"\.[0-9]+", "", field) for field in reported}  # the place in a list

    def leaves(model: type[BaseModel], prefix: str) -> Iterator[str]:
        for name, field in model.model_fields.items():
            parts = models_in(field.annotation)
            yield from (
                (leaf for part in parts for leaf in leaves(part, f"{prefix}{name}.")) if parts else [prefix + name]
            )

    # `kind` of a backend has one value only; options and tags are reported by their keys.
    fields = {field for field in leaves(Workspace, "") if not field.endswith(".kind")}
    assert {field for field in fields if not any(f"{one}.".startswith(f"{field}.") for one in reported)} == set()


def test_the_arguments_around_a_mistake_are_valid(project: Project) -> None:
    assert list(discover(project({"environments/dev.py": _with_arguments("")}))) == ["dev"]


_OF_DEV = [
    one for one in MISTAKES if set(re.findall(r"^environments/[^:]+", one.message, re.M)) == {"environments/dev.py"}
]


@pytest.mark.parametrize("mistake", _OF_DEV[::20], ids=lambda mistake: mistake.title)
def test_the_command_line_reports_a_mistake_with_status_2(mistake: Mistake, project: Project) -> None:
    command = [sys.executable, "-m", "mwaa", "show", "dev", "--json"]
    environ = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(command, cwd=project(mistake.files), env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.rstrip("\n") == mistake.message
