"""Policy documents: pure functions of names that return dicts, so that a test compares whole documents."""

from typing import Any

Document = dict[str, Any]
Statement = dict[str, Any]


def document(*statements: Statement) -> Document:
    """An IAM policy document of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}
