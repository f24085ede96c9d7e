"""Summarises orders by country."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from orders.source import Order


def by_country(orders: Iterable[Order]) -> list[dict[str, Any]]:
    """Return rows of `country`, `orders` and `euros` (rounded to cents), sorted by country; small enough for XCom."""
    amounts: defaultdict[str, list[Decimal]] = defaultdict(list)
    for order in orders:
        amounts[order.country].append(order.euros)
    return [
        {"country": country, "orders": len(euros), "euros": float(round(sum(euros, Decimal()), 2))}
        for country, euros in sorted(amounts.items())
    ]
