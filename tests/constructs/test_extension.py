"""What `extend` may not add: each is refused in one sentence that names the field to use."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mwaa.app import synthesize
from mwaa.config.errors import ConfigurationError

Project = Callable[[dict[str, str]], Path]
FILE = """\
from mwaa import Content, Workspace

workspace = Workspace(
    account="111111111111",
    region="us-east-1",
    airflow_version="3.2.1",
    environment_class="mw1.small",
    content=Content(plugins=None, requirements=None, startup_script=None),
)


def extend(stack):
    from mwaa.provider import aws, cdktf, resource

    {line}
"""
DOCS = "docs/reference/extend.md"
VPC = ("no VPC beside the workspace's own", "set network=Network(...), ExistingNetwork(...) or NetworkOf(...)")
PROVIDER = (
    "no second AWS provider without an alias: that of the workspace is the default",
    'set region, deploy_role or tags of the workspace; or add alias="..." for another account or region',
)
BACKEND = (
    "no backend beside the workspace's own",
    "set backend=LocalBackend(), S3Backend(...) or HcpTerraform(...)",
)
MISTAKES = {
    'aws.vpc.Vpc(stack, "team", cidr_block="10.9.0.0/16")': ('Vpc "team"', *VPC),
    'resource(aws.vpc.Vpc, stack, "team", cidr_block="10.9.0.0/16")': ('Vpc "team"', *VPC),
    'cdktf.TerraformResource(stack, "team", terraform_resource_type="aws_vpc")': ('TerraformResource "team"', *VPC),
    'cdktf.S3Backend(stack, bucket="b", key="k")': ("S3Backend", *BACKEND),
    'cdktf.CloudBackend(stack, organization="acme", workspaces=cdktf.NamedCloudWorkspace("dev"))': (
        "CloudBackend",
        *BACKEND,
    ),
    'aws.provider.AwsProvider(stack, "aws", region="eu-west-1")': ('AwsProvider "aws"', *PROVIDER),
    'aws.provider.AwsProvider(stack, "ireland", region="eu-west-1")': ('AwsProvider "ireland"', *PROVIDER),
    'aws.provider.AwsProvider(stack, "other", alias="other", access_key="AKIA", secret_key="x")': (
        'AwsProvider "other" with access_key, secret_key',
        "a provider without credentials: they would stand in the synthesized file",
        "remove access_key, secret_key; use assume_role",
    ),
    'aws.mwaa_environment.MwaaEnvironment(stack, "second", name="x", dag_s3_path="d", execution_role_arn="r", '
    'source_bucket_arn="b", network_configuration={"subnet_ids": [], "security_group_ids": []})': (
        'MwaaEnvironment "second"',
        "one environment in a workspace",
        "write another file below environments/",
    ),
}


@pytest.fixture
def root(project: Project) -> Callable[[str], Path]:
    return lambda line: project({"environments/dev.py": FILE.format(line=line), "dags/daily.py": "import airflow\n"})


@pytest.mark.parametrize("line", MISTAKES)
def test_it_is_refused_with_the_field_to_use(
    root: Callable[[str], Path], line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = root(line)
    monkeypatch.setenv("CDKTF_OUTDIR", str(folder / "cdktf.out"))
    assert synthesize(folder) == 2
    got, expected, fix = MISTAKES[line]
    assert capsys.readouterr().err == (
        f"environments/dev.py: extend\n  got:      {got}\n  expected: {expected}\n"
        f"  fix:      {fix}\n  docs:     {DOCS}\n"
    )


@pytest.mark.parametrize(
    "line",
    [
        'aws.provider.AwsProvider(stack, "ireland", region="eu-west-1", alias="ireland")',
        'resource(aws.data_aws_vpc.DataAwsVpc, stack, "shared", tags={"Name": "shared"})',
        'resource(aws.subnet.Subnet, stack, "db", vpc_id=stack.network.vpc_id, cidr_block="10.0.15.0/24")',
    ],
)
def test_what_is_legitimate_is_not_refused(
    root: Callable[[str], Path], line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = root(line)
    monkeypatch.setenv("CDKTF_OUTDIR", str(folder / "cdktf.out"))
    assert synthesize(folder) == 0


def test_the_check_ends_with_extend() -> None:
    from mwaa import provider
    from mwaa.constructs.extension import check_addition

    with pytest.raises(ConfigurationError), provider.checking(check_addition):
        check_addition(provider.cdktf.LocalBackend, [])
    assert provider._checks == []


def test_the_example_of_the_page_synthesizes(
    workspace: Callable[..., Any], synthesize: Callable[..., dict[str, Any]]
) -> None:
    page = (Path(__file__).parents[2] / DOCS).read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    written: dict[str, Any] = {}
    exec(example, written)
    found = synthesize(workspace(), written["extend"])["resource"]
    assert found["aws_sqs_queue"]["orders"]["name"] == "orders"
    team = json.loads(found["aws_iam_role_policy"]["execution_role_team"]["policy"])
    assert team["Statement"] == [
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "${aws_sqs_queue.orders.arn}"}
    ]
