"""Real deployments: the real cdktf, Terraform and AWS provider, on an embedded AWS of the test module's own."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from mwaa import embedded_aws
from mwaa.config import Workspace, discover
from mwaa.embedded_aws import Embedded, EmbeddedSettings
from mwaa.local import deploy, terraform
from mwaa.project_layout import EMBEDDED_LOG, EMBEDDED_OUTPUT

ROOT = Path(__file__).parents[2]


@dataclass
class Project:
    """A copy of this project, with what the tests do to it."""

    root: Path
    events: list[Any] = field(default_factory=list)

    def workspace(self, name: str) -> Workspace:
        return discover(self.root)[name].workspace

    def write(self, file: str, text: str) -> None:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def up(self, name: str, settings: EmbeddedSettings | None = None) -> Embedded:
        try:
            return deploy.up(self.root, self.workspace(name), settings, self.events.append)
        finally:
            for log in (self.root / EMBEDDED_LOG).glob("*.log"):
                shutil.copy(log, self.root / log.name)  # outlives the embedded AWS, for looking into a failure

    def destroy(self, name: str) -> None:
        deploy.destroy(self.root, self.workspace(name), self.events.append)

    def plan(self, name: str) -> dict[str, Any]:
        """The plan as JSON, of the project as it stands now."""
        environ = self.environ(self.workspace(name))
        folder = self.root / EMBEDDED_OUTPUT / "stacks" / name
        out = {"CDKTF_OUTDIR": str(self.root / EMBEDDED_OUTPUT)}
        subprocess.run([sys.executable, "main.py"], cwd=self.root, env=environ | out, check=True, capture_output=True)
        subprocess.run(
            ["terraform", "plan", "-input=false", "-out=plan"], cwd=folder, env=environ, check=True, capture_output=True
        )
        shown = subprocess.run(
            ["terraform", "show", "-json", "plan"], cwd=folder, env=environ, check=True, capture_output=True
        )
        document: dict[str, Any] = json.loads(shown.stdout)
        return document

    def changes(self, name: str) -> dict[str, list[str]]:
        """What a plan would do: address to actions, of every resource that it would not leave as it is."""
        return {
            change["address"]: change["change"]["actions"]
            for change in self.plan(name).get("resource_changes", [])
            if change["change"]["actions"] not in (["no-op"], ["read"])
        }

    def client(self, name: str, service: str) -> Any:
        """A boto3 client in the account and region of a workspace."""
        here, workspace = embedded_aws.find(self.root), self.workspace(name)
        assert here is not None
        return here.client(service, workspace.account, workspace.region)

    def environ(self, workspace: Workspace) -> dict[str, str]:
        here = embedded_aws.find(self.root)
        assert here is not None
        binary = terraform.find_terraform(self.root)
        return deploy.environ_of(self.root, here, workspace, binary, terraform.find_provider(self.root, binary))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A fresh copy of the project; its embedded AWS is stopped at the end, whatever happened."""
    root = tmp_path_factory.mktemp("project")
    for name in ("main.py", "cdktf.json", "package.json", "requirements.txt", "startup.sh"):
        shutil.copy(ROOT / name, root / name)
    for name in ("modules", "environments", "dags", "plugins"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (".venv", "node_modules"):
        (root / name).symlink_to(ROOT / name)
    yield Project(root)
    deploy.down(root)
