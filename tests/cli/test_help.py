"""What `--help` and `--version` print, and that each example can be typed."""

import re
import shlex
from importlib.metadata import version
from typing import Any

import pytest
from mwaa.cli import app
from typer.main import get_command

from tests.cli.calling import commands, read_help, run

HELP = """\
Usage: mwaa [OPTIONS] COMMAND [ARGS]...

  Amazon MWAA as code: check workspaces, run them on this machine, publish
  their content, ask AWS about them.

Options:
  --version             Print the version and exit.
  --install-completion  Install completion for the current shell.
  --show-completion     Show completion for the current shell, to copy it or
                        customize the installation.
  -h, --help            Show this message and exit.

Workspaces:
  workspaces    List the workspaces of this project.
  show          Show all fields of a workspace, and the names it creates.
  new           Write the file of a new workspace.
  adopt         Turn an environment that exists into a workspace.
  check         Check workspaces and their content with real Airflow.
  upgrade-test  Try a workspace under another Airflow release.

Content:
  dags          List the DAGs and run one with real Airflow.
  requirements  Check and pin requirements.txt, and ship wheels.

This machine:
  doctor        Check this machine: tools, versions, credentials.
  local         Run workspaces on this machine, without an AWS account.

AWS:
  publish       Publish the project's content to MWAA.
  releases      List the published releases, newest first.
  rollback      Restore an earlier release.
  status        Show the status of a workspace's environment in AWS.
  state         Make the S3 bucket that holds Terraform's state.
  hcp           Keep workspaces in HCP Terraform as their files say.
"""


def test_the_commands_are_grouped_by_subject() -> None:
    assert read_help() == HELP


@pytest.mark.parametrize("words", [[], ["local"], ["dags"], ["requirements"]], ids=" ".join)
def test_no_summary_is_cut_at_80_columns(words: list[str]) -> None:
    printed = read_help(*words)
    assert "..." not in printed.partition("\n")[2]
    assert max(map(len, printed.splitlines())) <= 80


def test_the_version_is_that_of_the_distribution() -> None:
    result = run("--version")
    assert (result.exit_code, result.stdout) == (0, f"mwaa {version('mwaa')}\n")


def _examples(help_text: str) -> list[str]:
    """The indented lines below `Example:` or `Examples:`."""
    _, _, below = help_text.partition("Example")
    return [line.strip() for line in below.split("\n\n")[0].splitlines()[1:]]


def _command_of(example: str) -> list[str]:
    """The words after `mwaa`, also of `eval "$(mwaa ...)"`."""
    match = re.fullmatch(r'(?:eval "\$\()?mwaa (.+?)(?:\)")?', example)
    assert match, example
    return shlex.split(match[1])


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_has_examples_that_parse(name: str) -> None:
    examples = _examples(run(*name.split(), "--help").stdout)
    assert examples
    for example in examples:
        words = _command_of(example)
        assert " ".join(words).startswith(name)
        _parse(words)


def _parse(words: list[str]) -> None:
    """Raises a usage error if the command does not accept the words. Nothing is run."""
    command: Any = get_command(app)
    while hasattr(command, "commands"):
        command, words = command.commands[words[0]], words[1:]
    command.make_context(command.name, words)
