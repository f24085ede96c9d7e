"""Jobs of GitHub Actions and GitLab CI: their roles, and the workflows that take them."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from mwaa.config import (
    Content,
    EncryptionKey,
    ExecutionRole,
    GitHubActions,
    GitLabCi,
    HcpTerraform,
    Names,
    Roles,
    S3Backend,
    Workspace,
)
from mwaa.constructs import buildspec
from mwaa.constructs.hcp_terraform_roles import HcpTerraformRoles
from mwaa.constructs.pipeline_source import default_paths
from mwaa.policies import ci as policies
from mwaa.policies import publishing

ROOT = Path(__file__).parents[2]
WORKFLOW = (ROOT / "docs/github-actions/publish.yml").read_text(encoding="utf-8")
BOUNDARY = "arn:aws:iam::111111111111:policy/airflow"
ROLES = "arn:aws:iam::111111111111:role"
STATE = S3Backend(bucket="acme-state")
GITHUB = GitHubActions(repository="acme/airflow")
Make = Callable[..., Workspace]
Synthesize = Callable[..., dict[str, Any]]


def _statements(document: dict[str, Any], role: str) -> dict[str, Any]:
    policy = json.loads(document["resource"]["aws_iam_role_policy"][f"{role}_policy"]["policy"])
    return {statement["Sid"]: statement for statement in policy["Statement"]}


def test_a_repository_on_github_gets_a_provider_roles_and_outputs(workspace: Make, synthesize: Synthesize) -> None:
    made = workspace(backend=STATE, content=Content(owner="PUBLISH"), ci=GITHUB, name="prod")
    document = synthesize(made)
    assert document["resource"]["aws_iam_openid_connect_provider"]["ci_provider"] | {"//": None} == {
        "//": None,
        "url": "https://token.actions.githubusercontent.com",
        "client_id_list": ["sts.amazonaws.com"],
    }
    roles = {name: one for name, one in document["resource"]["aws_iam_role"].items() if name.startswith("ci_")}
    assert {name: (one["name"], one["max_session_duration"], one["description"]) for name, one in roles.items()} == {
        "ci_plan_role": ("mwaa-prod-ci-plan", 3600, "Plans MWAA environment mwaa-prod, from acme/airflow"),
        "ci_apply_role": ("mwaa-prod-ci-apply", 9000, "Applies MWAA environment mwaa-prod, from acme/airflow"),
        "ci_publish_role": (
            "mwaa-prod-ci-publish",
            7200,
            "Publishes content to MWAA environment mwaa-prod, from acme/airflow",
        ),
    }
    assert {tuple(one["depends_on"]) for one in roles.values()} == {("aws_iam_openid_connect_provider.ci_provider",)}
    assert made.ci
    for role in made.ci.roles:
        trust = json.loads(roles[f"ci_{role.lower()}_role"]["assume_role_policy"])
        assert trust == policies.trust(Names(made), made.ci, role)
    publish = document["resource"]["aws_iam_role_policy"]["ci_publish_policy"]
    assert json.loads(publish["policy"]) == publishing.permissions(Names(made), None)
    outputs = {name: one["value"] for name, one in document["output"].items() if name.startswith("ci_")}
    assert outputs == {f"{name}_arn": f"${{aws_iam_role.{name}.arn}}" for name in roles}


def test_pull_requests_plan_and_the_environment_of_the_workspace_s_name_writes(workspace: Make) -> None:
    made = workspace(backend=STATE, ci=GITHUB, name="prod")
    issuer = "token.actions.githubusercontent.com"
    assert made.ci

    def trust(subject: Any) -> Any:
        condition = {f"{issuer}:aud": "sts.amazonaws.com", f"{issuer}:sub": subject}
        statement = {
            "Sid": "JobsOfThisRepository",
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::111111111111:oidc-provider/{issuer}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": condition},
        }
        return {"Version": "2012-10-17", "Statement": [statement]}

    environment = "repo:acme/airflow:environment:prod"
    assert policies.trust(Names(made), made.ci, "PLAN") == trust(["repo:acme/airflow:pull_request", environment])
    assert policies.trust(Names(made), made.ci, "APPLY") == trust(environment)
    assert policies.trust(Names(made), made.ci, "PUBLISH") == trust(environment)


def test_with_branches_alone_no_environment_writes(workspace: Make) -> None:
    made = workspace(backend=STATE, ci=GitHubActions(repository="acme/airflow", branches=("main",)))
    assert made.ci
    assert made.ci.deploy_subjects == ("repo:acme/airflow:ref:refs/heads/main",)


def test_the_roles_follow_from_where_terraform_runs_and_who_owns_the_content(workspace: Make) -> None:
    hcp = HcpTerraform(organization="acme")
    local = HcpTerraform(organization="acme", execution_mode="LOCAL")
    published = Content(owner="PUBLISH")

    def roles(**fields: Any) -> tuple[str, ...]:
        ci = workspace(ci=GITHUB, **fields).ci
        assert ci
        return ci.roles

    assert roles(content=published) == ("PUBLISH",)
    assert roles(backend=STATE) == ("PLAN", "APPLY")
    assert roles(backend=STATE, content=published) == ("PLAN", "APPLY", "PUBLISH")
    assert roles(backend=hcp, content=published) == ("PUBLISH",)
    assert roles(backend=local) == ("PLAN", "APPLY")


def test_an_existing_provider_is_not_made_again(workspace: Make, synthesize: Synthesize) -> None:
    ci = GitLabCi(project_path="acme/airflow", identity_provider="EXISTING", hostname="gitlab.acme.com")
    document = synthesize(workspace(backend=STATE, ci=ci))
    assert "aws_iam_openid_connect_provider" not in document["resource"]
    role = document["resource"]["aws_iam_role"]["ci_plan_role"]
    assert "depends_on" not in role
    (statement,) = json.loads(role["assume_role_policy"])["Statement"]
    assert statement["Principal"] == {"Federated": "arn:aws:iam::111111111111:oidc-provider/gitlab.acme.com"}
    assert statement["Condition"] == {
        "StringEquals": {"gitlab.acme.com:aud": "https://gitlab.acme.com"},
        "StringLike": {"gitlab.acme.com:sub": "project_path:acme/airflow:ref_type:branch:ref:*"},
    }
    assert "IdentityProviders" not in _statements(document, "ci_apply")


def test_the_roles_have_path_and_boundary_and_make_only_roles_with_them(
    workspace: Make, synthesize: Synthesize
) -> None:
    made = workspace(backend=STATE, ci=GITHUB, roles=Roles(path="/data/", permissions_boundary=BOUNDARY))
    document = synthesize(made)
    for name in ("ci_plan_role", "ci_apply_role"):
        role = document["resource"]["aws_iam_role"][name]
        assert (role["path"], role["permissions_boundary"]) == ("/data/", BOUNDARY)
    found = _statements(document, "ci_apply")
    assert found["MakeRoles"] == {
        "Sid": "MakeRoles",
        "Effect": "Allow",
        "Action": ["iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"],
        "Resource": [f"{ROLES}/data/mwaa-dev-*"],
        "Condition": {"StringEquals": {"iam:PermissionsBoundary": BOUNDARY}},
    }
    assert "iam:DeleteRolePermissionsBoundary" not in found["ChangeRoles"]["Action"]
    assert found["PassRoles"]["Resource"] == [f"{ROLES}/data/mwaa-dev-*"]
    provider = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"
    assert found["IdentityProviders"]["Resource"] == [provider]
    in_iam = {action for one in found.values() for action in one["Action"] if action.startswith("iam:")}
    assert not {action for action in in_iam if "*" in action}


def test_without_a_boundary_one_may_be_added_and_removed(workspace: Make, synthesize: Synthesize) -> None:
    found = _statements(synthesize(workspace(backend=STATE, ci=GITHUB)), "ci_apply")
    assert "Condition" not in found["MakeRoles"]
    assert "iam:PutRolePermissionsBoundary" in found["MakeRoles"]["Action"]
    assert "iam:DeleteRolePermissionsBoundary" in found["ChangeRoles"]["Action"]


def test_every_role_of_the_stack_is_among_those_that_the_apply_role_may_make(
    workspace: Make, synthesize: Synthesize
) -> None:
    made = workspace(backend=STATE, ci=GITHUB, execution_role=ExecutionRole(name="airflow-tasks"))
    document = synthesize(made)
    allowed = _statements(document, "ci_apply")["MakeRoles"]["Resource"]
    assert allowed == [f"{ROLES}/mwaa-dev-*", f"{ROLES}/airflow-tasks"]
    for role in document["resource"]["aws_iam_role"].values():
        arn = f"{ROLES}/{role['name']}"
        assert arn in allowed or arn.startswith(f"{ROLES}/mwaa-dev-")


def test_an_existing_execution_role_is_passed_and_not_changed(workspace: Make, synthesize: Synthesize) -> None:
    existing = f"{ROLES}/central/airflow"
    found = _statements(
        synthesize(workspace(backend=STATE, ci=GITHUB, execution_role=ExecutionRole(arn=existing))), "ci_apply"
    )
    assert found["PassRoles"]["Resource"] == [f"{ROLES}/mwaa-dev-*", existing]
    assert found["MakeRoles"]["Resource"] == found["ChangeRoles"]["Resource"] == [f"{ROLES}/mwaa-dev-*"]


def test_a_plan_writes_nothing_but_the_lock_of_the_state(workspace: Make, synthesize: Synthesize) -> None:
    key = "arn:aws:kms:us-east-1:111111111111:key/12345678-1234-1234-1234-123456789012"
    made = workspace(
        backend=S3Backend(bucket="acme-state", kms_key_arn=key), ci=GITHUB, encryption_key=EncryptionKey(arn=key)
    )
    found = _statements(synthesize(made), "ci_plan")
    assert list(found) == ["Read", "ReadObjects", "ObjectsKey", "StateBucket", "State", "StateLock", "StateKey"]
    assert found["ReadObjects"]["Resource"] == [
        "arn:aws:s3:::airflow-dev-111111111111-us-east-1/*",
        "arn:aws:s3:::mwaa-ci-dev-111111111111-us-east-1/*",
    ]
    assert found["State"]["Action"] == "s3:GetObject"
    assert found["StateLock"] == {
        "Sid": "StateLock",
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
        "Resource": "arn:aws:s3:::acme-state/dev/terraform.tfstate.tflock",
    }
    reading = re.compile(r"[a-z0-9-]+:(Get|List|Describe|BatchGet|Decrypt)")
    assert [action for action in found["Read"]["Action"] if not reading.match(action)] == []


def test_a_state_of_another_account_is_reached_through_its_role(workspace: Make, synthesize: Synthesize) -> None:
    role = "arn:aws:iam::999999999999:role/state"
    document = synthesize(workspace(backend=S3Backend(bucket="acme-state", role_arn=role), ci=GITHUB))
    for name in ("ci_plan", "ci_apply"):
        found = _statements(document, name)
        assert found["StateRole"]["Action"] == "sts:AssumeRole"
        assert found["StateRole"]["Resource"] == role
        assert "State" not in found


def test_the_roles_of_hcp_terraform_make_roles_of_our_names_and_path_with_the_boundary(
    workspace: Make, synthesize: Synthesize
) -> None:
    made = workspace(roles=Roles(path="/data/", permissions_boundary=BOUNDARY))
    backend = HcpTerraform(organization="acme", project="data", workspace="mwaa-prod")
    document = synthesize(made, lambda stack: HcpTerraformRoles(stack, "hcp", stack.names, backend))
    role = document["resource"]["aws_iam_role"]["hcp_apply_role"]
    assert (role["name"], role["path"], role["permissions_boundary"]) == ("hcp-mwaa-prod-apply", "/data/", BOUNDARY)
    found = _statements(document, "hcp_apply")
    assert found["MakeRoles"]["Resource"] == [f"{ROLES}/data/mwaa-*"]
    assert found["MakeRoles"]["Condition"] == {"StringEquals": {"iam:PermissionsBoundary": BOUNDARY}}
    assert found["IdentityProviders"]["Resource"] == [
        "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com",
        "arn:aws:iam::111111111111:oidc-provider/gitlab.com",
    ]


@pytest.mark.parametrize(
    "path", [*ROOT.glob("docs/**/*.yml"), *ROOT.glob(".github/**/*.yml")], ids=lambda path: path.name
)
def test_an_action_is_pinned_by_its_commit_since_a_tag_can_be_moved(path: Path) -> None:
    for action in re.findall(r"uses: (.*)", path.read_text(encoding="utf-8")):
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


def test_the_workflow_runs_what_the_pipeline_runs_and_starts_on_the_same_changes(workspace: Make) -> None:
    workflow = yaml.safe_load(WORKFLOW)
    environ = workflow["env"]
    names = Names(workspace(name=environ["WORKSPACE"]))
    for job, spec in (("check", buildspec.check(names)), ("publish", buildspec.publish(names))):
        ran = [line for step in workflow["jobs"][job]["steps"] for line in step.get("run", "").splitlines()]
        ran = [line.replace('"$WORKSPACE"', environ["WORKSPACE"]) for line in ran]
        in_codebuild = [re.sub(r"--disable-pip-version-check ", "", command) for command in spec.commands]
        assert ran == [command for command in in_codebuild if "plan.txt" not in command and "export" not in command]
        [python] = [step for step in workflow["jobs"][job]["steps"] if "setup-python" in step.get("uses", "")]
        assert python["with"]["python-version"] == names.workspace.python_version
    watched = default_paths(names.workspace.content, "environments/prod.py")
    assert workflow[True]["push"]["paths"] == [re.sub(r"\{.*\}", "**", path) for path in watched]
    assert workflow["jobs"]["publish"]["environment"] == environ["WORKSPACE"]
    assert {"MWAA_REVISION", "MWAA_AUTHOR", "MWAA_RUN"} <= environ.keys()
    assert workflow["permissions"] == {"contents": "read"}
    assert "permissions" not in workflow["jobs"]["check"]  # it runs the code of DAGs
    assert workflow["jobs"]["publish"]["permissions"] == {"contents": "read", "id-token": "write"}
    assert workflow["concurrency"]["cancel-in-progress"] is False


def test_the_deployment_plans_with_one_role_and_applies_with_another(workspace: Make) -> None:
    text = (ROOT / "docs/github-actions/deploy.yml").read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    names = Names(workspace(name=workflow["env"]["WORKSPACE"], backend=STATE, ci=GITHUB))
    assert names.workspace.ci
    taken = {
        job: next(step["with"]["role-to-assume"] for step in one["steps"] if "aws-cred" in step.get("uses", ""))
        for job, one in workflow["jobs"].items()
    }
    assert taken == {"plan": "${{ vars.MWAA_PLAN_ROLE }}", "apply": "${{ vars.MWAA_APPLY_ROLE }}"}
    assert "environment" not in workflow["jobs"]["plan"]
    subject = f"repo:{GITHUB.repository}:environment:{workflow['jobs']['apply']['environment']}"
    assert subject in names.workspace.ci.deploy_subjects
    assert workflow["permissions"] == {"contents": "read", "id-token": "write"}


def test_the_pipeline_of_gitlab_takes_a_role_for_each_job_and_asks_for_the_audience(workspace: Make) -> None:
    pipeline = yaml.safe_load((ROOT / "docs/gitlab-ci/gitlab-ci.yml").read_text(encoding="utf-8"))
    names = Names(workspace(name=pipeline["variables"]["WORKSPACE"], content=Content(owner="PUBLISH")))
    ci = GitLabCi(project_path="acme/airflow")
    assert pipeline[".aws"]["id_tokens"] == {"AWS_TOKEN": {"aud": ci.audience}}
    roles = {name: pipeline[name]["variables"]["AWS_ROLE_ARN"] for name in ("plan", "apply", "publish")}
    assert roles == {"plan": "$MWAA_PLAN_ROLE", "apply": "$MWAA_APPLY_ROLE", "publish": "$MWAA_PUBLISH_ROLE"}
    on_main = [{"if": '$CI_COMMIT_BRANCH == "main"'}]
    assert pipeline["publish"]["rules"] == on_main
    assert pipeline["apply"]["rules"] == [on_main[0] | {"when": "manual"}]
    stages = {job["stage"] for name, job in pipeline.items() if isinstance(job, dict) and "stage" in job}
    assert stages == set(pipeline["stages"])
    for job, spec in (("check", buildspec.check(names)), ("publish", buildspec.publish(names))):
        ran = [
            line.replace('"$WORKSPACE"', "prod").removeprefix("PYTHONPATH=modules ") for line in pipeline[job]["script"]
        ]
        in_codebuild = [re.sub(r"--disable-pip-version-check ", "", command) for command in spec.commands]
        assert ran == [command for command in in_codebuild if "plan.txt" not in command and "export" not in command]
