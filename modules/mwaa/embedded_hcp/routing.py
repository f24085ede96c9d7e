"""Requests, refusals, and which operation answers which path."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Operation = Callable[..., Any]
"""Called with the Service, the Request and what the path names; returns a document, bytes, or (status, document)."""

OPERATIONS: dict[str, tuple[str, str, Operation]] = {}
"""By name: method, path in werkzeug's notation, and the operation."""


def route(method: str, path: str) -> Callable[[Operation], Operation]:
    """Answer requests of this method and path with the decorated operation."""

    def add(operation: Operation) -> Operation:
        OPERATIONS[operation.__name__] = (method, path, operation)
        return operation

    return add


class Refused(Exception):
    """The API refuses the request."""

    def __init__(self, status: int, title: str, detail: str = "") -> None:
        super().__init__(title)
        self.status, self.title, self.detail = status, title, detail


@dataclass(frozen=True)
class Request:
    """A request as an operation sees it: `actor` is "user", or the id of the run whose token it carries."""

    base: str
    query: Mapping[str, str]
    document: Any
    body: bytes
    actor: str

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes of the document, {} where there is none."""
        return dict((self.document or {}).get("data", {}).get("attributes") or {})

    def related(self, name: str) -> str | None:
        """Return the id to which a relationship of the document points."""
        data = (self.document or {}).get("data", {}).get("relationships", {}).get(name, {}).get("data")
        return data["id"] if data else None
