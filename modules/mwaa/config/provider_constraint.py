"""The version constraint of the AWS provider, and what providers of a version support."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from packaging.version import Version
from pydantic import BeforeValidator

from mwaa.config.errors import refuse

OLDEST = Version("5.100.0")
"""The oldest AWS provider that the synthesized configuration is valid for."""

ALLOWED = f'a Terraform version constraint with a lower bound of {OLDEST} or more, such as "~> 6.25"'

CAPABILITIES: Mapping[str, Version] = MappingProxyType(
    {
        # The first version known to have it. hashicorp/terraform-provider-aws CHANGELOG 6.11.0; for the second,
        # issue 48835 confirms 6.53 and older ones are unverified.
        "worker_replacement_strategy": Version("6.11.0"),
        "PUBLIC_AND_PRIVATE": Version("6.53.0"),
        # Provider 6 gave `region` of every resource another meaning. From memory of its upgrade guide: unverified.
        "bucket_region": Version("6.0.0"),
    }
)

_PART = re.compile(r"(~>|>=|<=|!=|=|>|<)?\s*([0-9]{1,6}(?:\.[0-9]{1,6}){0,2})")


def lower_bound(constraint: str) -> Version:
    """Return the lower bound of a Terraform version constraint.

    Raises ValueError, with the fix as its text, if the text is not a constraint, has no lower bound, or allows a
    version older than `OLDEST`.
    Source: developer.hashicorp.com/terraform/language/expressions/version-constraints
    """
    bounds: list[Version] = []
    for part in map(str.strip, constraint.split(",")):
        match = _PART.fullmatch(part)
        if not match:
            raise ValueError(f'"{part}" is not a constraint: write an operator and up to three numbers')
        if match[1] == "~>" and "." not in match[2]:
            raise ValueError('write two or three numbers after ~>, such as "~> 6.25"')
        if match[1] in (None, "=", ">=", ">", "~>"):
            bounds.append(Version(match[2]))
    if not bounds:
        raise ValueError("it has no lower bound: add one with ~> or >=")
    if max(bounds) < OLDEST:
        raise ValueError(f"it allows {max(bounds)}, for which this configuration is not valid: raise the bound")
    return max(bounds)


def supports(constraint: str, capability: str) -> bool:
    """Whether every provider that the constraint allows has the capability, a key of `CAPABILITIES`."""
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
