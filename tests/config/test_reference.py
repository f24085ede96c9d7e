from pathlib import Path

from mwaa.config import Workspace
from mwaa.config.errors import models_in
from mwaa.config.reference import PAGE, page
from pydantic import BaseModel

ROOT = Path(__file__).parents[2]


def test_the_page_in_the_repository_is_the_one_of_the_model() -> None:
    assert (ROOT / PAGE).read_text(encoding="utf-8") == page(), "run: python -m mwaa.config.reference"


def test_every_field_of_every_model_has_a_row_without_a_gap() -> None:
    sections = dict(section.split("\n", 1) for section in page().split("\n## ")[1:])

    def complete(model: type[BaseModel]) -> None:
        rows = [line.split(" | ") for line in sections[model.__name__].splitlines() if line.startswith("| `")]
        assert [row[0].strip("| `") for row in rows] == [
            name for name in model.model_fields if (model, name) != (Workspace, "name")
        ]
        assert all(row[1] and row[2] and row[4].strip(" .|") for row in rows)
        for field in model.model_fields.values():
            for part in models_in(field.annotation):
                complete(part)

    complete(Workspace)
