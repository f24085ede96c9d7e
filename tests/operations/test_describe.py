from collections.abc import Callable
from typing import Any

from mwaa.aws_facts.replacement import REPLACING_FIELDS
from mwaa.config import (
    CodeCommitSource,
    ConnectionSource,
    Content,
    Definition,
    EncryptionKey,
    ExistingNetwork,
    Logging,
    Network,
    NetworkOf,
    Pipeline,
    S3Source,
    SourceBucket,
    Timeouts,
    Workspace,
)
from mwaa.operations import describe

Make = Callable[..., Workspace]


def _written(workspace: Workspace) -> set[str]:
    return {field.path for field in describe.fields(workspace) if field.is_set}


REQUIRED = {"account", "region", "airflow_version", "environment_class"}


def test_what_the_model_derives_counts_as_default(workspace: Make) -> None:
    assert _written(workspace()) == REQUIRED


def test_what_a_person_wrote_counts_as_written_also_inside_parts(workspace: Make) -> None:
    written = workspace(
        environment_name="other",
        max_workers=7,
        network=Network(cidr="10.9.0.0/16", nat_gateways=2),
        source_bucket=SourceBucket(name="airflow-mine"),
        logging=Logging(worker=None),
        tags={"a": "b"},
    )
    assert _written(written) == REQUIRED | {
        "environment_name",
        "max_workers",
        "network.cidr",
        "network.nat_gateways",
        "source_bucket.name",
        "logging.worker",
        "tags",
    }


def test_a_value_written_as_the_default_has_it_is_written_where_nothing_is_derived(workspace: Make) -> None:
    assert "deletion_protection" in _written(workspace(deletion_protection=True))


def test_a_default_that_follows_from_another_field_is_no_less_a_default(workspace: Make) -> None:
    graceful = workspace(worker_replacement_strategy="GRACEFUL", airflow_version="2.11.2")
    fields = {field.path: field for field in describe.fields(graceful)}
    assert (fields["timeouts.update"].value, fields["timeouts.update"].is_set) == ("13h", False)
    options = fields["airflow_configuration_options"]
    assert (options.value, options.is_set) == ({"core.lazy_load_plugins": "False"}, False)
    partly = workspace(worker_replacement_strategy="GRACEFUL", timeouts=Timeouts(create="60m"))
    assert _written(partly) - REQUIRED == {"worker_replacement_strategy", "timeouts.create"}


def test_a_part_that_is_absent_by_default_is_listed(workspace: Make) -> None:
    fields = {field.path: field for field in describe.fields(workspace(encryption_key=EncryptionKey()))}
    assert (fields["encryption_key"].value, fields["encryption_key"].is_set) == ("EncryptionKey", True)
    assert (fields["encryption_key.deletion_window_days"].value, fields["encryption_key.arn"].is_set) == (30, False)


def test_every_field_of_the_model_is_shown_once(workspace: Make) -> None:
    paths = [field.path for field in describe.fields(workspace())]
    assert len(paths) == len(set(paths))
    assert {path.partition(".")[0] for path in paths} == set(Workspace.model_fields)
    assert {path for path in paths if path.startswith("content.")} == {
        f"content.{name}" for name in Content.model_fields
    }


def test_fields_that_replace_the_environment_are_marked(workspace: Make) -> None:
    existing = ExistingNetwork(vpc_id="vpc-0aaaaaaa", private_subnet_ids=("subnet-0aaaaaaa", "subnet-0bbbbbbb"))
    found = {
        field.path
        for made in (workspace(encryption_key=EncryptionKey()), workspace(), workspace(network=existing),
                     workspace(network=NetworkOf("platform")))
        for field in describe.fields(made)
        if field.replaces
    }  # fmt: skip
    assert found == REPLACING_FIELDS.keys() - {"network"}  # the kind of network is no field of its own


