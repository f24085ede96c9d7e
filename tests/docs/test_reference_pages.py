"""The generated pages of docs/reference are current. The page of the workspace is tested with its own model."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("script", ["commands_page.py", "embedded_aws_page.py", "extend_page.py", "rules_page.py"])
def test_the_committed_page_is_the_one_that_its_script_writes(script: str) -> None:
    module = runpy.run_path(str(ROOT / "docs" / script))
    assert module["PAGE"].read_text(encoding="utf-8") == module["page"](), f"run: python docs/{script}"


def test_every_public_member_of_a_construct_has_a_docstring() -> None:
    module = runpy.run_path(str(ROOT / "docs/extend_page.py"))
    kinds = {kind for kinds in module["CONSTRUCTS"] for kind in kinds}
    undocumented = [
        f"{kind.__name__}.{name}"
        for kind in kinds
        for name, text in (module["attributes"](kind) | module["methods"](kind)).items()
        if not text
    ]
    assert undocumented == []
