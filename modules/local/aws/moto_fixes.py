"""moto's mistakes that the project met, mended one by one. Each says what goes wrong without it.

`tests/local/aws/test_moto_fixes.py` has a test for each that fails as soon as moto is mended: remove the fix then.
"""

from moto.iam.models import iam_backends
from moto.utilities.utils import PARTITION_NAMES


def registered_account(key: str) -> str | None:
    """The account for which moto issued an access key (a user's, or by AssumeRole).

    moto's get_account_id_from answers 123456789012 for a key that it never issued; AWS refuses such a key.
    """
    for account, partitions in list(iam_backends.items()):
        if any(key in partitions[partition].access_keys for partition in PARTITION_NAMES):
            return account
    return None


def apply() -> None:
    """Mends moto in this process."""
