"""Where orders come from.

Stands in for the shop's database, so that the DAG runs anywhere. Replace the body of `orders_of` with a query that
uses a hook and a connection; nothing else changes.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random

COUNTRIES = ("AT", "DE", "ES", "FR", "IT", "NL")


@dataclass(frozen=True, slots=True)
class Order:
    number: int
    country: str
    euros: Decimal


def orders_of(day: date) -> list[Order]:
    """Return the orders of `day`: always the same for the same day, so that a task can be rerun."""
    random = Random(day.toordinal())
    return [
        Order(number, random.choice(COUNTRIES), Decimal(random.randint(500, 50_000)) / 100)
        for number in range(1, random.randint(80, 160))
    ]
