"""The seam to CDKTF: lazy, and yet the same."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mwaa import provider
from mwaa.provider import Construct, Part, aws, cdktf, literal, resource

ROOT = Path(__file__).parents[1]
BINDINGS = aws.__name__

SYNTHESIZE = """
import pathlib, sys
from mwaa import synthesize
sys.exit(synthesize(pathlib.Path.cwd()))
"""


def run(code: str, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environ, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def stack() -> cdktf.TerraformStack:
    return cdktf.TerraformStack(cdktf.Testing.app(), "dev")


def synthesized(stack: cdktf.TerraformStack) -> dict:
    return json.loads(cdktf.Testing.synth(stack))


def test_the_environment_chooses_between_cdktf_and_its_fork() -> None:
    """Under `make test-cdktn` this is the fork."""
    chosen = os.environ.get("MWAA_CDK", "cdktf")
    assert (cdktf.__name__, BINDINGS) == {
        "cdktf": ("cdktf", "cdktf_cdktf_provider_aws"),
        "cdktn": ("cdktn", "cdktn_provider_aws"),
    }[chosen]


def test_a_module_of_the_bindings_is_imported_when_it_is_named_and_no_other() -> None:
    code = f"""
from mwaa.provider import aws
import sys
aws.vpc.Vpc
print(sorted({{name.split(".")[1] for name in sys.modules if name.startswith("{BINDINGS}.")}}))
"""
    assert run(code).strip() == "['_jsii', 'vpc']"


def test_node_loads_only_the_modules_of_the_bindings_that_are_used(tmp_path: Path) -> None:
    record = tmp_path / "record.js"
    record.write_text(
        """
const files = () => Object.keys(require("module")._cache).filter((file) => /provider-aws.lib./.test(file));
process.on("exit", () => files().length && require("fs").writeFileSync(process.env.RECORD, files().join("\\n")));
"""
    )
    code = """
from mwaa.provider import aws, cdktf
aws.vpc.Vpc(cdktf.TerraformStack(cdktf.Testing.app(), "dev"), "vpc", cidr_block="10.0.0.0/16")
"""
    loaded = tmp_path / "loaded.txt"
    run(code, NODE_OPTIONS=f'--require "{record}"', RECORD=str(loaded))
    modules = {Path(file).parent.name for file in loaded.read_text().splitlines()}
    assert modules == {"lib", "vpc"}


def test_tokens_keep_no_stack_of_their_creation(tmp_path: Path) -> None:
    record = tmp_path / "record.js"
    record.write_text(
        """
const file = /tokens.private.stack-trace\\.js$/;
const files = () => Object.entries(require("module")._cache).filter(([name]) => file.test(name));
const stack = ({ captureCreationStack, captureStackTrace }) => (captureCreationStack ?? captureStackTrace)();
const stacks = () => files().map(([, module]) => stack(module.exports));
process.on("exit", () => files().length && require("fs").writeFileSync(process.env.RECORD, JSON.stringify(stacks())));
"""
    )
    found = tmp_path / "stacks.json"
    run("from mwaa.provider import cdktf; cdktf.Testing.app()", NODE_OPTIONS=f'--require "{record}"', RECORD=str(found))
    assert json.loads(found.read_text()) == [[]]


def test_the_settings_of_node_do_not_stay_in_the_environment() -> None:
    code = """
