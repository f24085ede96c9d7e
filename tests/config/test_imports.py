"""The file of imports beside a workspace's own, and the blocks that it becomes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mwaa.config import ConfigurationError, Definition, SynthesisTarget, Workspace, discover
from mwaa.config.imports import imports_file, read_imports, write_imports

WORKSPACE = """
from mwaa import Workspace

workspace = Workspace(
    account="111111111111", region="us-east-1", airflow_version="3.2.1", environment_class="mw1.small"
)
"""
IMPORTS = {"aws_mwaa_environment.environment": "etl", "aws_cloudwatch_log_group.log_groups_task": "airflow-etl-Task"}


def test_a_workspace_takes_the_imports_beside_its_file(project: Callable[[dict[str, str]], Path]) -> None:
    root = project(
        {
            "environments/team/etl.py": WORKSPACE,
            "environments/team/etl.imports.json": write_imports(IMPORTS),
            "environments/other.py": WORKSPACE.replace(
                "workspace = Workspace(",
                'from mwaa import Network\nworkspace = Workspace(network=Network(cidr="10.9.0.0/16"), ',
            ),
        }
    )
    found = discover(root)
    assert {name: dict(one.imports) for name, one in found.items()} == {"team-etl": IMPORTS, "other": {}}
    assert imports_file(root / found["team-etl"].file) == root / "environments/team/etl.imports.json"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('["aws_mwaa_environment.environment"]', "expected: an object of addresses and ids"),
        ("{", "expected: a JSON object"),
        ('{"environment": "etl"}', "expected: the address of a resource, such as aws_mwaa_environment.environment"),
        ('{"aws_mwaa_environment.environment": 7}', "expected: the id of the resource in AWS, a text"),
        ('{"aws_mwaa_environment.environment": ""}', "expected: the id of the resource in AWS, a text"),
    ],
)
def test_a_wrong_file_of_imports_is_reported_by_its_name(
    text: str, message: str, project: Callable[[dict[str, str]], Path]
) -> None:
    root = project({"environments/etl.py": WORKSPACE, "environments/etl.imports.json": text})
    with pytest.raises(ConfigurationError) as raised:
        read_imports(root / "environments/etl.py", root)
    assert message in str(raised.value)
    assert "environments/etl.imports.json: " in str(raised.value)


def test_imports_become_blocks_for_a_terraform_that_knows_them(
    workspace: Callable[..., Workspace], tmp_path: Path
) -> None:
    from mwaa.provider import cdktf
    from mwaa.stack import WorkspaceStack

    app = cdktf.App(outdir=str(tmp_path), skip_validation=True)
    content = Path(__file__).parents[1] / "fixtures" / "content"
    definition = Definition(workspace(), "environments/dev.py", imports=IMPORTS)
    WorkspaceStack(app, definition, root=content, target=SynthesisTarget())
    app.synth()
    document: dict[str, Any] = json.loads((tmp_path / "stacks/dev/cdk.tf.json").read_text("utf-8"))
    assert document["terraform"]["required_version"] == ">= 1.5"
    assert document["import"] == [{"to": address, "id": id} for address, id in IMPORTS.items()]
