"""Checks input against botocore's model of the service, and reports violations in the words of AWS."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from mwaa.embedded_aws.mwaa.exceptions import ValidationException


def check(operation: str, parameters: Mapping[str, Any], service: str = "mwaa") -> None:
    """Raise ValidationException if `parameters` violates a constraint in botocore's model of `service`.

    Constraints are: required, length, range, pattern, enumeration. All violations are reported, as AWS does.
    """
    shape = service_model(service).operation_model(operation).input_shape
    assert shape is not None  # every operation of these services has an input shape
    found = list(_violations(shape, parameters, ""))
    if found:
        errors = "1 validation error" if len(found) == 1 else f"{len(found)} validation errors"
        raise ValidationException(f"{errors} detected: {'; '.join(found)}")


def _violations(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if value is None:
        yield f"Value null at '{path}' failed to satisfy constraint: Member must not be null"
        return
    for violated in _violated(shape, value):
        yield f"{_quote(shape, value)} at '{path}' failed to satisfy constraint: {violated}"
    match shape:
        case StructureShape():
            for name, member in shape.members.items():
                if value.get(name) is not None or name in shape.required_members:
                    yield from _violations(member, value.get(name), _join(path, name[0].lower() + name[1:]))
        case ListShape():
            for number, item in enumerate(value, 1):
                yield from _violations(shape.member, item, f"{path}.{number}.member")
        case MapShape():
            for key, item in value.items():
                for violated in _violated(shape.key, key):
                    failed = f"{_quote(shape, value)} at '{path}' failed to satisfy constraint"
                    yield f"{failed}: Map keys must satisfy constraint: [{violated}]"
                yield from _violations(shape.value, item, f"{path}.{key}.member")


def _violated(shape: Shape, value: Any) -> Iterator[str]:
    limits = shape.metadata
    kind, size = ("value", value) if shape.type_name in ("integer", "double") else ("length", None)
    if shape.type_name in ("string", "list", "map"):
        size = len(value)
    if size is not None and "min" in limits and size < limits["min"]:
        yield f"Member must have {kind} greater than or equal to {limits['min']}"
    if size is not None and "max" in limits and size > limits["max"]:
        yield f"Member must have {kind} less than or equal to {limits['max']}"
    if "pattern" in limits and not _pattern(limits["pattern"]).fullmatch(value):
        yield f"Member must satisfy regular expression pattern: {limits['pattern']}"
    if "enum" in limits and value not in limits["enum"]:
        yield f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]"


def _quote(shape: Shape, value: Any) -> str:
    if shape.metadata.get("sensitive"):
        return "Value"
    if isinstance(value, list):
        return f"Value '[{', '.join(map(str, value))}]'"
    if isinstance(value, Mapping):
        return f"Value '{{{', '.join(f'{key}={item}' for key, item in value.items())}}}'"
    return f"Value '{value}'"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    # Python has no Unicode classes by name; \w is letters, digits and the underscore, \s the separators.
    return re.compile(pattern.replace(r"\p{L}", r"\w").replace(r"\p{Z}", r"\s").replace(r"\p{N}", r"\d"))


@cache
def service_model(service: str) -> ServiceModel:
    """Return botocore's model of a service."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)