import os
os.environ.pop("JSII_NODE", None)  # pytest may have it set
before = dict(os.environ)
from mwaa.provider import aws
assert dict(os.environ) == before
"""
    run(code, NODE_OPTIONS="--max-old-space-size=2048")


def test_the_plain_import_synthesizes_the_same(tmp_path: Path) -> None:
    """The package is imported whole, with its own index in Node, before the seam: nothing differs, nothing breaks."""
    lazy, plain = tmp_path / "lazy", tmp_path / "plain"
    run(SYNTHESIZE, CDKTF_OUTDIR=str(lazy))
    run(f"import {BINDINGS} as aws; assert aws.xray_group\n{SYNTHESIZE}", CDKTF_OUTDIR=str(plain))
    for name in ("dev", "prod"):
        path = f"stacks/{name}/cdk.tf.json"
        assert (lazy / path).read_bytes() == (plain / path).read_bytes()


def test_nested_output_types_resolve(stack: cdktf.TerraformStack) -> None:
    endpoint = resource(aws.vpc_endpoint.VpcEndpoint, stack, "s3", vpc_id="vpc-1")
    environment = resource(
        aws.mwaa_environment.MwaaEnvironment,
        stack,
        "airflow",
        name="a",
        dag_s3_path="dags",
        execution_role_arn="r",
        source_bucket_arn="b",
        network_configuration={"security_group_ids": [], "subnet_ids": []},
    )
    resource(
        cdktf.TerraformOutput,
        stack,
        "nested",
        value=[
            endpoint.dns_entry.get(0).dns_name,
            environment.last_updated.get(0).error.get(0).error_code,
            environment.logging_configuration.task_logs.cloud_watch_log_group_arn,
        ],
    )
    assert synthesized(stack)["output"]["nested"]["value"] == [
        "${aws_vpc_endpoint.s3.dns_entry[0].dns_name}",
        "${aws_mwaa_environment.airflow.last_updated[0].error[0].error_code}",
        "${aws_mwaa_environment.airflow.logging_configuration[0].task_logs[0].cloud_watch_log_group_arn}",
    ]


def test_a_resource_that_the_provider_lacks_is_told_as_a_missing_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'no_such_resource'"):
        aws.no_such_resource  # noqa: B018


def test_an_address_is_the_path_below_the_stack_without_a_hash(stack: cdktf.TerraformStack) -> None:
    network = Construct(Construct(stack, "team"), "network")
    resource(aws.vpc.Vpc, network, "vpc")
    resource(aws.subnet.Subnet, network, "Resource", vpc_id="v")
    document = synthesized(stack)["resource"]
    assert (list(document["aws_vpc"]), list(document["aws_subnet"])) == (["team_network_vpc"], ["team_network"])


def test_references_to_id_arn_and_name_are_those_of_cdktf(stack: cdktf.TerraformStack) -> None:
    part = Part(stack, "logs")
    group = resource(aws.cloudwatch_log_group.CloudwatchLogGroup, part, "task", name="a")
    region = resource(aws.data_aws_region.DataAwsRegion, part, "here")
    many = resource(aws.cloudwatch_log_group.CloudwatchLogGroup, part, "many", name="b", count=2)
    plain = [group.id, group.arn, group.name, region.id, region.name]
    assert plain == [
        "${aws_cloudwatch_log_group.logs_task.id}",
        "${aws_cloudwatch_log_group.logs_task.arn}",
        "${aws_cloudwatch_log_group.logs_task.name}",
        "${data.aws_region.logs_here.id}",
        "${data.aws_region.logs_here.name}",
    ]
    tokens = [group.get_string_attribute(name) for name in ("id", "arn", "name")]
    tokens += [region.get_string_attribute(name) for name in ("id", "name")]
    resource(cdktf.TerraformOutput, stack, "plain", value=plain)
    resource(cdktf.TerraformOutput, stack, "tokens", value=tokens)
    resource(cdktf.TerraformOutput, stack, "many", value=many.arn)
    output = synthesized(stack)["output"]
    assert output["plain"]["value"] == output["tokens"]["value"] == plain
    assert output["many"]["value"] == "${aws_cloudwatch_log_group.logs_many.arn}"


def test_an_address_can_be_changed_until_something_refers_to_it(stack: cdktf.TerraformStack) -> None:
    part = Part(stack, "network")
    vpc, other = resource(aws.vpc.Vpc, part, "vpc"), resource(aws.vpc.Vpc, part, "other")
    vpc.override_logical_id("renamed")
    resource(cdktf.TerraformOutput, stack, "id", value=vpc.id)
    assert other.id == "${aws_vpc.network_other.id}"
    with pytest.raises(RuntimeError, match="Logical ID may not be overridden"):
        other.override_logical_id("too_late")
    document = synthesized(stack)
    assert list(document["resource"]["aws_vpc"]) == ["network_other", "renamed"]
    assert document["output"]["id"]["value"] == "${aws_vpc.renamed.id}"


def test_a_wrong_type_is_refused_every_time(stack: cdktf.TerraformStack) -> None:
    resource(aws.vpc.Vpc, stack, "right", cidr_block="10.0.0.0/16", tags={"a": "b"})
    for number in range(2):
        with pytest.raises(TypeError, match="type of argument cidr_block must be one of"):
            resource(aws.vpc.Vpc, stack, f"number_{number}", cidr_block=1)
        with pytest.raises(RuntimeError, match="Value is not a string"):
            create_wrong(stack, number)


def create_wrong(stack: cdktf.TerraformStack, number: int) -> None:
    """Node's refusal comes with an answer that is waited for, which may be a later one."""
    resource(aws.vpc.Vpc, stack, f"tags_{number}", tags={"a": 1})
    resource(aws.vpc.Vpc, stack, f"after_{number}", cidr_block="10.0.0.0/16")
    cdktf.Token.is_unresolved("")


