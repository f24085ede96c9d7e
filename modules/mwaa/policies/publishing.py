"""What `mwaa publish` may do, wherever it runs: in the pipeline's builds, in GitHub Actions, on a laptop.

Sources: MWAA user guide, access-policies (UpdateEnvironment passes the execution role); IAM service authorization
reference, S3.
"""

from mwaa.config import Names
from mwaa.policies import Document, Statement, document


def read_permissions(names: Names, key_arn: str | None) -> Document:
    """What `mwaa publish --dry-run` and `mwaa releases` read, and nothing that writes."""
    return document(*_read_statements(names), *_key_use(names, key_arn, ["kms:Decrypt", "kms:DescribeKey"]))


def permissions(names: Names, key_arn: str | None) -> Document:
    """Reading, and what `mwaa publish` and `mwaa rollback` write.

    No version of an object can be destroyed: what was published can always be brought back.
    """
    return document(
        *_read_statements(names),
        {
            "Sid": "WriteContent",
            "Effect": "Allow",
            "Action": ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
            "Resource": _objects(names),
        },
        *_keep_tool(names),
        {
            "Sid": "UpdateEnvironment",
            "Effect": "Allow",
            "Action": "airflow:UpdateEnvironment",
            "Resource": names.environment_arn,
        },
        {
            "Sid": "BucketAsMwaaLooksAtIt",  # with the caller's permissions: AmazonMWAAFullApiAccess
            "Effect": "Allow",
            "Action": "s3:GetEncryptionConfiguration",
            "Resource": names.bucket_arn,
        },
        {
            "Sid": "PassExecutionRole",
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": names.execution_role_arn,
            "Condition": {
                "StringEquals": {"iam:PassedToService": ["airflow.amazonaws.com", "airflow-env.amazonaws.com"]}
            },
        },
        *_key_use(names, key_arn, ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]),
    )


def _read_statements(names: Names) -> list[Statement]:
    return [
        {
            "Sid": "ListSourceBucket",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": names.bucket_arn,
        },
        {
            "Sid": "ReadContent",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:GetObjectVersion"],
            "Resource": _objects(names),
        },
        {
            "Sid": "ReadEnvironment",
            "Effect": "Allow",
            "Action": "airflow:GetEnvironment",
            "Resource": names.environment_arn,
        },
        {
            "Sid": "ReadLogsOfAFailure",
            "Effect": "Allow",
            "Action": ["logs:DescribeLogStreams", "logs:GetLogEvents"],
            "Resource": names.log_group_arns,
        },
    ]


def _keep_tool(names: Names) -> list[Statement]:
    """Refuse to replace the tool that the builds of a content repository install: only the stack writes it."""
    pipeline = names.workspace.pipeline
    if pipeline is None or not pipeline.content_only:
        return []
    return [
        {
            "Sid": "KeepTool",
            "Effect": "Deny",
            "Action": ["s3:PutObject", "s3:DeleteObject"],
            "Resource": f"{names.bucket_arn}/{names.tool_prefix}*",
        }
    ]


def _objects(names: Names) -> list[str]:
    """The objects that publishing touches: content, and its own records."""
    content = names.workspace.content
    keys = [
        f"{content.dag_s3_path}/*",
        content.plugins_s3_path,
        content.requirements_s3_path,
        content.startup_script_s3_path,
        f"{names.publishing_prefix}*",
    ]
    return [f"{names.bucket_arn}/{key}" for key in keys]


def _key_use(names: Names, key_arn: str | None, actions: list[str]) -> list[Statement]:
    """The use of a customer-managed key through S3; AWS-owned keys need no permission."""
    if key_arn is None:
        return []
    via_s3 = {"StringEquals": {"kms:ViaService": f"s3.{names.workspace.region}.{names.service_suffix}"}}
    return [{"Sid": "ObjectsKey", "Effect": "Allow", "Action": actions, "Resource": key_arn, "Condition": via_s3}]
