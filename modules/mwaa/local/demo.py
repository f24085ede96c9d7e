"""The demo: a workspace deployed onto the embedded AWS, then its example DAG run by the Airflow that serves it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mwaa.config import Names, Workspace
from mwaa.embedded_aws import Embedded
from mwaa.local import deploy
from mwaa.local_airflow import DagRun, run_airflow, run_dag
from mwaa.operations.live_environment import find_environment
from mwaa.progress import Report, ReportDetail

EXAMPLE = "daily_orders"
"""The example DAG; its file has its name."""

_DAY = date(2026, 5, 5)
"""A Tuesday on which the banks are open, so that all of the example runs."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Something that must hold after a demo, and what was seen."""

    holds: bool
    text: str


def deployed(root: Path, workspace: Workspace, report: Report) -> tuple[Embedded, list[Proof]]:
    """Deploys the workspace with the real `cdktf deploy` and looks at what came of it. Raises what `deploy.up` does."""
    here = deploy.up(root, workspace, None, report)
    plan = deploy.second_plan(root, workspace, report)
    names = Names(workspace)
    found = find_environment(here.client("mwaa", workspace.account, workspace.region), names.environment)
    state = found.status if found else "not there"
    count = deploy.deployed(root).get(workspace.name, 0)
    second = f"a second plan has changes:\n{plan.text}" if plan.text else "a second plan has no changes"
    return here, [
        Proof(count > 0, f"{count} resources in Terraform's state"),
        Proof(state == "AVAILABLE", f"environment {names.environment} is {state}, read back with boto3"),
        Proof(not plan.text, second),
    ]


def has_example(root: Path, workspace: Workspace) -> bool:
    return (root / workspace.content.dags / f"{EXAMPLE}.py").is_file()


def ran(root: Path, here: Embedded, workspace: Workspace, say: ReportDetail) -> tuple[DagRun, list[Proof]]:
    """Runs the example DAG through InvokeRestApi on a real Airflow, which ends afterwards. Raises ToolError."""
    with run_airflow(root, here, workspace, say):
        run = run_dag(here, workspace, EXAMPLE, say, day=_DAY)
    plugins = root / workspace.content.plugins if workspace.content.plugins else None
    own = {name for file in plugins.rglob("*.py") for name in _classes(file)} if plugins else set()
    used = sorted({task.operator for task in run.tasks if task.operator in own and task.state == "success"})
    return run, [
        Proof(run.state == "success", f"{EXAMPLE} ran on Airflow {workspace.airflow_version}: {run.state}"),
        Proof(bool(used), f"operators from plugins/ in use: {', '.join(used) or 'none'}"),
        Proof(bool(run.requirements), f"installed from requirements.txt: {', '.join(run.requirements) or 'nothing'}"),
    ]


def _classes(file: Path) -> Iterator[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return (node.name for node in tree.body if isinstance(node, ast.ClassDef))