def test_node_creates_while_python_goes_on(stack: cdktf.TerraformStack) -> None:
    vpcs = [resource(aws.vpc.Vpc, stack, f"number_{number}", cidr_block="10.0.0.0/16") for number in range(500)]
    assert len(provider._ahead._unread) >= 100
    references = [vpc.__jsii_ref__.ref for vpc in vpcs]
    assert len(set(references)) == 500
    document = synthesized(stack)
    assert list(document["resource"]["aws_vpc"]) == sorted(f"number_{number}" for number in range(500))
    assert not provider._ahead._unread


def test_two_resources_cannot_share_an_address(stack: cdktf.TerraformStack) -> None:
    resource(aws.vpc.Vpc, Construct(stack, "a"), "b_c")
    with pytest.raises(ValueError, match="a_b/c and a/b_c would share the address a_b_c"):
        resource(aws.vpc.Vpc, Construct(stack, "a_b"), "c")


@given(st.text())
def test_literal_text_holds_no_open_template(text: str) -> None:
    escaped = literal(text)
    assert escaped.replace("$${", "${").replace("%%{", "%{").count("${") == text.count("${")
    for sign in "$%":
        assert escaped.count(sign + "{") == escaped.count(sign * 2 + "{")


@pytest.mark.parametrize(("text", "escaped"), [("${HOME}", "$${HOME}"), ("%{if}", "%%{if}"), ("$5 %s", "$5 %s")])
def test_template_sequences_are_doubled(text: str, escaped: str) -> None:
    assert literal(text) == escaped


def test_a_dict_within_a_list_is_refused_since_jsii_would_empty_it(stack: cdktf.TerraformStack) -> None:
    with pytest.raises(TypeError, match="rule: a list of blocks"):
        resource(
            aws.s3_bucket_ownership_controls.S3BucketOwnershipControls, stack, "a", rule=[{"object_ownership": "x"}]
        )


def test_an_asset_archive_can_still_be_made(tmp_path: Path) -> None:
    """`archiver` is loaded when it is first used; a team's own assets use it."""
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "a.txt").write_text("hello")
    app = cdktf.App(outdir=str(tmp_path / "out"), skip_validation=True)
    stack = cdktf.TerraformStack(app, "dev")
    asset = cdktf.TerraformAsset(stack, "zip", path=str(tmp_path / "content"), type=cdktf.AssetType.ARCHIVE)
    app.synth()
    assert (tmp_path / "out" / "stacks" / "dev" / asset.path).read_bytes().startswith(b"PK")
