"""Access keys that name their account, so that one server holds any number of accounts and none must be set up."""

import re

SECRET = "embedded-aws-has-no-secrets"
"""The secret access key of every account: the server does not check signatures."""

_PREFIX = "AKIAMWAA"  # AKIA marks a long-lived key, and the whole must have the 20 characters of one
_KEY = re.compile(rf"{_PREFIX}(\d{{12}})")


def access_key(account: str) -> str:
    """Return the access key id of an account. Raises ValueError unless `account` is twelve digits."""
    if not re.fullmatch(r"\d{12}", account):
        raise ValueError(f'"{account}" is not an AWS account id: expected twelve digits')
    return _PREFIX + account


def account_of(key: str) -> str | None:
    """Return the account that an access key of ours names; None for any other key."""
    found = _KEY.fullmatch(key)
    return found.group(1) if found else None
