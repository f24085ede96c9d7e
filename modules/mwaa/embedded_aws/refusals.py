"""What the embedded AWS refuses, as a list: the table in docs/reference/embedded-aws.md is made of it.

A function that refuses something is registered by `refuses`. The first line of its docstring is its row in the table.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

UNVERIFIED = ""
"""The source of a message that AWS publishes nowhere: its words are ours."""

Function = TypeVar("Function", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Refusal:
    """`when` is the API operation, or the moment; `source` says where AWS's own message was reported."""

    when: str
    what: str
    source: str


REFUSALS: list[Refusal] = []


def refuses(when: str, source: str = UNVERIFIED) -> Callable[[Function], Function]:
    """Register the decorated function as one that refuses something at `when`."""

    def register(function: Function) -> Function:
        assert function.__doc__  # the table is made of it
        REFUSALS.append(Refusal(when, function.__doc__.strip().splitlines()[0], source))
        return function

    return register
