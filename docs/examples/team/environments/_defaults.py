"""What the platform team sets for every team. A file whose name begins with _ is no workspace."""

from typing import Any

DEV: dict[str, Any] = {
    "account": "111111111111",
    "region": "us-east-1",
    "airflow_version": "3.2.1",
    "environment_class": "mw1.micro",
    "deletion_protection": False,
}


def tags(team: str) -> dict[str, str]:
    """Return the tags that the organization requires."""
    return {"team": team, "managed-by-team": "data-platform"}
