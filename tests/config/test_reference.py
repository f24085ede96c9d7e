from pathlib import Path

from modules.config import Workspace
from modules.config.errors import model_in
from modules.config.reference import PAGE, page

ROOT = Path(__file__).parents[2]


def test_the_page_in_the_repository_is_the_one_of_the_model() -> None:
    assert (ROOT / PAGE).read_text(encoding="utf-8") == page(), "run: python -m modules.config.reference"


def test_every_field_of_every_model_has_a_row_without_a_gap() -> None:
    rows = [line for line in page().splitlines() if line.startswith("| `")]
    for name, field in Workspace.model_fields.items():
        part = model_in(field.annotation)
        for inner in [*(part.model_fields if part else ()), *([name] if name != "name" else [])]:
            (cells,) = {tuple(row.split(" | ")) for row in rows if row.startswith(f"| `{inner}` |")}
            assert all((cells[0], cells[1], cells[2], cells[4].strip(" .|"))), inner
