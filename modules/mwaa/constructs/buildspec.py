"""What the builds of a pipeline run: CodeBuild's buildspec, built as data and checked before it is written.

Each build gets a Python of its own from `locks/publish.txt`, hash by hash: what the `mwaa` command needs, without CDKTF
and the embedded AWS. Where the source is content alone, the package comes as a wheel from the source bucket, with the
lock and the workspace. The environment is on the disk of the build alone, which is thrown away.
Source: CodeBuild user guide, build-spec-ref.
"""

import json
import re
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_snake

from mwaa.config import Names
from mwaa.config.workspace_file import FILE, VARIABLE

IMAGE = "aws/codebuild/amazonlinux-x86_64-standard:6.0"
"""Source: aws/aws-codebuild-docker-images, README of 2026-04-09. Amazon Linux 2023, as MWAA's own images."""

LOCK = "locks/publish.txt"
PLAN, BUILD = "PLAN", "BUILD"
"""What the check exports: what would be published, in one line; the build's id as its page's address has it."""

_PYTHON = ".venv/bin/python"
_MWAA = f"{_PYTHON} -m mwaa"
_CACHE = "/tmp/cache"
_TOOL = "/tmp/mwaa-tool"
"""Where a build of a content repository puts what the stack put into the source bucket."""


def _dashed(name: str) -> str:
    return to_snake(name).replace("_", "-")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=_dashed, populate_by_name=True)


class BuildEnvironment(_Section):
    """Section `env`."""

    shell: Literal["bash"] = "bash"
    variables: dict[str, str]
    exported_variables: tuple[str, ...] | None = None


class Phase(_Section):
    """A phase: commands in the order in which they run, all in one shell. The first that fails ends the build."""

    runtime_versions: dict[Literal["python"], str] | None = None
    on_failure: Literal["ABORT"] = "ABORT"
    commands: tuple[str, ...] = Field(min_length=1)


class Phases(_Section):
    """Section `phases`."""

    install: Phase
    build: Phase


class Cache(_Section):
    """Section `cache`."""

    paths: tuple[str, ...] = Field(min_length=1)


class Buildspec(_Section):
    """A whole buildspec. Raises pydantic's ValidationError where CodeBuild would fail minutes later."""

    version: float = Field(default=0.2, ge=0.2, le=0.2)
    env: BuildEnvironment
    phases: Phases
    cache: Cache

    @model_validator(mode="after")
    def _check(self) -> Self:
        if wrong := [command for command in self.commands if not command.strip() or "\n" in command]:
            raise ValueError(f"a command is one line: {wrong}")
        exported = {match[1] for command in self.commands if (match := re.match(r"export (\w+)=", command))}
        if missing := set(self.env.exported_variables or ()) - exported:
            raise ValueError(f"no command exports {sorted(missing)}")
        return self

    @property
    def commands(self) -> tuple[str, ...]:
        """Everything that the build runs, in order."""
        return (*self.phases.install.commands, *self.phases.build.commands)

    def text(self) -> str:
        """As CodeBuild reads it: JSON, which is YAML."""
        return json.dumps(self.model_dump(mode="json", by_alias=True, exclude_none=True), indent=2)


def check(names: Names) -> Buildspec:
    """Says what publishing would do, in full in the log and in one line for a reviewer, then checks the content.

    In this order, because the check runs the content's code in this checkout: what the reviewer reads is in the build's
    shell before any of it runs.
    """
    name = names.workspace.name
    return _buildspec(
        names,
        f"{_MWAA} publish {name} --dry-run > plan.txt",
        "cat plan.txt",
        f'export {PLAN}="$(tail -n 1 plan.txt)"',
        f'export {BUILD}="${{CODEBUILD_BUILD_ID/:/%3A}}"',
        f"{_MWAA} check {name}",
        exported=(PLAN, BUILD),
    )


def publish(names: Names) -> Buildspec:
    """Publishes the content and waits until the environment has taken it."""
    return _buildspec(names, f"{_MWAA} publish {names.workspace.name}")


def _buildspec(names: Names, *commands: str, exported: tuple[str, ...] | None = None) -> Buildspec:
    content_only = names.workspace.pipeline is not None and names.workspace.pipeline.content_only
    fetch, lock, package = (
        (f"aws s3 cp --only-show-errors --recursive s3://{names.bucket}/{names.tool_prefix} {_TOOL}",),
        f"{_TOOL}/publish.txt",
        (f"{_PYTHON} -m pip install --quiet --disable-pip-version-check --no-deps --no-index {_TOOL}/*.whl",),
    ) if content_only else ((), LOCK, ())  # fmt: skip
    install = (
        *fetch,
        "python -m venv .venv",
        f"{_PYTHON} -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement {lock}",
        *package,
    )
    # From the source the package runs uninstalled.
    found = {VARIABLE: f"{_TOOL}/{FILE}"} if content_only else {"PYTHONPATH": "modules"}
    return Buildspec(
        env=BuildEnvironment(
            variables={"PIP_CACHE_DIR": f"{_CACHE}/pip", "UV_CACHE_DIR": f"{_CACHE}/uv", **found},
            exported_variables=exported,
        ),
        phases=Phases(
            install=Phase(runtime_versions={"python": names.workspace.python_version}, commands=install),
            build=Phase(commands=commands),
        ),
        cache=Cache(paths=(f"{_CACHE}/**/*",)),
    )
