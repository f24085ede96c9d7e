"""Fixes for moto's mistakes that this project met. Each says what goes wrong without it.

`tests/embedded_aws/test_moto_fixes.py` has a test for each that fails as soon as moto is fixed: remove the fix then.
"""

import json
import time
from collections.abc import Mapping
from typing import Any

from moto import backends
from moto.codebuild import responses as codebuild_responses
from moto.codebuild.exceptions import ResourceNotFoundException
from moto.codebuild.responses import CodeBuildResponse
from moto.codepipeline.models import CodePipeline
from moto.core.responses import ActionResult
from moto.ec2.models import vpcs
from moto.ec2.models.security_groups import SecurityGroupBackend, SecurityGroupRule
from moto.ec2.models.vpcs import VPCBackend
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.iam.models import iam_backends
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response
from moto.s3.utils import compute_checksum
from moto.sts.models import STSBackend
from moto.utilities.utils import PARTITION_NAMES, get_partition
from werkzeug.datastructures import Headers

from mwaa.embedded_aws.accounts import account_of


def apply() -> None:
    """Fix moto in this process. Call it once."""
    keep_newer_noncurrent_versions()
    apply_conditions_of_bucket_policies()
    keep_descriptions_of_rules()
    modify_rules_without_ports()
    list_endpoint_services_without_all_extras()
    name_the_caller()
    verify_checksums()
    accept_build_projects_of_a_pipeline()
    keep_the_key_of_a_build_project()
    update_build_projects()
    return_times_of_a_pipeline_as_numbers()


def find_issuing_account(key: str) -> str | None:
    """Return the account for which moto issued an access key (a user's, or by AssumeRole), or None.

    moto takes a key that it never issued for one of account 123456789012; AWS refuses such a key.
    """
    for account, partitions in list(iam_backends.items()):
        if any(key in partitions[partition].access_keys for partition in PARTITION_NAMES):
            return account
    return None


def keep_newer_noncurrent_versions() -> None:
    """moto forgets NewerNoncurrentVersions of a lifecycle rule's NoncurrentVersionExpiration.

    The AWS provider reads the rules until they are as it set them: aws_s3_bucket_lifecycle_configuration hangs for
    three minutes and fails.
    """
    set_lifecycle, get_bucket_lifecycle = FakeBucket.set_lifecycle, S3Response.get_bucket_lifecycle

    def set_and_keep(bucket: Any, rules: list[dict[str, Any]]) -> None:
        set_lifecycle(bucket, rules)
        for kept, rule in zip(bucket.rules, rules, strict=True):
            kept.newer_versions = (rule.get("NoncurrentVersionExpiration") or {}).get("NewerNoncurrentVersions")

    def get_with_newer_versions(response: Any) -> Any:
        serialize = response.serialized
        kept = response.backend.get_bucket_lifecycle(response.bucket_name)

        def complete(result: ActionResult) -> Any:
            answer: Any = result.result
            if not isinstance(answer, Exception):  # a bucket without rules is answered by an error
                for rule, answer_rule in zip(kept, answer["Rules"], strict=True):
                    if rule.newer_versions is not None:
                        answer_rule["NoncurrentVersionExpiration"]["NewerNoncurrentVersions"] = rule.newer_versions
            return serialize(result)

        response.serialized = complete
        return get_bucket_lifecycle(response)

    _replace(FakeBucket, "set_lifecycle", set_and_keep)
    _replace(S3Response, "get_bucket_lifecycle", get_with_newer_versions)


def apply_conditions_of_bucket_policies() -> None:
    """moto ignores every condition of a bucket policy but StringEquals, so "deny without TLS" denies everything.

    aws_s3_object fails with 403 Forbidden under the policy that every security benchmark requires. Requests here use
    TLS; a statement with any other condition is left out, because what it examines does not exist here.
    """

    def get_permission(bucket: Any, action: str, resource: str) -> Any:
        if bucket.policy is None:
            return PermissionResult.NEUTRAL
        document = json.loads(bucket.policy)
        statements = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
        effective = [
            {name: value for name, value in statement.items() if name != "Condition"}
            for statement in statements
            if _is_met(statement.get("Condition", {}))
        ]
        return IAMPolicy(json.dumps({"Version": "2012-10-17", "Statement": effective})).is_action_permitted(
            action, resource
        )

    _replace(FakeBucket, "get_permission", get_permission)


