"""Fixes for moto's IAM, STS and KMS."""

from typing import Any

from moto.core.config import default_user_config
from moto.iam.models import iam_backends
from moto.kms.models import KmsBackend
from moto.sts.models import STSBackend
from moto.utilities.utils import PARTITION_NAMES, get_partition

from mwaa.embedded_aws.accounts import account_of
from mwaa.embedded_aws.moto_fixes.replacing import replace


def find_issuing_account(key: str) -> str | None:
    """Return the account for which moto issued an access key (a user's, or by AssumeRole), or None.

    moto takes a key that it never issued for one of account 123456789012; AWS refuses such a key.
    """
    for account, partitions in list(iam_backends.items()):
        if any(key in partitions[partition].access_keys for partition in PARTITION_NAMES):
            return account
    return None


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

    replace(STSBackend, "get_caller_identity", get_identity)


def load_managed_policies() -> None:
    """moto has AWS's managed policies, and loads them only if asked: otherwise they cannot be attached or read."""
    default_user_config["iam"]["load_aws_managed_policies"] = True


def find_keys_by_arn() -> None:
    """moto finds a key by its id alone where it is enabled, disabled or deleted: its ARN ends in KeyError."""

    def by_any_name(change: Any) -> Any:
        return lambda backend, key_id, *args, **kwargs: change(backend, backend.get_key_id(key_id), *args, **kwargs)

    for name in ("enable_key", "disable_key", "schedule_key_deletion", "cancel_key_deletion", "replicate_key"):
        replace(KmsBackend, name, by_any_name(getattr(KmsBackend, name)))
