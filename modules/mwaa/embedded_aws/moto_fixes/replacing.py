"""Puts a function of ours in the place of one of moto's."""

from typing import Any


def replace(owner: Any, name: str, function: Any) -> None:
    """Replace a function of moto. Raises AttributeError if moto no longer has it."""
    getattr(owner, name)
    setattr(owner, name, function)
