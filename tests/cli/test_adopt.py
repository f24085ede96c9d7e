"""`mwaa adopt` as a person sees it: what it prints, what it refuses, and that a refusal leaves nothing behind."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.calling import check_schema, run

REGION = "eu-west-1"
Adopt = Callable[..., subprocess.CompletedProcess[str]]

PRINTED = """\
Wrote environments/data/etl.py, environments/data/etl.imports.json and content/data-etl/. Nothing was changed in AWS.
Warning: environments/data/etl.py contains what looks like a secret: smtp.smtp_password
fix: move it to AWS Secrets Manager before you commit the file, and replace it in AWS

The first plan imports 2 resources, replaces and destroys none.

It creates what the environment lacks:

  aws_cloudwatch_log_group.log_groups_task

It changes in place:

  aws_mwaa_environment.environment
    tags_all  sets managed-by, workspace
    timeouts  how long Terraform waits; AWS does not know it

Nothing is replaced, because the workspace names the environment's own network, role, key and bucket. Its content \
in the bucket stays until the first mwaa publish.

Next: npx cdktf deploy data-etl, then delete environments/data/etl.imports.json
"""


@pytest.fixture(scope="module")
def client(clients: Any, account: str, prepare: Any) -> Callable[[str], Any]:
    """An account with the environment Live_ETL, whose log group somebody deleted."""
    found: Callable[[str], Any] = clients(account, REGION)
    options = {"smtp.smtp_password": "hunter2"}
    arguments = prepare(found, account, REGION) | {"Name": "Live_ETL", "AirflowConfigurationOptions": options}
    found("mwaa").create_environment(**arguments, Tags={"team": "etl"})
    found("logs").delete_log_group(logGroupName="airflow-Live_ETL-Task")
    return found


@pytest.fixture
def root(project: Callable[[dict[str, str]], Path]) -> Path:
    root = project({})
    (root / "environments").mkdir()
    return root


@pytest.fixture
def adopt(client: Any, embedded: Any, account: str, root: Path) -> Adopt:
    """`adopt("Live_ETL", ...)`: the command in a shell that points at the embedded AWS."""

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        base = {key: value for key, value in os.environ.items() if key != "FORCE_COLOR"}
        environ = embedded.environ(account, REGION, base) | {"NO_COLOR": "1", "CI": "1"}
        return subprocess.run(
            [sys.executable, "-m", "mwaa", "adopt", *words], cwd=root, env=environ, capture_output=True, text=True
        )

    return call


def _files(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def test_a_person_reads_what_was_written_and_what_the_first_plan_does(adopt: Adopt, root: Path) -> None:
    done = adopt("Live_ETL", "--name", "data/etl")
    assert (done.returncode, done.stdout) == (0, PRINTED)
    assert [line for line in done.stderr.splitlines() if line.startswith("==>")] == [
        "==> reading the environment Live_ETL",
        f"==> copying the DAGs from s3://{_bucket(root)}/dags",
        "==> copying plugins.zip",
    ]
    assert _files(root) == [
        "cdktf.json",
        "content/data-etl/plugins/team.py",
        "environments/data/etl.imports.json",
        "environments/data/etl.py",
    ]


def _bucket(root: Path) -> str:
    from mwaa.config import Names, discover

    return Names(discover(root)["data-etl"].workspace).bucket


def test_machines_read_it_as_json(adopt: Adopt, root: Path, account: str) -> None:
    done = adopt("Live_ETL", "--name", "etl", "--json")
    document = json.loads(done.stdout)
    check_schema(("adopt",), document)
    tags = {"managed-by": "terraform", "workspace": "etl", "team": "etl"}
    assert document == {
        "workspace": "etl",
        "file": "environments/etl.py",
        "imports_file": "environments/etl.imports.json",
        "content": "content/etl",
        "left_out": [],
        "secrets": ["smtp.smtp_password"],
        "imports": {
            "aws_mwaa_environment.environment": "Live_ETL",
            "aws_s3_object.artifacts_plugins": f"airflow-{account}-eu-west-1/plugins.zip",
        },
        "created": ["aws_cloudwatch_log_group.log_groups_task"],
        "changes": [
            {
                "address": "aws_mwaa_environment.environment",
                "attribute": "tags_all",
                "before": {"team": "etl"},
                "after": tags,
                "reason": "sets managed-by, workspace",
            },
            {
                "address": "aws_mwaa_environment.environment",
                "attribute": "timeouts",
                "before": None,
                "after": {"create": "120m", "update": "90m", "delete": "90m"},
                "reason": "how long Terraform waits; AWS does not know it",
            },
        ],
    }
    again = adopt("Live_ETL", "--name", "etl")
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr.startswith("environments/etl.py exists already, and nothing is overwritten\nfix: ")
    assert again.stderr.endswith("mwaa adopt Live_ETL --name etl-adopted\n")
    other = adopt("Live_ETL", "--name", "other")
    assert "the environment Live_ETL belongs to the workspace etl already (environments/etl.py)\n" in other.stderr
    assert other.returncode == 1


def test_an_environment_that_is_not_there_leaves_nothing(adopt: Adopt, root: Path, account: str) -> None:
    for name in ("nightly", "no name"):
        done = adopt(name, "--name", "etl")
        assert (done.returncode, done.stdout) == (1, "")
        assert f"account {account} has no environment {name} in eu-west-1; there are: Live_ETL\n" in done.stderr
    assert _files(root) == ["cdktf.json"]


def test_a_version_that_is_gone_leaves_nothing(adopt: Adopt, root: Path, account: str, client: Any) -> None:
    bucket, s3 = f"airflow-{account}-{REGION}", client("s3")
    version = client("mwaa").get_environment(Name="Live_ETL")["Environment"]["PluginsS3ObjectVersion"]
    body = s3.get_object(Bucket=bucket, Key="plugins.zip")["Body"].read()
    s3.put_object(Bucket=bucket, Key="plugins.zip", Body=body)
    s3.delete_object(Bucket=bucket, Key="plugins.zip", VersionId=version)
    done = adopt("Live_ETL", "--name", "etl")
    assert done.returncode == 1
    assert (
        f"plugins.zip, which the environment uses at version {version}, is no longer in the bucket {bucket}\n"
        f"fix: aws s3api list-object-versions --bucket {bucket} --prefix plugins.zip\n"
    ) in done.stderr
    assert _files(root) == ["cdktf.json"]


@pytest.mark.parametrize(
    ("words", "text", "fix"),
    [
        (("Live_ETL",), "Live_ETL", "mwaa adopt Live_ETL --name live-etl"),
        (("Live_ETL", "--region", REGION), "Live_ETL", f"mwaa adopt Live_ETL --region {REGION} --name live-etl"),
        (("etl", "--name", "data/../etl"), "data/../etl", "mwaa adopt etl --name etl"),
        (("etl", "--name", "2"), "2", "mwaa adopt etl --name adopted"),
    ],
)
def test_what_is_no_name_of_a_workspace_gets_a_command_with_one(
    root: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], text: str, fix: str
) -> None:
    monkeypatch.chdir(root)
    done = run("adopt", *words)
    first, second = done.stderr.splitlines()
    assert done.exit_code == 1
    assert first == (
        f"{text} is not a name of a workspace: 1-27 lowercase letters and digits, words joined by -, beginning with a "
        "letter"
    )
    assert second.endswith(fix)


def test_without_a_region_it_says_how_to_give_one(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(root / "absent"))
    done = run("adopt", "etl")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("no AWS region is set\nfix: ")
    assert done.stderr.endswith("mwaa adopt etl --region us-east-1\n")
