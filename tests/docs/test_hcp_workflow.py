"""The CI job for VCS-driven runs, run as GitHub runs it: bash with -e, step by step, in a repository of its own."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKSPACE = """\
from mwaa import HcpTerraform, Workspace

workspace = Workspace(
    account="111111111111",
    region="us-east-1",
    airflow_version="3.2.1",
    environment_class="mw1.small",
    backend=HcpTerraform(organization="acme", working_directory="terraform/stacks/prod"),
)
"""


def scripts(workflow: str) -> dict[str, str]:
    """The steps of a workflow's one job that run a script, by name."""
    (job,) = yaml.safe_load((ROOT / "docs/hcp-terraform" / workflow).read_text(encoding="utf-8"))["jobs"].values()
    return {step["name"]: step["run"] for step in job["steps"] if "run" in step and "name" in step}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name in ("main.py", "cdktf.json", "requirements.txt", "startup.sh"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("dags", "plugins"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments/prod.py").write_text(WORKSPACE)
    (tmp_path / ".gitignore").write_text(".venv\n__pycache__/\n")
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    return tmp_path


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=CI", "-c", "user.email=ci@example.com"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True)


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "all")


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    script = "\n".join(scripts("vcs-driven.yml").values())
    environ = os.environ | {"PYTHONPATH": str(ROOT / "modules")}
    return subprocess.run(["bash", "-e", "-c", script], cwd=folder, env=environ, capture_output=True, text=True)


def test_stacks_that_are_not_committed_or_not_current_fail_the_job(repository: Path) -> None:
    assert list(scripts("vcs-driven.yml")) == ["Synthesize again", "Compare"]
    uncommitted = run(repository)
    assert uncommitted.returncode == 1
    assert "terraform/ is not what environments/ says" in uncommitted.stderr
    commit(repository)
    current = run(repository)
    assert (current.returncode, current.stderr) == (0, "")
    workspace = repository / "environments/prod.py"
    workspace.write_text(WORKSPACE.replace("mw1.small", "mw1.medium"))
    changed = run(repository)
    assert changed.returncode == 1
    assert '"environment_class": "mw1.medium"' in changed.stdout


def test_what_is_committed_names_nothing_of_the_machine(repository: Path) -> None:
    run(repository)
    texts = [path.read_text(encoding="utf-8") for path in (repository / "terraform").rglob("*.json")]
    assert texts
    assert not [text for text in texts if str(repository) in text or str(ROOT) in text]
