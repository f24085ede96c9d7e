"""The AWS provider's version constraint, and what a provider of that age can do."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from packaging.version import Version
from pydantic import BeforeValidator

from mwaa.config.errors import refuse

OLDEST = Version("5.100.0")
"""The emitted configuration is valid from this version of the AWS provider."""

ALLOWED = f'a Terraform version constraint with a lower bound of {OLDEST} or more, such as "~> 6.25"'

CAPABILITIES: Mapping[str, Version] = MappingProxyType(
    {
        # The first version known to have it. hashicorp/terraform-provider-aws CHANGELOG 6.11.0; for the second,
        # issue 48835 confirms 6.53 and older ones are unverified.
        "worker_replacement_strategy": Version("6.11.0"),
        "PUBLIC_AND_PRIVATE": Version("6.53.0"),
    }
)

_PART = re.compile(r"(~>|>=|<=|!=|=|>|<)?\s*([0-9]{1,6}(?:\.[0-9]{1,6}){0,2})")


def lower_bound(constraint: str) -> Version:
    """The lower bound of a Terraform version constraint: nothing that it selects is older.

    Raises ValueError, in words for people, if the text is no constraint, bounds nothing from below, or selects a
    version older than `OLDEST`.
    Source: developer.hashicorp.com/terraform/language/expressions/version-constraints
    """
    bounds: list[Version] = []
    for part in map(str.strip, constraint.split(",")):
        match = _PART.fullmatch(part)
        if not match:
            raise ValueError(f'"{part}" is no constraint: write an operator and up to three numbers')
        if match[1] == "~>" and "." not in match[2]:
            raise ValueError('write two or three numbers behind ~>, such as "~> 6.25"')
        if match[1] in (None, "=", ">=", ">", "~>"):
            bounds.append(Version(match[2]))
    if not bounds:
        raise ValueError("it has no lower bound: add one with ~> or >=")
    if max(bounds) < OLDEST:
        raise ValueError(f"it could select {max(bounds)}, for which this configuration is not valid: raise the bound")
    return max(bounds)


def supports(constraint: str, capability: str) -> bool:
    """Whether every provider that the constraint may select has the capability, a key of `CAPABILITIES`."""
    return lower_bound(constraint) >= CAPABILITIES[capability]


def _check(value: object) -> str:
    if not isinstance(value, str):
        raise refuse(value, ALLOWED)
    try:
        lower_bound(value)
    except ValueError as error:
        raise refuse(value, ALLOWED, str(error)) from None
    return value


ProviderConstraint = Annotated[str, BeforeValidator(_check)]
