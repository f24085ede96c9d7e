"""Publishing from GitHub Actions: the role, and the workflow that takes it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from mwaa.config import Content, Names, Workspace
from mwaa.constructs import buildspec
from mwaa.constructs.pipeline_source import default_paths
from mwaa.policies import publishing

ROOT = Path(__file__).parents[2]
WORKFLOW = (ROOT / "docs/github-actions/publish.yml").read_text(encoding="utf-8")
Make = Callable[..., Workspace]


def test_the_role_may_what_publishing_does_for_as_long_as_an_update_takes(
    workspace: Make, synthesize: Callable[..., dict[str, Any]]
) -> None:
    comment = re.search(r"^#     (def extend.*?)^# -", WORKFLOW, re.MULTILINE | re.DOTALL)
    assert comment is not None
    written: dict[str, Any] = {}
    exec(re.sub(r"^#(     )?", "", comment[1], flags=re.MULTILINE), written)
    made = workspace(content=Content(owner="PUBLISH"), name="prod")
    found = synthesize(made, written["extend"])["resource"]
    role = found["aws_iam_role"]["github_publisher"]
    assert (role["name"], role["max_session_duration"]) == ("mwaa-prod-github-publisher", 7200)
    assert f":role/{role['name']}" in WORKFLOW
    assert json.loads(role["assume_role_policy"]) == publishing.github_trust(Names(made), "acme/airflow")
    policy = found["aws_iam_role_policy"]["github_publisher_policy"]
    assert json.loads(policy["policy"]) == publishing.permissions(Names(made), None)


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
    assert workflow["permissions"] == {"contents": "read", "id-token": "write"}
    assert workflow["concurrency"]["cancel-in-progress"] is False
