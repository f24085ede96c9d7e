"""A pipeline deployed; its buildspecs run as CodeBuild runs them, from the source alone; and what Terraform says then.

The prod workspace, in test_prod.py, has a pipeline from a connection, with an approval.
"""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mwaa import embedded_aws
from mwaa.config import Names
from mwaa.local import deploy
from mwaa.local_airflow import run_airflow

ROOT = Path(__file__).parents[2]
WORKSPACE = """
from mwaa.config import CodeCommitSource, Network, Pipeline, S3Source, Workspace

workspace = Workspace(
    account="444444444444",
    region="us-east-1",
    airflow_version="3.2.1",
    environment_class="mw1.micro",
    network=Network(cidr="10.40.0.0/20"),
    pipeline=Pipeline(source={source}),
    deletion_protection=False,
)
"""
CODECOMMIT = 'CodeCommitSource(repository="airflow")'
S3 = 'S3Source(bucket="uploads-444444444444", key="airflow.zip")'


@pytest.fixture(scope="module")
def deployed(project: Any) -> Any:
    """The workspace `team`, whose pipeline takes its source from CodeCommit."""
    project.write("environments/team.py", WORKSPACE.format(source=CODECOMMIT))
    project.up("team")
    project.names = Names(project.workspace("team"))
    return project


@pytest.fixture
def client(deployed: Any) -> Callable[[str], Any]:
    return lambda service: deployed.client("team", service)


def versions(deployed: Any, client: Callable[[str], Any]) -> dict[str, str]:
    """The current version of every object in the source bucket."""
    listed = client("s3").list_object_versions(Bucket=deployed.names.bucket).get("Versions", [])
    return {item["Key"]: item["VersionId"] for item in listed if item["IsLatest"]}


def environment(client: Callable[[str], Any]) -> dict[str, Any]:
    found: dict[str, Any] = client("mwaa").get_environment(Name="mwaa-team")["Environment"]
    return found


def planned(deployed: Any) -> str:
    """What Terraform would change, in its own words; nothing if nothing."""
    return str(deploy.second_plan(deployed.root, deployed.names.workspace, deployed.events.append).text)


def source(deployed: Any, folder: Path) -> None:
    """What a source action hands on: the files of the repository, without its history and what is made from it."""
    for name in ("cdktf.json", "requirements.txt", "startup.sh"):
        shutil.copy(deployed.root / name, folder / name)
    for name in ("environments", "modules", "dags", "plugins"):
        shutil.copytree(deployed.root / name, folder / name)
    shutil.copytree(ROOT / "locks", folder / "locks")


