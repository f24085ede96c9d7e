"""State that a team shares: in S3 with its lock, and in HCP Terraform, whose runs get their AWS credentials by OIDC.

`platform` keeps its state in S3, makes the roles that runs of `prod` in HCP Terraform assume, and is itself planned and
applied by jobs of GitLab CI.
"""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from mwaa import embedded_aws
from mwaa.config import HcpTerraform
from mwaa.embedded_aws import EmbeddedSettings
from mwaa.local import deploy
from mwaa.local.errors import DeployError
from mwaa.operations import hcp
from mwaa.project_layout import EMBEDDED_OUTPUT

from tests.docs.test_hcp_workflow import scripts
from tests.e2e.conftest import ROOT, Project
from tests.oidc_issuers import Issuers

WORKSPACE = """\
from mwaa import GitLabCi, HcpTerraform, HcpTerraformRoles, Network, S3Backend, Workspace

workspace = Workspace(
    account="111111111111",
    region="us-east-1",
    airflow_version="3.2.1",
    environment_class="mw1.small",
    network=Network(cidr="{cidr}", nat_gateways=1),
    deletion_protection=False,
    backend={backend},
)
"""
EXTEND = """

def extend(stack):
    backend = HcpTerraform(organization="acme", project="data", workspace="mwaa-prod")
    HcpTerraformRoles(stack, "hcp_prod", stack.names, backend)
"""
ROLE = "arn:aws:iam::111111111111:role/hcp-mwaa-prod"
PROD = f"""HcpTerraform(
        organization="acme",
        project="data",
        workspace="mwaa-prod",
        plan_role_arn="{ROLE}-plan",
        apply_role_arn="{ROLE}-apply",
    )"""
IN_S3 = """S3Backend(bucket="acme-terraform-state"),
    ci=GitLabCi(project_path="acme/airflow")"""
KEY = "platform/terraform.tfstate"


@pytest.fixture(scope="module")
def gitlab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuers]:
    """GitLab, as the embedded AWS reaches it."""
    made = Issuers(tmp_path_factory.mktemp("gitlab"), "gitlab.com")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in made.environ.items():
            patch.setenv(name, value)
        yield made
    made.stop()


@pytest.fixture(scope="module")
def shared(project: Project, gitlab: Issuers) -> Project:
    for path in (project.root / "environments").glob("*.py"):
        path.unlink()
    project.write(
        "environments/platform.py",
        WORKSPACE.format(cidr="10.1.0.0/20", backend=IN_S3) + EXTEND,
    )
    project.write("environments/prod.py", WORKSPACE.format(cidr="10.2.0.0/20", backend=PROD))
    project.up("platform", EmbeddedSettings(create_seconds=0, update_seconds=0, delete_seconds=0))
    project.up("prod")
    return project


def resources_on_disk(project: Project) -> list[str]:
    """Files anywhere in the project that hold a Terraform state with resources."""
    return [
        str(path.relative_to(project.root))
        for path in project.root.rglob("*")
        if path.is_file()
        and ".terraform/providers" not in str(path)
        and path.stat().st_size < 5_000_000
        and b'"aws_mwaa_environment"' in (data := path.read_bytes())
        and b'"lineage"' in data
    ]


def state_in_s3(project: Project) -> dict[str, object]:
    body = project.client("platform", "s3").get_object(Bucket="acme-terraform-state", Key=KEY)["Body"].read()
    document: dict[str, object] = json.loads(body)
    return document


def test_the_state_of_platform_is_in_s3_alone(shared: Project) -> None:
    types = {resource["type"] for resource in state_in_s3(shared)["resources"]}  # type: ignore[attr-defined,index,union-attr]
    assert {"aws_mwaa_environment", "aws_iam_openid_connect_provider"} <= types
    versions = shared.client("platform", "s3").list_object_versions(Bucket="acme-terraform-state", Prefix=KEY)
    assert len(versions["Versions"]) >= 1
    assert resources_on_disk(shared) == []


def test_the_deployed_workspaces_are_counted_where_their_state_is(shared: Project) -> None:
    counts = deploy.deployed(shared.root)
    in_s3 = [one for one in state_in_s3(shared)["resources"] if one["mode"] == "managed"]  # type: ignore[attr-defined,index,union-attr]
    assert counts["platform"] == sum(len(one["instances"]) for one in in_s3)
    assert list(counts) == ["platform", "prod"]
    assert counts["prod"] == 46


def test_the_runs_of_prod_had_no_keys_but_the_roles_of_platform(shared: Project) -> None:
    workspace = shared.workspace("prod")
    backend = workspace.backend
    assert isinstance(backend, HcpTerraform)
    here = embedded_aws.find(shared.root)
    assert here is not None
    client = hcp.connect(backend.hostname, here.environ(workspace.account, workspace.region, {}))
    found = client.workspaces.read("mwaa-prod", organization="acme")
    variables = {one.key: one.value for one in client.variables.list(found.id)}
    assert variables == {
        "TFC_AWS_PROVIDER_AUTH": "true",
        "TFC_AWS_PLAN_ROLE_ARN": f"{ROLE}-plan",
        "TFC_AWS_APPLY_ROLE_ARN": f"{ROLE}-apply",
    }
    (run,) = client.runs.list(found.id)
    assert run.status == "applied"
    assert shared.client("prod", "mwaa").get_environment(Name="mwaa-prod")["Environment"]["Status"] == "AVAILABLE"


