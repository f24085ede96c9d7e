"""Rules that rows must keep. Plain functions of rows, so that a test needs no Airflow."""

from collections.abc import Callable, Sequence
from typing import Any

Row = dict[str, Any]
Rule = Callable[[Sequence[Row]], list[str]]
"""Returns one sentence for each breach; none when the rows are good."""


def at_least(count: int) -> Rule:
    """Return a rule: there are `count` rows or more."""
    return lambda rows: [] if len(rows) >= count else [f"{len(rows)} rows, at least {count} expected"]


def unique(field: str) -> Rule:
    """Return a rule: no two rows have the same `field`."""

    def rule(rows: Sequence[Row]) -> list[str]:
        values = [row.get(field) for row in rows]
        twice = sorted({str(value) for value in values if values.count(value) > 1})
        return [f"{field} {value} occurs more than once" for value in twice]

    return rule


def between(field: str, low: float, high: float) -> Rule:
    """Return a rule: `field` is a number from `low` to `high` in every row."""

    def good(value: Any) -> bool:
        return isinstance(value, int | float) and low <= value <= high

    return lambda rows: [
        f"row {number}: {field} is {row.get(field)!r}, expected {low} to {high}"
        for number, row in enumerate(rows, start=1)
        if not good(row.get(field))
    ]