def machine(deployed: Any) -> dict[str, str]:
    """The variables of a machine that has Python and the AWS CLI, and reaches the embedded AWS."""
    ours = ("VIRTUAL_ENV", "PYTHONPATH", "FORCE_COLOR")
    environ = {name: value for name, value in deployed.environ(deployed.names.workspace).items() if name not in ours}
    return environ | {"PATH": f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"}


def build(deployed: Any, client: Callable[[str], Any], stage: str, folder: Path) -> dict[str, str]:
    """Run a stage's buildspec in a folder of the source; return what it exports.

    Python comes from the machine, as in CodeBuild from the image; packages from its index, through the embedded AWS's
    proxy.
    """
    [project] = client("codebuild").batch_get_projects(names=[deployed.names.build_project(stage)])["projects"]
    spec = json.loads(project["source"]["buildspec"])
    environ = machine(deployed)
    environ |= {name: value for name, value in spec["env"]["variables"].items() if not name.endswith("_CACHE_DIR")}
    environ |= {
        "CODEBUILD_BUILD_ID": f"{project['name']}:5c0ba0d6",
        "MWAA_REVISION": "0123abc",
    }
    exported = spec["env"].get("exported-variables", [])
    show = "; ".join(f"printf '%s\\n' \"${name}\"" for name in exported) or ":"
    commands = [*spec["phases"]["install"]["commands"], *spec["phases"]["build"]["commands"]]
    script = "\n".join(["set -e", *(f"{{ {command}\n}} >&2" for command in commands), show])
    done = subprocess.run(["bash", "-c", script], cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(zip(exported, done.stdout.splitlines(), strict=True))


def test_terraform_brings_the_first_objects_and_no_dags(deployed: Any, client: Callable[[str], Any]) -> None:
    found = versions(deployed, client)
    assert set(found) == {"plugins.zip", "requirements.txt", "startup.sh"}
    assert environment(client)["PluginsS3ObjectVersion"] == found["plugins.zip"]
    head = client("s3").head_object(Bucket=deployed.names.bucket, Key="plugins.zip", ChecksumMode="ENABLED")
    assert len(head["ChecksumSHA256"]) == 44
    pipeline = client("codepipeline").get_pipeline(name="mwaa-team")["pipeline"]
    assert [stage["name"] for stage in pipeline["stages"]] == ["Source", "Check", "Publish"]
    [target] = client("events").list_targets_by_rule(Rule="mwaa-team-pipeline-start")["Targets"]
    assert target["Arn"] == "arn:aws:codepipeline:us-east-1:444444444444:mwaa-team"


def test_a_second_plan_is_empty(deployed: Any) -> None:
    assert planned(deployed) == ""


def test_the_builds_of_the_pipeline_publish_from_the_source_alone_and_the_plan_stays_empty(
    deployed: Any, client: Callable[[str], Any], tmp_path: Path
) -> None:
    before, first = environment(client), versions(deployed, client)
    (deployed.root / "dags" / "added.py").write_text("from airflow.sdk import DAG\n\nwith DAG('added'):\n    pass\n")
    (deployed.root / "plugins" / "added.py").write_text("")

    source(deployed, tmp_path)
    exported = build(deployed, client, "check", tmp_path)
    assert exported["BUILD"] == "mwaa-team-check%3A5c0ba0d6"
    assert 0 < len(exported["PLAN"]) <= 500
    assert versions(deployed, client) == first  # a dry run

    assert build(deployed, client, "publish", tmp_path) == {}
    after, found = environment(client), versions(deployed, client)
    assert after["Status"] == "AVAILABLE"
    assert after["PluginsS3ObjectVersion"] == found["plugins.zip"] != before["PluginsS3ObjectVersion"]
    assert after["RequirementsS3ObjectVersion"] == first["requirements.txt"]
    dags = {
        path.relative_to(deployed.root).as_posix() for path in (deployed.root / "dags").rglob("*") if path.is_file()
    }
    assert {key for key in found if key.startswith("dags/")} == {key for key in dags if "__pycache__" not in key}
    [release] = client("s3").list_objects_v2(Bucket=deployed.names.bucket, Prefix=deployed.names.releases_prefix)[
        "Contents"
    ]
    record = client("s3").get_object(Bucket=deployed.names.bucket, Key=release["Key"])["Body"].read().decode()
    assert '"0123abc"' in record
    assert planned(deployed) == ""


def test_the_airflow_that_serves_the_environment_has_the_published_dag(
    deployed: Any, client: Callable[[str], Any]
) -> None:
    here, mwaa = embedded_aws.find(deployed.root), client("mwaa")
    assert here is not None
    with run_airflow(deployed.root, here, deployed.workspace("team"), deployed.events.append):
        deadline = time.monotonic() + 120
        while True:
            try:
                found = mwaa.invoke_rest_api(Name="mwaa-team", Method="GET", Path="/dags/added")
                break
            except mwaa.exceptions.RestApiClientException:  # the scheduler has not read it yet
                assert time.monotonic() < deadline
                time.sleep(1)
        assert found["RestApiResponse"]["fileloc"].endswith("/dags/added.py")


def test_another_source_is_applied_in_place_and_removed_dags_do_not_come_back(
    deployed: Any, client: Callable[[str], Any]
) -> None:
    s3 = client("s3")
    s3.put_object(Bucket=deployed.names.bucket, Key="dags/old.py", Body=b"")
    published = {key for key in versions(deployed, client) if key.startswith("dags/")}
    for key in published:
        s3.delete_object(Bucket=deployed.names.bucket, Key=key)
    deployed.write("environments/team.py", WORKSPACE.format(source=S3))
    deployed.up("team")
    pipeline = client("codepipeline").get_pipeline(name="mwaa-team")["pipeline"]
    assert pipeline["stages"][0]["actions"][0]["configuration"] == {
        "S3Bucket": "uploads-444444444444",
        "S3ObjectKey": "airflow.zip",
        "PollForSourceChanges": "false",
    }
    assert not published & versions(deployed, client).keys()
    assert planned(deployed) == ""
