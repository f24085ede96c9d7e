"""Input checked against botocore's own model of the service, told as AWS tells it."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from mwaa.embedded_aws.mwaa.exceptions import ValidationException


def check(operation: str, given: Mapping[str, Any], service: str = "mwaa") -> None:
    """Raises ValidationException when `given` breaks a constraint of the model of `service`, botocore's name for it.

    Constraints are: required, length, range, pattern, enumeration. All that are broken are told, as AWS does.
    """
    shape = model(service).operation_model(operation).input_shape
    assert shape is not None  # every operation of these services has one
    found = list(_violations(shape, given, ""))
    if found:
        errors = "1 validation error" if len(found) == 1 else f"{len(found)} validation errors"
        raise ValidationException(f"{errors} detected: {'; '.join(found)}")


def _violations(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if value is None:
        yield f"Value null at '{path}' failed to satisfy constraint: Member must not be null"
        return
    for broken in _broken(shape, value):
        yield f"{_given(shape, value)} at '{path}' failed to satisfy constraint: {broken}"
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
                for broken in _broken(shape.key, key):
                    failed = f"{_given(shape, value)} at '{path}' failed to satisfy constraint"
                    yield f"{failed}: Map keys must satisfy constraint: [{broken}]"
                yield from _violations(shape.value, item, f"{path}.{key}.member")


def _broken(shape: Shape, value: Any) -> Iterator[str]:
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


def _given(shape: Shape, value: Any) -> str:
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
    return re.compile(pattern.replace(r"\p{L}", r"\w").replace(r"\p{Z}", r"\s").replace(r"\p{N}", r"\d"), re.DOTALL)


@cache
def model(service: str) -> ServiceModel:
    """botocore's model of a service."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)