def test_names_follow_from_the_workspace(workspace: Make) -> None:
    names = describe.names(workspace(network=Network(flow_logs=True), encryption_key=EncryptionKey()))
    assert names == {
        "environment": "mwaa-dev",
        "environment_arn": "arn:aws:airflow:us-east-1:111111111111:environment/mwaa-dev",
        "bucket": "airflow-dev-111111111111-us-east-1",
        "bucket_arn": "arn:aws:s3:::airflow-dev-111111111111-us-east-1",
        "execution_role_arn": "arn:aws:iam::111111111111:role/mwaa-dev-execution",
        "key_alias": "alias/mwaa-dev",
        "log_group.dag_processing": "airflow-mwaa-dev-DAGProcessing",
        "log_group.scheduler": "airflow-mwaa-dev-Scheduler",
        "log_group.task": "airflow-mwaa-dev-Task",
        "log_group.webserver": "airflow-mwaa-dev-WebServer",
        "log_group.worker": "airflow-mwaa-dev-Worker",
        "flow_log_group": "/mwaa/dev/vpc-flow-logs",
    }
    assert {"key_alias", "flow_log_group"}.isdisjoint(describe.names(workspace()))


def test_the_release_has_its_python_and_its_end(workspace: Make) -> None:
    assert describe.release(workspace(airflow_version="2.10.3")) == {
        "airflow_version": "2.10.3",
        "python": "3.11",
        "since": "2024-12-18",
        "end_of_support": None,
    }


def test_a_workspace_in_one_line(workspace: Make) -> None:
    definition = Definition(workspace(network=Network(cidr="10.9.0.0/16", nat_gateways=2)), "environments/dev.py")
    assert describe.summary(definition) == {
        "name": "dev",
        "region": "us-east-1",
        "account": "111111111111",
        "airflow_version": "3.2.1",
        "environment_class": "mw1.small",
        "network": "10.9.0.0/16, 2 NAT gateways",
        "pipeline": "-",
        "file": "environments/dev.py",
    }


def test_networks_that_exist_in_one_line(workspace: Make) -> None:
    def shown(network: Any, **fields: Any) -> str:
        return describe.summary(Definition(workspace(network=network, **fields), "environments/dev.py"))["network"]

    existing: dict[str, Any] = {"vpc_id": "vpc-0aaaaaaa", "private_subnet_ids": ("subnet-0aaaaaaa", "subnet-0bbbbbbb")}
    assert shown(ExistingNetwork(**existing)) == "vpc-0aaaaaaa, existing"
    shared = ExistingNetwork(**existing, owner_account="222222222222")
    assert shown(shared, endpoint_management="CUSTOMER") == "vpc-0aaaaaaa, shared by 222222222222"
    assert shown(NetworkOf("platform")) == "of platform"


def test_what_publishes_is_named(workspace: Make) -> None:
    def pipeline_of(**fields: Any) -> str:
        return describe.summary(Definition(workspace(**fields), "environments/dev.py"))["pipeline"]

    github = ConnectionSource(provider="GitHub", repository="acme/airflow", branch="live")
    assert pipeline_of() == "-"
    assert pipeline_of(content=Content(owner="PUBLISH")) == "mwaa publish"
    assert pipeline_of(pipeline=Pipeline(source=github, approval=True)) == "GitHub acme/airflow live, approval"
    assert pipeline_of(pipeline=Pipeline(source=CodeCommitSource(repository="airflow"))) == "CodeCommit airflow main"
    assert pipeline_of(pipeline=Pipeline(source=S3Source(bucket="uploads", key="a.zip"))) == "s3://uploads/a.zip"


def test_what_follows_from_a_pipeline_is_a_default(workspace: Make) -> None:
    made = workspace(pipeline=Pipeline(source=S3Source(bucket="uploads", key="a.zip")))
    assert _written(made) - REQUIRED == {"pipeline", "pipeline.source", "pipeline.source.bucket", "pipeline.source.key"}
    assert describe.names(made)["pipeline"] == "mwaa-dev"
    assert describe.names(made)["artifact_bucket"] == "mwaa-ci-dev-111111111111-us-east-1"
