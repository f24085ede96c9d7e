"""Whole stacks: the Terraform of both example workspaces, and what changes it and what does not."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mwaa.config import Content, Definition, EncryptionKey, SynthesisTarget, Workspace, discover
from mwaa.content import ContentError
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

ROOT = Path(__file__).parents[1]
EXAMPLES = discover(ROOT)
Synthesize = Callable[..., dict[str, Any]]


@pytest.fixture
def golden(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(JSONSnapshotExtension)


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_the_example_is_this_terraform(name: str, synthesize: Synthesize, golden: SnapshotAssertion) -> None:
    document = synthesize(EXAMPLES[name].workspace, EXAMPLES[name].extend)
    del document["//"]  # versions of cdktf's own bookkeeping
    assert document == golden


def environment(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["resource"]["aws_mwaa_environment"]["environment"]
    return found


def test_the_provider_is_held_to_the_account_region_and_constraint(
    workspace: Callable[..., Workspace], synthesize: Synthesize
) -> None:
    document = synthesize(workspace(account="123456789012", region="eu-west-1", tags={"team": "etl"}))
    assert document["provider"]["aws"] == [
        {
            "allowed_account_ids": ["123456789012"],
            "region": "eu-west-1",
            "default_tags": [{"tags": {"managed-by": "terraform", "workspace": "dev", "team": "etl"}}],
        }
    ]
    assert document["terraform"] == {
        "backend": {"local": {"path": "../../../terraform.dev.tfstate"}},
        "required_providers": {"aws": {"source": "hashicorp/aws", "version": "~> 6.25"}},
    }


@pytest.mark.parametrize(
    ("outdir", "path"),
    [("cdktf.out", "../../../.mwaa/local/state/dev.tfstate"), (".mwaa/local/cdktf.out", "../../../state/dev.tfstate")],
)
def test_on_the_embedded_aws_state_and_provider_are_its_own(outdir: str, path: str, tmp_path: Path) -> None:
    copy_of_project(tmp_path)
    (tmp_path / outdir).parent.mkdir(parents=True, exist_ok=True)
    synth(tmp_path, MWAA_EMBEDDED="an-instance", MWAA_AWS_PROVIDER="5.100.0", CDKTF_OUTDIR=outdir)
    document = json.loads((tmp_path / outdir / "stacks" / "dev" / "cdk.tf.json").read_text())
    assert document["terraform"] == {
        "backend": {"local": {"path": path}},
        "required_providers": {"aws": {"source": "hashicorp/aws", "version": "5.100.0"}},
    }


@pytest.mark.parametrize(
    ("written", "constraint", "emitted"),
    [
        ("GRACEFUL", "~> 6.25", "GRACEFUL"),
        ("GRACEFUL", ">= 6.11", "GRACEFUL"),
        ("GRACEFUL", "5.100.0", None),
        ("FORCED", "~> 6.25", None),
    ],
)
def test_graceful_replacement_is_told_to_a_provider_that_knows_it(
    written: str, constraint: str, emitted: str | None, workspace: Callable[..., Workspace], synthesize: Synthesize
) -> None:
    document = synthesize(
        workspace(worker_replacement_strategy=written), target=SynthesisTarget(aws_provider=constraint)
    )
    assert environment(document).get("worker_replacement_strategy") == emitted


def test_airflowignore_is_read_in_the_syntax_that_the_workspace_sets(
    workspace: Callable[..., Workspace], synthesize: Synthesize, tmp_path: Path
) -> None:
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / ".airflowignore").write_text("*_test.py\n")  # no regular expression
    values: dict[str, Any] = {
        "airflow_version": "2.11.2",
        "content": Content(plugins=None, requirements=None, startup_script=None),
    }
    with pytest.raises(ContentError, match="expected: patterns in the regexp syntax"):
        synthesize(workspace(**values), root=tmp_path)
    options = {"core.dag_ignore_file_syntax": "glob"}
    document = synthesize(workspace(**values, airflow_configuration_options=options), root=tmp_path)
    assert environment(document)["airflow_configuration_options"] == options


def test_what_holds_data_is_protected_and_nothing_else_is(
    workspace: Callable[..., Workspace], synthesize: Synthesize
) -> None:
    document = synthesize(workspace(encryption_key=EncryptionKey()))
    protected = {
        kind
        for kind, resources in document["resource"].items()
        for item in resources.values()
        if item.get("lifecycle", {}).get("prevent_destroy")
    }
    assert protected == {"aws_s3_bucket", "aws_kms_key", "aws_cloudwatch_log_group", "aws_mwaa_environment"}
    assert document["resource"]["aws_s3_bucket"]["source_bucket"]["force_destroy"] is False


def test_without_protection_everything_can_be_destroyed(
    workspace: Callable[..., Workspace], synthesize: Synthesize
) -> None:
    document = synthesize(workspace(deletion_protection=False, encryption_key=EncryptionKey()))
    assert "prevent_destroy" not in json.dumps(document)
    assert document["resource"]["aws_s3_bucket"]["source_bucket"]["force_destroy"] is True


def test_a_team_extends_the_stack_through_its_constructs(
    workspace: Callable[..., Workspace], synthesize: Synthesize
) -> None:
    def extend(stack: Any) -> None:
        from mwaa.provider import aws, resource

        resource(aws.sns_topic.SnsTopic, stack, "alerts", name=stack.names.tag("alerts"))
        stack.execution_role.grant_bucket_read("lake", "raw/")

    document = synthesize(workspace(), extend)
    assert document["resource"]["aws_sns_topic"]["alerts"]["name"] == "mwaa-dev-alerts"
    assert "execution_role_team" in document["resource"]["aws_iam_role_policy"]


def copy_of_project(folder: Path) -> Path:
    for name in ("main.py", "cdktf.json", "requirements.txt", "startup.sh"):
        shutil.copy(ROOT / name, folder / name)
    for name in ("modules", "environments", "dags", "plugins"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def synth(folder: Path, **variables: str) -> dict[str, bytes]:
    """Every file of the synthesized stacks, by its path."""
    kept = {name for name in os.environ if name == "MWAA_CDK" or not name.startswith(("MWAA_", "CDKTF_"))}
    environ = {name: os.environ[name] for name in kept} | variables
    done = subprocess.run(
        [sys.executable, "main.py"], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    stacks = folder / variables.get("CDKTF_OUTDIR", "cdktf.out") / "stacks"
    return {str(path.relative_to(stacks)): path.read_bytes() for path in stacks.rglob("*") if path.is_file()}


def changed(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


def test_two_folders_synthesize_byte_for_byte_the_same(tmp_path: Path) -> None:
    first, second = tmp_path / "one", tmp_path / "a" / "second place"
    for folder in (first, second):
        folder.mkdir(parents=True)
        copy_of_project(folder)
    for path in second.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    one, two = synth(first), synth(second)
    assert changed(one, two) == set()
    assert {"dev/cdk.tf.json", "prod/cdk.tf.json"} <= one.keys()


def test_workspaces_of_the_same_content_share_one_build(
    workspace: Callable[..., Workspace], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mwaa import content
    from mwaa.provider import cdktf
    from mwaa.stack import WorkspaceStack

    built, build = [], content.build
    monkeypatch.setattr(content, "build", lambda *args, **options: built.append(args[2]) or build(*args, **options))
    app = cdktf.App(outdir=str(tmp_path), skip_validation=True)
    for name in ("one", "two"):
        definition = Definition(workspace(name=name), f"environments/{name}.py")
        WorkspaceStack(app, definition, root=ROOT, target=SynthesisTarget())
    one, two = (tmp_path / "stacks" / name / "assets" / "bundle" for name in ("one", "two"))
    assert built == [one]
    files = {path.relative_to(one): path.read_bytes() for path in one.rglob("*") if path.is_file()}
    assert files == {path.relative_to(two): path.read_bytes() for path in two.rglob("*") if path.is_file()}
    assert Path("plugins.zip") in files


def test_the_output_folder_may_lie_below_folders_that_are_not_there(tmp_path: Path) -> None:
    assert "dev/cdk.tf.json" in synth(copy_of_project(tmp_path), CDKTF_OUTDIR="not/there/yet")


def test_a_wrong_workspace_file_ends_with_status_1_and_no_traceback(tmp_path: Path) -> None:
    copy_of_project(tmp_path)
    (tmp_path / "environments" / "dev.py").write_text("workspace = 1\n")
    done = subprocess.run([sys.executable, "main.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("environments/dev.py: workspace\n  got:      1\n")
    assert "Traceback" not in done.stderr


def test_a_mistake_in_extend_is_told_with_its_line(tmp_path: Path) -> None:
    copy_of_project(tmp_path)
    dev = tmp_path / "environments" / "dev.py"
    dev.write_text(
        dev.read_text() + '\n\ndef extend(stack):\n    stack.execution_role.add_statement({"Effect": "Allow"})\n'
    )
    done = subprocess.run([sys.executable, "main.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    line = len(dev.read_text().splitlines())
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"environments/dev.py: line {line}\n"
        "  got:      ValueError: the statement {'Effect': 'Allow'} lacks Action, Resource\n"
        "  expected: a file that Python runs to its end\n"
    )


def test_broken_content_ends_with_status_2_and_no_traceback(tmp_path: Path) -> None:
    copy_of_project(tmp_path)
    shutil.rmtree(tmp_path / "dags")
    done = subprocess.run([sys.executable, "main.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "dags: content.dags\n  got:      dags, which does not exist\n  expected: a folder\n  fix:      create it\n"
    )
