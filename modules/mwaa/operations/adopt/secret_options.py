"""Airflow options whose value looks like a secret, before it is written to a file that is committed."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from mwaa.requirements.file import has_secret

_NAME = re.compile(
    r"(?i)passw(or)?d|pwd|passphrase|secret|token|credential|(api|access|private|fernet|auth|client)_?key"
)
_NO_SECRET = re.compile(
    r"(?i)(_(name|arn|path|file|prefix|suffix|cmd|url|uri|class|backend|policy|expiry|lifetime|seconds|minutes)s?"
    r"|(password|key|conn|url|token)_secret)$"
)
"""What ends so is the name, place or age of a secret; `..._secret` and `..._cmd` are Airflow's ways to look one up."""
_PLAIN = re.compile(r"(?i)true|false|none|null|[0-9.]*")
_VALUE = re.compile(
    r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"  # an access key of AWS
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\."  # a JSON Web Token
    r"|\bgh[pousr]_\w{36}|\bglpat-[\w-]{20}"  # of GitHub, GitLab
    r"|\bxox[abprs]-[\w-]{10}|\b[sr]k_live_\w{10}"  # of Slack, Stripe
)


def secret_like_options(options: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of options (`section.option`) whose value looks like a secret, sorted.

    By the option's name, by the form of the value (an address with a password, a key of a service), and inside a value
    that is JSON by its names. Rather one too many: a person looks at each.
    """
    return tuple(sorted(option for option, value in options.items() if _is_secret(option.rpartition(".")[2], value)))


def _is_secret(name: str, value: Any) -> bool:
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        with suppress(ValueError):  # then it is a text like any other
            value = json.loads(value)
    match value:
        case dict():
            return any(_is_secret(str(key), inside) for key, inside in value.items())
        case list():
            return any(_is_secret(name, inside) for inside in value)
        case str():
            named = _NAME.search(name) and not _NO_SECRET.search(name) and not _PLAIN.fullmatch(value)
            return bool(named or _VALUE.search(value)) or has_secret(value)
    return False
