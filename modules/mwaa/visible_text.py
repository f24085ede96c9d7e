"""Texts of others (exceptions, names, lines of files) as a person may see them: what would command is shown instead."""

import json
import re
import unicodedata
from typing import Any

_JOINERS = "\u200c\u200d"
"""Without them words of Persian and Hindi, and emoji, are others."""
_WORKFLOW_COMMAND = re.compile(r"^([^\S\n]*):(?=:)|#(?=#(?:\[|vso\[))", re.MULTILINE)
"""What GitHub Actions (`::error::` first in a line, `##[error]` anywhere) and Azure Pipelines obey in a log."""


def visible(text: str) -> str:
    r"""Return the text with what terminals, logs and readers obey as escapes: control characters as `\x1b`, marks that
    turn the direction of writing as `\u202e`, further line ends, lone surrogates; and a backslash before a workflow
    command. Line feeds and tabs stay."""
    if text.isascii() and text.isprintable():
        shown = text
    else:
        shown = "".join(_escape(one) if _commands(one) and one not in "\n\t" else one for one in text)
    return _WORKFLOW_COMMAND.sub(lambda found: f"{found[0]}\\", shown)


def visible_json(value: Any, **options: Any) -> str:
    """Return JSON with the same characters as JSON's own escapes, so that it means the same and commands nothing."""
    text = json.dumps(value, indent=2, ensure_ascii=False, **options)
    return "".join(json.dumps(one)[1:-1] if _commands(one) and one != "\n" else one for one in text)


def _commands(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Cs") and character not in _JOINERS


def _escape(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
