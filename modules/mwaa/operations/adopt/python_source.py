"""Calls written as Python source, formatted as ruff does."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

WIDTH = 88
"""Characters of a line, ruff's default."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call with keyword arguments: texts, numbers, booleans, None, tuples, dicts, and calls."""

    name: str
    arguments: Mapping[str, Any]

    def names(self) -> Iterator[str]:
        """Yield the name of every call within, this one first."""
        yield self.name
        for value in self.arguments.values():
            if isinstance(value, Call):
                yield from value.names()


def write_assignment(name: str, call: Call) -> str:
    """Return the line, or lines, `name = call`."""
    return f"{name} = {_source(call, 0, len(name) + 3)}\n"


def write_import(module: str, names: set[str]) -> str:
    """Return the import of these names."""
    ordered = sorted(names)
    line = f"from {module} import {', '.join(ordered)}"
    if len(line) <= WIDTH:
        return line + "\n"
    return f"from {module} import (\n" + "".join(f"    {name},\n" for name in ordered) + ")\n"


def _source(value: Any, depth: int, used: int) -> str:
    """Return a value as source; `used` is how much of its line is taken, the comma after it too."""
    parts, brackets = _parts(value)
    if parts is None:
        return _text(value) if isinstance(value, str) else repr(value)
    inline = [head + _source(part, depth, 0) for head, part in parts]
    if "\n" not in "".join(inline):
        comma = "," if isinstance(value, tuple) and len(value) == 1 else ""
        line = f"{brackets[0]}{', '.join(inline)}{comma}{brackets[1]}"
        if used + len(line) <= WIDTH:
            return line
    indent = "    " * (depth + 1)
    lines = [f"{indent}{head}{_source(part, depth + 1, len(indent) + len(head) + 1)},\n" for head, part in parts]
    return f"{brackets[0]}\n{''.join(lines)}{'    ' * depth}{brackets[1]}"


def _text(text: str) -> str:
    """Return a text in double quotes, or in single ones where that saves escapes."""
    quoted = json.dumps(text, ensure_ascii=False)
    if '"' not in text or "'" in text:
        return quoted
    return "'" + re.sub(r"\\(.)", lambda found: '"' if found[1] == '"' else found[0], quoted[1:-1]) + "'"


def _parts(value: Any) -> tuple[list[tuple[str, Any]] | None, tuple[str, str]]:
    """Return what stands between the brackets of a value, and the brackets; None for a value without any."""
    match value:
        case Call():
            return [(f"{name}=", part) for name, part in value.arguments.items()], (f"{value.name}(", ")")
        case dict():
            return [(f"{_text(key)}: ", part) for key, part in value.items()], ("{", "}")
        case tuple():
            return [("", part) for part in value], ("(", ")")
        case _:
            return None, ("", "")
