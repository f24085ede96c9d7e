"""Roles, the source bucket and the secrets backend as an organization wants them: the exact Terraform."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from mwaa import (
    BucketGrant,
    Content,
    DeployRole,
    EncryptionKey,
    ExecutionRole,
    Naming,
    Network,
    OwnTags,
    ParameterStore,
    Pipeline,
    Roles,
    S3Source,
    SecretsManager,
    SourceBucket,
    Workspace,
)
from mwaa.config import Names
from mwaa.policies import publishing

ROLE = "arn:aws:iam::111111111111:role/data/airflow"
ATHENA = "arn:aws:iam::aws:policy/AmazonAthenaFullAccess"
BOUNDARY = "arn:aws:iam::111111111111:policy/boundary"
KEY = "arn:aws:kms:us-east-1:111111111111:key/12345678-1234-1234-1234-123456789012"

Make = Callable[..., Workspace]
Synthesize = Callable[..., dict[str, Any]]


def _team(document: dict[str, Any]) -> Any:
    return json.loads(document["resource"]["aws_iam_role_policy"]["execution_role_team"]["policy"])["Statement"]


def test_an_existing_role_is_used_and_nothing_is_attached_to_it(workspace: Make, synthesize: Synthesize) -> None:
    made = workspace(execution_role=ExecutionRole(arn=ROLE), network=Network(flow_logs=False))
    document = synthesize(made)
    assert "aws_iam_role" not in document["resource"]
    assert "aws_iam_role_policy" not in document["resource"]
    assert document["resource"]["aws_mwaa_environment"]["environment"]["execution_role_arn"] == ROLE
    assert document["output"]["execution_role_arn"]["value"] == ROLE
    (passed,) = [
        one for one in publishing.permissions(Names(made), None)["Statement"] if one["Sid"] == "PassExecutionRole"
    ]
    assert passed["Resource"] == ROLE


def test_a_grant_to_an_existing_role_is_refused(workspace: Make, synthesize: Synthesize) -> None:
    made = workspace(execution_role=ExecutionRole(arn=ROLE))
    with pytest.raises(ValueError, match=f"nothing is added to the existing execution role {ROLE}"):
        synthesize(made, lambda stack: stack.execution_role.grant_secrets("airflow"))


def test_every_made_role_has_the_path_and_the_boundary(workspace: Make, synthesize: Synthesize) -> None:
    made = workspace(
        roles=Roles(path="/data/", permissions_boundary=BOUNDARY),
        network=Network(flow_logs=True),
        pipeline=Pipeline(source=S3Source(bucket="sources", key="content.zip")),
    )
    roles = synthesize(made)["resource"]["aws_iam_role"]
    assert {name: (role["path"], role["permissions_boundary"]) for name, role in roles.items()} == dict.fromkeys(
        (
            "execution_role",
            "flow_logs_role",
            "pipeline_role",
            "pipeline_check_role",
            "pipeline_publish_role",
            "pipeline_start_role",
        ),
        ("/data/", BOUNDARY),
    )
    assert Names(made).execution_role_arn == "arn:aws:iam::111111111111:role/data/mwaa-dev-execution"


def test_declared_permissions_are_in_the_policy_of_the_team(workspace: Make, synthesize: Synthesize) -> None:
    statement = {"Effect": "Allow", "Action": "athena:StartQueryExecution", "Resource": "*"}
    document = synthesize(
        workspace(
            execution_role=ExecutionRole(
                name="airflow",
                managed_policy_arns=(ATHENA,),
                statements=(statement,),
                parameter_prefixes=("/team/",),
                buckets=(BucketGrant(bucket="lake", prefix="raw/", access="READ_WRITE"),),
            )
        )
    )
    assert document["resource"]["aws_iam_role"]["execution_role"]["name"] == "airflow"
    assert document["resource"]["aws_iam_role_policy_attachment"]["execution_role_managed"] | {"//": None} == {
        "//": None,
        "for_each": {ATHENA: ATHENA},
        "policy_arn": "${each.key}",
        "role": "${aws_iam_role.execution_role.name}",
    }
    assert (
        "aws_iam_role_policy_attachment.execution_role_managed"
        in (document["resource"]["aws_mwaa_environment"]["environment"]["depends_on"])
    )
    assert _team(document) == [
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": "arn:aws:s3:::lake",
            "Condition": {"StringLike": {"s3:prefix": "raw/*"}},
        },
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
            "Resource": "arn:aws:s3:::lake/raw/*",
        },
        {
            "Effect": "Allow",
            "Action": ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"],
            "Resource": ["arn:aws:ssm:us-east-1:111111111111:parameter/team/*"],
        },
        statement,
    ]


@pytest.mark.parametrize("version", ["2.10.3", "3.2.1"])
def test_secrets_manager_sets_the_options_and_the_permissions(
    workspace: Make, synthesize: Synthesize, version: str
) -> None:
    made = workspace(
        airflow_version=version,
        content=Content(plugins=None),
        secrets_backend=SecretsManager(variables_prefix=None, kms_key_arn=KEY),
    )
    document = synthesize(made)
    assert document["resource"]["aws_mwaa_environment"]["environment"]["airflow_configuration_options"] == {
        "secrets.backend": "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend",
        "secrets.backend_kwargs": (
            '{"connections_prefix": "airflow/connections", "variables_prefix": null, "config_prefix": null}'
        ),
    }
    assert _team(document) == [
        {
            "Effect": "Allow",
            "Action": [
                "secretsmanager:GetSecretValue",
                "secretsmanager:DescribeSecret",
                "secretsmanager:GetResourcePolicy",
                "secretsmanager:ListSecretVersionIds",
            ],
            "Resource": ["arn:aws:secretsmanager:us-east-1:111111111111:secret:airflow/connections/*"],
        },
        {
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": KEY,
            "Condition": {"StringEquals": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}},
        },
    ]


def test_parameter_store_sets_the_options_and_the_permissions(workspace: Make, synthesize: Synthesize) -> None:
    document = synthesize(workspace(content=Content(plugins=None), secrets_backend=ParameterStore()))
    assert document["resource"]["aws_mwaa_environment"]["environment"]["airflow_configuration_options"] == {
        "secrets.backend": "airflow.providers.amazon.aws.secrets.systems_manager.SystemsManagerParameterStoreBackend",
        "secrets.backend_kwargs": (
            '{"connections_prefix": "/airflow/connections", "variables_prefix": "/airflow/variables", '
            '"config_prefix": null}'
        ),
    }
    assert _team(document) == [
        {
            "Effect": "Allow",
            "Action": ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"],
            "Resource": [
                "arn:aws:ssm:us-east-1:111111111111:parameter/airflow/connections/*",
                "arn:aws:ssm:us-east-1:111111111111:parameter/airflow/variables/*",
            ],
        }
    ]


def test_an_existing_bucket_is_read_and_checked_and_none_is_made(workspace: Make, synthesize: Synthesize) -> None:
    document = synthesize(workspace(source_bucket=SourceBucket(name="airflow-central", create=False)))
    assert not [kind for kind in document["resource"] if kind.startswith("aws_s3_bucket")]
    bucket = document["data"]["aws_s3_bucket"]["source_bucket"]
    assert (bucket["bucket"], bucket["lifecycle"]) == (
        "airflow-central",
        {
            "postcondition": [
                {
                    "condition": '${self.bucket_region == "us-east-1"}',
                    "error_message": "The source bucket airflow-central is in ${self.bucket_region}; MWAA needs one in "
                    "us-east-1, the region of the workspace.",
                }
            ]
        },
    )
    assert document["resource"]["aws_s3_object"]["artifacts_requirements"]["lifecycle"] == {
        "postcondition": [
            {
                "condition": '${self.version_id != "" && self.version_id != "null"}',
                "error_message": "The source bucket airflow-central is not versioned, which MWAA needs: "
                "aws s3api put-bucket-versioning --bucket airflow-central --versioning-configuration Status=Enabled",
            }
        ]
    }
    assert document["resource"]["aws_mwaa_environment"]["environment"]["source_bucket_arn"] == (
        "${data.aws_s3_bucket.source_bucket.arn}"
    )


def test_the_provider_assumes_the_deploy_role(workspace: Make, synthesize: Synthesize) -> None:
    role = DeployRole(arn=ROLE, external_id="mwaa", session_tags={"team": "data"})
    assert synthesize(workspace(deploy_role=role))["provider"]["aws"][0]["assume_role"] == [
        {"external_id": "mwaa", "role_arn": ROLE, "session_name": "mwaa", "tags": {"team": "data"}}
    ]


def test_nothing_in_the_terraform_has_another_name_than_the_pattern_gives(
    workspace: Make, synthesize: Synthesize
) -> None:
    naming = Naming(
        pattern="acme-{workspace}-{kind}",
        source_bucket="airflow-acme-{workspace}",
        artifact_bucket="acme-ci-{workspace}",
        log_group="/acme/{workspace}/{kind}",
    )
    made = workspace(
        naming=naming,
        own_tags=OwnTags(managed_by="acme:by", workspace="acme:workspace", name="acme:name"),
        roles=Roles(name_prefix="app-"),
        encryption_key=EncryptionKey(),
        network=Network(flow_logs=True),
        pipeline=Pipeline(source=S3Source(bucket="sources", key="content.zip")),
    )
    document = synthesize(made)
    text = json.dumps({kind: document[kind] for kind in ("resource", "data") if kind in document})
    assert [name for name in ("mwaa-dev", "mwaa-ci-", "airflow-dev-", "/mwaa/dev", '"Name"') if name in text] == []
    assert document["provider"]["aws"][0]["default_tags"] == [
        {"tags": {"acme:by": "terraform", "acme:workspace": "dev"}}
    ]
    assert document["resource"]["aws_vpc"]["network_vpc"]["tags"] == {"acme:name": "acme-dev-vpc"}
