"""The example of two teams: both workspaces synthesize, and each file has an owner."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs/examples/team"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLE, tmp_path / "team", ignore=shutil.ignore_patterns("__pycache__", "cdktf.out", ".mwaa"))
    return tmp_path / "team"


def test_both_teams_are_synthesized(root: Path) -> None:
    environ = os.environ | {"PYTHONPATH": str(ROOT / "modules")}
    subprocess.run([sys.executable, "main.py"], cwd=root, env=environ, capture_output=True, check=True)
    stacks = {
        path.parent.name: json.loads(path.read_text())["resource"]
        for path in root.glob("cdktf.out/stacks/*/cdk.tf.json")
    }
    assert stacks.keys() == {"analytics-dev", "risk-dev"}
    analytics, risk = stacks["analytics-dev"], stacks["risk-dev"]
    assert list(analytics["aws_s3_object"]["artifacts_dags"]["for_each"]) == ["dags/daily.py"]
    assert {name for name in risk["aws_s3_object"] if name.startswith("publish_tool")} == {
        "publish_tool_wheel",
        "publish_tool_lock",
        "publish_tool_workspace",
    }
    resolved = json.loads((root / "cdktf.out/stacks/risk-dev/assets/tool/mwaa.json").read_text())
    assert (resolved["file"], resolved["workspace"]["name"]) == ("environments/risk/dev.py", "risk-dev")


def test_content_of_a_repository_of_its_own_is_not_checked_here(root: Path) -> None:
    environ = os.environ | {"PYTHONPATH": str(ROOT / "modules")}
    command = [sys.executable, "-m", "mwaa", "check", "risk-dev"]
    done = subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, check=False)
    said = "risk-dev: the content has a repository of its own, whose pipeline checks it\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, "", said)


@pytest.mark.parametrize("words", ["publish risk-dev", "dags list risk-dev", "requirements check risk-dev"])
def test_content_of_a_repository_of_its_own_is_not_taken_from_here(words: str, root: Path) -> None:
    (root / "dags").mkdir()
    environ = os.environ | {"PYTHONPATH": str(ROOT / "modules")}
    command = [sys.executable, "-m", "mwaa", *words.split()]
    done = subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "environments/risk/dev.py: pipeline.content_only\n"
        "  got:      True\n"
        "  expected: a workspace whose content is in this project\n"
        "  fix:      run the command in the repository of the content: docs/how-to/content-repository.md\n",
    )


def test_every_team_owns_its_folder() -> None:
    owners = (EXAMPLE / ".github/CODEOWNERS").read_text()
    for team in ("analytics", "risk"):
        assert f"/environments/{team}/" in owners
