"""Every `--json` has a schema that allows nothing else. `calling.run` holds each document that a test prints to it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cli.calling import SCHEMAS, commands, schema


def _with_json() -> set[str]:
    return {name for name, command in commands().items() if any("--json" in one.opts for one in command.params)}


def _objects(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        if part.get("type") == "object":
            yield part
        for value in part.values():
            yield from _objects(value)
    elif isinstance(part, list):
        for value in part:
            yield from _objects(value)


def test_every_command_with_json_has_a_schema_and_there_is_no_other_schema() -> None:
    assert {path.stem for path in SCHEMAS.iterdir()} == {
        *(name.replace(" ", "-") for name in _with_json()),
        "check-rules",
        "error",
    }


@pytest.mark.parametrize("name", sorted(path.stem for path in SCHEMAS.iterdir()))
def test_a_schema_is_strict(name: str) -> None:
    """An object either lists all of its fields, each required, or maps any text to values of one type."""
    import jsonschema

    document = schema(name)
    jsonschema.Draft202012Validator.check_schema(document)
    found = list(_objects(document))
    assert found
    for part in found:
        if "properties" in part:
            assert part["additionalProperties"] is False
            assert part["required"] == list(part["properties"])
        else:
            assert isinstance(part["additionalProperties"], dict), json.dumps(part)
