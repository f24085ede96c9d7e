"""One valid workspace, which every test changes where it needs to, and a project on disk."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mwaa.config import Definition, SynthesisTarget, Workspace

pytest_plugins = ["tests.allowed_skips", "tests.embedded_fixtures"]

CONTENT = Path(__file__).parent / "fixtures" / "content"

REQUIRED = {
    "account": "111111111111",
    "region": "us-east-1",
    "airflow_version": "3.2.1",
    "environment_class": "mw1.small",
}


@pytest.fixture
def workspace() -> Callable[..., Workspace]:
    """`workspace(**overrides)`: a valid workspace, named `dev` unless `name` says otherwise."""

    def make(**overrides: Any) -> Workspace:
        name = overrides.pop("name", "dev")
        return Workspace(**(REQUIRED | overrides)).with_name(name)

    return make


@pytest.fixture
def project(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """`project({"environments/dev.py": "..."})`: the root of a project with these files."""

    def make(files: dict[str, str]) -> Path:
        for file, text in ({"cdktf.json": "{}"} | files).items():
            path = tmp_path / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return make


@pytest.fixture
def synthesize(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """`synthesize(workspace, extend=None, target=None, root=CONTENT)`: the Terraform JSON of its stack."""

    def make(
        workspace: Workspace, extend: Any = None, target: SynthesisTarget | None = None, root: Path = CONTENT
    ) -> dict[str, Any]:
        from mwaa.provider import cdktf
        from mwaa.stack import WorkspaceStack

        app = cdktf.App(outdir=str(tmp_path / "cdktf.out"), skip_validation=True)
        definition = Definition(workspace, f"environments/{workspace.name}.py", extend)
        WorkspaceStack(app, definition, root=root, target=target or SynthesisTarget())
        app.synth()
        document: dict[str, Any] = json.loads(
            (tmp_path / "cdktf.out" / "stacks" / workspace.name / "cdk.tf.json").read_text(encoding="utf-8")
        )
        return document

    return make
