"""Fixes for moto's mistakes that this project met. Each says what goes wrong without it.

`tests/embedded_aws/test_moto_fixes.py` has a test for each that fails as soon as moto is fixed: remove the fix then.
"""

from mwaa.embedded_aws.moto_fixes import ec2, identity, logs, pipelines, s3
from mwaa.embedded_aws.moto_fixes.identity import find_issuing_account

__all__ = ["apply", "find_issuing_account"]


def apply() -> None:
    """Fix moto in this process. Call it once."""
    s3.keep_newer_noncurrent_versions()
    s3.apply_conditions_of_bucket_policies()
    s3.verify_checksums()
    s3.keep_versions_in_a_suspended_bucket()
    s3.deny_deleting_the_bucket_of_another_account()
    ec2.keep_descriptions_of_rules()
    ec2.modify_rules_without_ports()
    ec2.list_endpoint_services_without_all_extras()
    identity.name_the_caller()
    identity.load_managed_policies()
    identity.find_keys_by_arn()
    logs.change_the_key_of_a_log_group()
    pipelines.accept_build_projects_of_a_pipeline()
    pipelines.keep_the_key_of_a_build_project()
    pipelines.update_build_projects()
    pipelines.return_times_of_a_pipeline_as_numbers()