def _is_met(condition: Mapping[str, Mapping[str, Any]]) -> bool:
    return all(
        operator == "Bool" and key.lower() == "aws:securetransport" and str(value).lower() == "true"
        for operator, tests in condition.items()
        for key, value in tests.items()
    )


def keep_descriptions_of_rules() -> None:
    """moto returns the description of a security group rule only if it names addresses, not a group or a prefix list.

    aws_vpc_security_group_ingress_rule with referenced_security_group_id and a description never has an empty plan.
    """
    init = SecurityGroupRule.__init__

    def init_with_description(rule: Any, *args: Any, **kwargs: Any) -> None:
        init(rule, *args, **kwargs)
        prefix_list = kwargs.get("prefix_list_id") or (args[7] if len(args) > 7 else None) or {}
        rule.prefix_list_description = prefix_list.get("Description")

    def description(rule: Any) -> str | None:
        found: str | None = rule.ip_range.get("Description") or rule.source_group.get("Description")
        return found or rule.prefix_list_description

    _replace(SecurityGroupRule, "__init__", init_with_description)
    _replace(SecurityGroupRule, "description", property(description))


def modify_rules_without_ports() -> None:
    """moto requires ports in ModifySecurityGroupRules even for all protocols ("-1"), where AWS takes none.

    Changing the description of such an aws_vpc_security_group_egress_rule fails with InvalidParameterValue.
    """
    modify = SecurityGroupBackend.modify_security_group_rules

    def modify_with_ports(backend: Any, group_id: str, rules: dict[str, dict[str, Any]]) -> None:
        without = [rule_id for rule_id, rule in rules.items() if rule.get("IpProtocol") == "-1"]
        modify(backend, group_id, {rule_id: {"FromPort": -1, "ToPort": -1} | rule for rule_id, rule in rules.items()})
        group = backend.get_security_group_by_name_or_id(group_id)
        for rule_id in without:
            rule = group.get_rule(rule_id)
            rule.from_port = rule.to_port = None

    _replace(SecurityGroupBackend, "modify_security_group_rules", modify_with_ports)


def list_endpoint_services_without_all_extras() -> None:
    """moto imports its CloudFormation backend, and with it all others, to list the VPC endpoint services.

    Where moto is installed without all its extras, DescribeVpcEndpointServices (data.aws_vpc_endpoint_service) fails
    with ModuleNotFoundError, and a second call answers with nothing at all.
    """
    collect = VPCBackend._collect_default_endpoint_services

    def collect_available(account_id: str, region: str) -> Any:
        for service in list(vpcs.IMPLEMENTED_ENDPOINT_SERVICES):
            try:
                backends.get_backend(service)  # type: ignore[call-overload]
            except ImportError:
                # without its backend it is described like the many services that have none
                vpcs.IMPLEMENTED_ENDPOINT_SERVICES.remove(service)
                vpcs.COVERED_ENDPOINT_SERVICES.remove(service)
        return collect(account_id, region)

    _replace(VPCBackend, "_collect_default_endpoint_services", staticmethod(collect_available))


def name_the_caller() -> None:
    """moto calls a caller that it did not register `arn:aws:sts::<account>:user/moto`, which is not an ARN of AWS.

    What parses the ARN (the provider's aws_iam_session_context, a key policy that names its administrator) fails.
    """
    get_caller_identity = STSBackend.get_caller_identity

    def get_identity(backend: Any, access_key_id: str, region: str) -> tuple[str, str, str]:
        account = account_of(access_key_id)
        if account is None:
            found: tuple[str, str, str] = get_caller_identity(backend, access_key_id, region)
            return found
        return "AIDAEMBEDDEDAWS000000", f"arn:{get_partition(region)}:iam::{account}:user/embedded-aws", account

    _replace(STSBackend, "get_caller_identity", get_identity)


