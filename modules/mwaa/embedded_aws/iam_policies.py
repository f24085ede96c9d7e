"""Evaluates IAM policy documents: what they allow in a context, and whom they trust.

moto's own evaluation knows no condition but StringEquals.
"""

import fnmatch
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Document = Mapping[str, Any]
Context = Mapping[str, str]
"""Values of condition keys. What a key that is missing here would be is unknown."""


def allows(documents: Iterable[Document], action: str, resource: str, context: Context) -> bool:
    """Return whether a statement allows it and none denies it. Principals are not looked at.

    A condition on a key that `context` lacks counts as met where it allows and as unmet where it denies.
    """
    found = list(_covering(documents, action, resource, context))
    if any(effect == "Deny" and met is True for effect, met in found):
        return False
    return any(effect == "Allow" and met is not False for effect, met in found)


def simulate(documents: Iterable[Document], action: str, resource: str, context: Context) -> str:
    """Return the decision of IAM's policy simulator, for which a key that `context` lacks has no value."""
    decided = {effect for effect, met in _covering(documents, action, resource, context) if met is True}
    return "explicitDeny" if "Deny" in decided else "allowed" if "Allow" in decided else "implicitDeny"


def trusts(document: Document, service: str, context: Context) -> bool:
    """Return whether a role's trust policy lets a service assume it. What `context` lacks the service does not send."""
    trusted = False
    for statement in statements(document):
        principal = statement.get("Principal", {})
        named = as_list(principal.get("Service", [])) if isinstance(principal, Mapping) else []
        if service in named and _covers(statement, "Action", "sts:AssumeRole"):
            met = _is_met(statement.get("Condition", {}), context) is True
            if met and statement["Effect"] == "Deny":
                return False
            trusted = trusted or met
    return trusted


def _covering(
    documents: Iterable[Document], action: str, resource: str, context: Context
) -> Iterator[tuple[str, bool | None]]:
    """Yield effect, and whether the condition is met, of each statement that covers action and resource."""
    for statement in (found for document in documents for found in statements(document)):
        if _covers(statement, "Action", action) and _covers(statement, "Resource", resource):
            yield statement["Effect"], _is_met(statement.get("Condition", {}), context)


def statements(document: Document) -> list[dict[str, Any]]:
    """Return the statements of a policy document."""
    return as_list(document.get("Statement", []))


def as_list(value: Any) -> list[Any]:
    """Return the values of an element that may hold one value or a list of them."""
    return value if isinstance(value, list) else [value]


def _covers(statement: Mapping[str, Any], element: str, value: str) -> bool:
    if f"Not{element}" in statement:
        return not any(_matches(pattern, value) for pattern in as_list(statement[f"Not{element}"]))
    # a trust policy has no resource
    return any(_matches(pattern, value) for pattern in as_list(statement.get(element, [])))


def _is_met(condition: Mapping[str, Mapping[str, Any]], context: Context) -> bool | None:
    """Return whether all tests pass; None if that depends on what is unknown."""
    known = {key.lower(): value for key, value in context.items()}
    results = [
        _test(operator, known.get(key.lower()), [str(value) for value in as_list(expected)])
        for operator, tests in condition.items()
        for key, expected in tests.items()
    ]
    if False in results:
        return False
    return None if None in results else True


def _test(operator: str, value: str | None, expected: list[str]) -> bool | None:
    name = operator.rpartition(":")[2]  # without ForAllValues: and ForAnyValue:, since each key has one value here
    if value is None:
        return True if name.endswith("IfExists") or operator.startswith("ForAllValues:") else None
    match name.removesuffix("IfExists"):
        case "StringEquals":
            return value in expected
        case "StringNotEquals":
            return value not in expected
        case "StringEqualsIgnoreCase" | "Bool":
            return value.lower() in [one.lower() for one in expected]
        case "StringNotEqualsIgnoreCase":
            return value.lower() not in [one.lower() for one in expected]
        case "StringLike" | "ArnLike" | "ArnEquals":
            return any(_is_like(one, value) for one in expected)
        case "StringNotLike" | "ArnNotLike" | "ArnNotEquals":
            return not any(_is_like(one, value) for one in expected)
        case "Null":
            return "false" in [one.lower() for one in expected]
    return None


def _matches(pattern: str, value: str) -> bool:
    return _is_like(pattern.lower(), value.lower())


def _is_like(pattern: str, value: str) -> bool:
    return fnmatch.fnmatchcase(value, pattern.replace("[", "[[]"))
