"""The addresses of Amazon MWAA's user guide, and the day on which this package was last compared with it."""

from datetime import date

READ_ON = date(2026, 11, 22)
"""The day on which these tables were last compared with their sources."""


USER_GUIDE = "https://docs.aws.amazon.com/mwaa/latest/userguide/"


def guide(page: str) -> str:
    """Return the address of a page of the MWAA user guide."""
    return f"{USER_GUIDE}{page}.html"
