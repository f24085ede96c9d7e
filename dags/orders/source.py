"""Where orders come from.

Stands in for the shop's database, so that the DAG runs anywhere: replace the body of `orders_of` by a query, with a
hook and a connection, and nothing else changes.
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
    """The orders of `day`: always the same for the same day, so that a task can be run again."""
    random = Random(day.toordinal())
    return [
        Order(number, random.choice(COUNTRIES), Decimal(random.randint(500, 50_000)) / 100)
        for number in range(1, random.randint(80, 160))
    ]