def verify_checksums() -> None:
    """moto forgets an object's checksum that is sent in its header alone, and compares no checksum with the bytes.

    HeadObject returns no checksum then, and damage on the way goes unnoticed.
    """
    put_object = S3Response.put_object

    def put_verified_object(response: Any) -> Any:
        for algorithm in ("SHA256", "SHA1", "CRC32"):  # those that Python's own library can compute
            expected = response.headers.get(f"x-amz-checksum-{algorithm.lower()}")
            if expected is None:
                continue
            if compute_checksum(response.body or b"", algorithm).decode() != expected:
                raise BadDigest(algorithm)
            response.headers = Headers(response.headers)
            response.headers["x-amz-sdk-checksum-algorithm"] = algorithm
        return put_object(response)

    _replace(S3Response, "put_object", put_verified_object)


class BadDigest(S3ClientError):
    """The error of S3 for a wrong checksum."""

    code = "BadDigest"

    def __init__(self, algorithm: str) -> None:
        super().__init__(f"The {algorithm} you specified did not match the calculated checksum.")


def accept_build_projects_of_a_pipeline() -> None:
    """moto requires a location of source and artifacts even if a pipeline passes them, which has no location.

    aws_codebuild_project with the source CODEPIPELINE fails with "Project source location is required".
    """

    def skip_pipelines(validate: Any) -> Any:
        return lambda part: None if part["type"] == "CODEPIPELINE" else validate(part)

    for name in ("_validate_required_params_source", "_validate_required_params_artifacts"):
        _replace(codebuild_responses, name, skip_pipelines(getattr(codebuild_responses, name)))


def keep_the_key_of_a_build_project() -> None:
    """moto returns AWS's own key for S3 as every build project's key, whatever key the request has.

    aws_codebuild_project with encryption_key never has an empty plan.
    """
    create_project = CodeBuildResponse.create_project

    def create_with_key(response: Any) -> Any:
        created = create_project(response)
        if key := response._get_param("encryptionKey"):
            project = response.codebuild_backend.codebuild_projects[response._get_param("name")]
            project.project_metadata["encryptionKey"] = key
        return created

    _replace(CodeBuildResponse, "create_project", create_with_key)


def update_build_projects() -> None:
    """moto has no UpdateProject: a changed aws_codebuild_project, such as its buildspec, cannot be applied."""

    def update_project(response: Any) -> ActionResult:
        changes = json.loads(response.body)
        projects = response.codebuild_backend.codebuild_projects
        if changes["name"] not in projects:
            arn = f"arn:{get_partition(response.region)}:codebuild:{response.region}:{response.current_account}"
            raise ResourceNotFoundException(f"Project does not exist: {arn}:project/{changes['name']}")
        project = projects[changes["name"]].project_metadata
        project |= {name: value for name, value in changes.items() if value is not None} | {"lastModified": time.time()}
        return ActionResult({"project": project})

    CodeBuildResponse.update_project = update_project  # type: ignore[attr-defined]


def return_times_of_a_pipeline_as_numbers() -> None:
    """moto returns the times of a pipeline as text, where the API's JSON has numbers.

    aws_codepipeline cannot be read: "expected Timestamp to be a JSON Number, got string instead".
    """

    def metadata(pipeline: Any) -> dict[str, Any]:
        times = {"created": pipeline._created, "updated": pipeline._updated}
        return {"pipelineArn": pipeline._arn} | {name: when.timestamp() for name, when in times.items()}

    _replace(CodePipeline, "metadata", property(metadata))


def _replace(owner: Any, name: str, function: Any) -> None:
    """Replace a function of moto. Raises AttributeError if moto no longer has it."""
    getattr(owner, name)
    setattr(owner, name, function)
