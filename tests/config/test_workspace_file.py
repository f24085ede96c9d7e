"""A resolved workspace written as JSON and read again is the same workspace, with the same names."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from mwaa.config import ConfigurationError, Names, Workspace, discover, discover_all, find_root
from mwaa.config.workspace_file import VARIABLE, from_json, to_json
from mwaa.operations import describe

ROOT = Path(__file__).parents[2]
EXAMPLES = discover(ROOT)
RICH = """\
from mwaa import *

workspace = Workspace(
    account="111111111111",
    region="us-east-1",
    airflow_version="2.10.3",
    environment_class="mw1.small",
    network=Network(cidr="10.1.0.0/20", nat_gateways=2),
    content=Content(dags="teams/a/dags", plugins=None),
    logging=Logging(worker=None),
    backend=S3Backend(bucket="acme-state"),
    pipeline=Pipeline(source=CodeCommitSource(repository="content"), content_only=True, notify=("a@example.com",)),
    suppressions=(Suppression(rule="dag-parse-time", reason="slow, and known to be"),),
    tags={"team": "a"},
)
"""
ORGANIZATION = """\
from mwaa import *

workspace = Workspace(
    account="111111111111",
    region="us-east-1",
    airflow_version="3.2.1",
    environment_class="mw1.small",
    network=ExistingNetwork(vpc_id="vpc-0123abcd", private_subnet_ids=["subnet-0123abcd", "subnet-1123abcd"]),
    source_bucket=SourceBucket(name="airflow-of-the-company", create=False),
    backend=HcpTerraform(organization="acme", project="data", tags={"team": "a"}),
    pipeline=Pipeline(source=S3Source(bucket="uploads", key="content.zip"), content_only=True),
    execution_role=ExecutionRole(
        statements=[{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::raw/*"}],
        buckets=[BucketGrant(bucket="raw"), BucketGrant(bucket="out", access="READ_WRITE")],
    ),
    deploy_role=DeployRole(arn="arn:aws:iam::111111111111:role/deploy", session_tags={"type": "deploy"}),
    secrets_backend=ParameterStore(),
)
"""
Project = Callable[[dict[str, str]], Path]


@pytest.fixture
def rich(project: Project) -> Workspace:
    return discover(project({"environments/a/dev.py": RICH}))["a-dev"].workspace


def test_reading_restores_every_field_and_name(rich: Workspace, project: Project, tmp_path: Path) -> None:
    organization = discover(project({"environments/a/dev.py": ORGANIZATION}))["a-dev"].workspace
    for workspace in (rich, organization, *(definition.workspace for definition in EXAMPLES.values())):
        path = tmp_path / "written.json"
        path.write_text(to_json(workspace, "environments/x.py"))
        read, file = from_json(path)
        assert file == "environments/x.py"
        assert read == workspace
        assert describe.fields(read) == describe.fields(workspace)
        assert describe.names(read) == describe.names(workspace)
        assert Names(read).bucket == Names(workspace).bucket
        assert to_json(read, file) == path.read_text()


def test_a_folder_with_the_file_is_a_project_of_one_workspace(rich: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "content"
    (folder / "dags").mkdir(parents=True)
    (folder / "mwaa.json").write_text(to_json(rich, "environments/a/dev.py"))
    assert find_root(folder / "dags") == folder
    found = discover_all(folder).pick(None)
    assert (found.name, found.file, found.workspace) == ("a-dev", "environments/a/dev.py", rich)


def test_the_variable_names_a_file_elsewhere(rich: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "resolved.json").write_text(to_json(rich, "environments/a/dev.py"))
    monkeypatch.setenv(VARIABLE, str(tmp_path / "resolved.json"))
    empty = tmp_path / "empty"
    empty.mkdir()
    assert find_root(empty) == empty
    assert list(discover(empty)) == ["a-dev"]


@pytest.mark.parametrize(
    ("text", "got"),
    [
        (None, "No such file or directory"),
        ("{", "JSONDecodeError"),
        ("{}", "KeyError"),
        ("[]", "TypeError"),
        (json.dumps({"file": "x.py", "workspace": {"type": "Workspace", "account": "1"}}), ""),
    ],
)
def test_a_file_that_is_wrong_is_an_error_that_names_it(text: str | None, got: str, tmp_path: Path) -> None:
    path = tmp_path / "mwaa.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        from_json(path)
    assert {problem.file for problem in caught.value.problems} == {"mwaa.json"}
    assert got in str(caught.value)
