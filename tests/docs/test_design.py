"""Every path that the design and the page of files name exists, so that a moved file cannot leave them behind."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("docs/explanation/design.md", "CONTRIBUTING.md", "docs/reference/files.md")
PATH = re.compile(
    r"`((?:modules|tests|docs|environments|dags|plugins|bench|locks|\.github|\.ci)/[\w./\-]*|[\w\-]+\.(?:py|toml))`"
)
MADE_LATER = {"environments/analytics/dev.py", "environments/dev.imports.json", "plugins/wheels/"}
"""By the reader, or by a command."""


def named_paths(text: str) -> list[str]:
    return [path for path in PATH.findall(text) if path not in MADE_LATER]


def exists(path: str) -> bool:
    """A path from the root, or the name of a file of the package."""
    return (ROOT / path).exists() or (ROOT / "modules" / "mwaa" / path).exists()


@pytest.mark.parametrize("page", PAGES)
def test_every_path_exists(page: str) -> None:
    paths = named_paths((ROOT / page).read_text(encoding="utf-8"))
    assert paths
    assert [path for path in paths if not exists(path)] == []


def test_every_room_of_the_package_has_a_place_in_the_design() -> None:
    text = (ROOT / "docs/explanation/design.md").read_text(encoding="utf-8")
    rooms = [path.parent.name for path in (ROOT / "modules" / "mwaa").glob("*/__init__.py")]
    assert [room for room in sorted(rooms) if f"`{room}/`" not in text] == []


def test_the_design_names_ten_changes_or_more() -> None:
    text = (ROOT / "docs/explanation/design.md").read_text(encoding="utf-8")
    table = text.partition("## Where to change what")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ") and "---" not in line][1:]
    assert len(rows) >= 10
    assert [row for row in rows if not named_paths(row)] == []
