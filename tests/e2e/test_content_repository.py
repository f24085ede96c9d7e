"""The risk team of the example deployed: its content is in a repository of its own.

The builds of its pipeline, and a laptop, install the tool and read the workspace that the stack put into S3.
"""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mwaa.config import Names

from tests.e2e.test_pipeline import build, machine, planned, versions

ROOT = Path(__file__).parents[2]
HOW_TO = (ROOT / "docs/how-to/content-repository.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def deployed(project: Any) -> Any:
    """The example's workspace risk-dev, and the root's content for the repository of the risk team."""
    shutil.rmtree(project.root / "environments")
    shutil.rmtree(project.root / "modules")
    shutil.copytree(ROOT / "docs/examples/team", project.root, dirs_exist_ok=True)
    project.up("risk-dev")
    project.names = Names(project.workspace("risk-dev"))
    return project


@pytest.fixture(scope="module")
def repository(deployed: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository of the risk team: content, and nothing of the project."""
    folder = tmp_path_factory.mktemp("risk-airflow")
    for name in ("requirements.txt", "startup.sh"):
        shutil.copy(deployed.root / name, folder / name)
    for name in ("dags", "plugins"):
        shutil.copytree(deployed.root / name, folder / name)
    (folder / "dags" / "added.py").write_text("from airflow.sdk import DAG\n\nwith DAG('added'):\n    pass\n")
    return folder


@pytest.fixture
def client(deployed: Any) -> Callable[[str], Any]:
    return lambda service: deployed.client("risk-dev", service)


def test_the_builds_check_and_publish_a_folder_that_holds_nothing_of_the_project(
    deployed: Any, repository: Path, client: Callable[[str], Any]
) -> None:
    mwaa, first = client("mwaa"), versions(deployed, client)
    tags = mwaa.get_environment(Name="mwaa-risk-dev")["Environment"]["Tags"]
    assert (tags["team"], tags["workspace"]) == ("risk", "risk-dev")
    assert set(first) == {
        "plugins.zip",
        "requirements.txt",
        "startup.sh",
        ".mwaa/tool/mwaa-0.1.0-py3-none-any.whl",
        ".mwaa/tool/publish.txt",
        ".mwaa/tool/mwaa.json",
    }
    exported = build(deployed, client, "check", repository)
    assert exported["PLAN"].startswith("risk-dev: ")
    assert versions(deployed, client) == first  # a dry run

    assert build(deployed, client, "publish", repository) == {}
    found = versions(deployed, client)
    assert mwaa.get_environment(Name="mwaa-risk-dev")["Environment"]["Status"] == "AVAILABLE"
    assert "dags/added.py" in found
    [release] = client("s3").list_objects_v2(Bucket=deployed.names.bucket, Prefix=deployed.names.releases_prefix)[
        "Contents"
    ]
    record = client("s3").get_object(Bucket=deployed.names.bucket, Key=release["Key"])["Body"].read().decode()
    assert '"0123abc"' in record
    assert planned(deployed) == ""


def test_the_commands_of_the_how_to_check_the_content_on_a_laptop(deployed: Any, repository: Path) -> None:
    environ = machine(deployed)
    [commands] = re.findall(r"```sh\n(.*?)```", HOW_TO, re.DOTALL)
    shutil.rmtree(repository / ".venv")
    (repository / "dags" / "wrong.py").write_text("from airflow.sdk import DAG\nimport nowhere\n")

    def run(script: str) -> "subprocess.CompletedProcess[str]":
        command = ["bash", "-e", "-c", script]
        return subprocess.run(command, cwd=repository, env=environ, capture_output=True, text=True, check=False)

    done = run(commands)
    assert (done.returncode, "dags/wrong.py" in done.stdout) == (1, True), done.stdout + done.stderr
    (repository / "dags" / "wrong.py").unlink()
    variable = "export MWAA_WORKSPACE_FILE=.mwaa/tool/mwaa.json"
    again = run(f"{variable}\n.venv/bin/mwaa check >&2\n.venv/bin/mwaa publish --dry-run")
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith("risk-dev: nothing to publish; release "), again.stdout
