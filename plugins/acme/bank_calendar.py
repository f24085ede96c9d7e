"""The days on which euro payments settle: not on weekends, nor on the closing days of the T2 system."""

from datetime import date

import holidays


def closed_because(day: date) -> str | None:
    """Return why the banks are closed on `day`, or None if they are open."""
    calendar = holidays.financial_holidays("ECB")
    return calendar.get(day) or ("weekend" if calendar.is_weekend(day) else None)


def settlement_date(ds: str, bank_days: int = 2) -> str:
    """Return the date, `bank_days` bank days after `ds` (both YYYY-MM-DD), on which a payment made on `ds` arrives."""
    return holidays.financial_holidays("ECB").get_nth_working_day(date.fromisoformat(ds), bank_days).isoformat()
