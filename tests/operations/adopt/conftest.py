"""Clients of an account of its own on the embedded AWS, and what an environment there needs."""

from collections.abc import Callable
from typing import Any

import pytest

REGION = "eu-west-1"
Client = Callable[[str], Any]


@pytest.fixture(scope="module")
def client(clients: Any, account: str) -> Client:
    found: Client = clients(account, REGION)
    return found


@pytest.fixture(scope="module")
def arguments(client: Client, account: str, prepare: Any) -> dict[str, Any]:
    """What CreateEnvironment takes, with everything beside it made."""
    made: dict[str, Any] = prepare(client, account, REGION)
    return made