def test_a_second_sync_changes_nothing_and_a_workspace_of_others_is_left_alone(shared: Project) -> None:
    from mwaa.operations.errors import AccessError
    from pytfe import models as tfe

    workspace = shared.workspace("prod")
    here = embedded_aws.find(shared.root)
    assert here is not None
    client = hcp.connect("app.terraform.io", here.environ(workspace.account, workspace.region, {}))
    changes = hcp.sync(workspace, client, hcp.variables_of(workspace))
    assert {change.action for change in changes} == {"keep"}

    client.workspaces.create("acme", tfe.WorkspaceCreateOptions(name="somebody-elses"))
    assert isinstance(workspace.backend, HcpTerraform)
    other = workspace.model_copy(
        update={"backend": workspace.backend.model_copy(update={"workspace": "somebody-elses"})}
    )
    with pytest.raises(AccessError, match="was not made by mwaa: nothing was changed"):
        hcp.sync(other, client, ())


def test_a_held_lock_refuses_a_second_deployment_and_says_how_to_release_it(shared: Project) -> None:
    environ = shared.environ(shared.workspace("platform"))
    folder = shared.root / EMBEDDED_OUTPUT / "stacks" / "platform"
    # `apply` holds the lock while it waits to be confirmed; a change makes it ask.
    project_file = (shared.root / "environments/platform.py").read_text()
    shared.write("environments/platform.py", project_file.replace("mw1.small", "mw1.medium"))
    shared.plan("platform")
    holder = subprocess.Popen(
        ["terraform", "apply", "-no-color"],
        cwd=folder,
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert holder.stdout
        assert any("Do you want to perform these actions?" in line for line in holder.stdout)
        with pytest.raises(DeployError, match="Error acquiring the state lock") as caught:
            shared.up("platform")
        assert f"@{os.uname().nodename}" in str(caught.value)  # who holds it
        holder.send_signal(signal.SIGKILL)
        holder.wait()

        with pytest.raises(DeployError, match="Error acquiring the state lock") as caught:
            shared.up("platform")
        command = caught.value.fix
        assert command.startswith("terraform -chdir=")
        *words, lock = command.split()
        subprocess.run([*words, "-force", lock], env=environ, check=True)  # as typed where the message was printed
        shared.up("platform")
    finally:
        holder.kill()
        holder.wait()
        shared.write("environments/platform.py", project_file)
    shared.up("platform")


@pytest.mark.parametrize(
    ("workflow", "last_words"),
    [
        ("cli-driven.yml", "and found no differences, so no changes are needed."),
        ("api-driven.yml", "prod: planned and finished"),
    ],
)
def test_the_workflows_of_the_documentation_run(shared: Project, workflow: str, last_words: str) -> None:
    environ = shared.environ(shared.workspace("prod")) | {"WORKSPACE": "prod", "GITHUB_SHA": "4f2a"}
    script = "\n".join(scripts(workflow).values())
    done = subprocess.run(["bash", "-e", "-c", script], cwd=shared.root, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No changes. Your infrastructure matches the configuration." in done.stdout
    assert done.stdout.rstrip().splitlines()[-1] == last_words


def run_job(shared: Project, gitlab: Issuers, job: str, subject: str) -> "subprocess.CompletedProcess[str]":
    """Run a job of the documentation's pipeline, with a token of GitLab and no key."""
    pipeline = yaml.safe_load((ROOT / "docs/gitlab-ci/gitlab-ci.yml").read_text(encoding="utf-8"))
    lines = [*pipeline[".terraform"]["before_script"], *pipeline[job]["script"]]
    environ = shared.environ(shared.workspace("platform"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del environ[name]
    folder = Path(shared.root, "builds")
    folder.mkdir(exist_ok=True)
    environ |= {
        "WORKSPACE": "platform",
        "AWS_ROLE_SESSION_NAME": "gitlab-7",
        "AWS_ROLE_ARN": f"arn:aws:iam::111111111111:role/mwaa-platform-ci-{job}",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(folder / "aws-token"),
        "AWS_TOKEN": gitlab.token("gitlab.com", "https://gitlab.com", subject),
    }
    script = "\n".join(line for line in lines if line != "make setup")
    return subprocess.run(
        ["bash", "-e", "-c", script], cwd=shared.root, env=environ, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(("job", "branch"), [("plan", "new-dag"), ("apply", "main")])
def test_a_job_of_gitlab_works_with_its_token_alone(shared: Project, gitlab: Issuers, job: str, branch: str) -> None:
    done = run_job(shared, gitlab, job, f"project_path:acme/airflow:ref_type:branch:ref:{branch}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No changes. Your infrastructure matches the configuration." in done.stdout


@pytest.mark.parametrize(("job", "group", "branch"), [("apply", "acme", "new-dag"), ("plan", "mallory", "main")])
def test_a_job_of_another_branch_or_of_a_fork_is_refused(
    shared: Project, gitlab: Issuers, job: str, group: str, branch: str
) -> None:
    done = run_job(shared, gitlab, job, f"project_path:{group}/airflow:ref_type:branch:ref:{branch}")
    assert done.returncode == 1
    assert "Not authorized to perform sts:AssumeRoleWithWebIdentity" in done.stdout + done.stderr


@pytest.mark.parametrize("name", ["prod", "platform"])
def test_a_second_plan_is_empty_and_destroy_leaves_nothing(shared: Project, name: str) -> None:
    assert deploy.second_plan(shared.root, shared.workspace(name), shared.events.append).text == ""
    shared.destroy(name)
    assert name not in deploy.deployed(shared.root)
    assert shared.client(name, "mwaa").list_environments()["Environments"] == (
        ["mwaa-platform"] if name == "prod" else []
    )
