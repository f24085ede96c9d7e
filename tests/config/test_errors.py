import pytest
from mwaa.config import ConfigurationError, Problem, Workspace
from mwaa.config.errors import show


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("text", '"text"'),
        ("서울\n\x1b[31m", r'"서울\n\x1b[31m"'),
        (3.2, "3.2"),
        (None, "None"),
        (("a", 1), '["a", 1]'),
        ([], "[]"),
        (Workspace, "class Workspace"),
        ("x" * 200, '"' + "x" * 99 + "... (202 characters)"),
    ],
)
def test_a_value_is_shown_as_its_writer_would_recognise_it(value: object, shown: str) -> None:
    assert show(value) == shown


def test_a_problem_without_fix_and_docs_leaves_them_out() -> None:
    assert str(Problem("region", "1", "a text", file="environments/dev.py")) == (
        "environments/dev.py: region\n  got:      1\n  expected: a text"
    )


def test_every_text_of_a_problem_stays_on_its_line() -> None:
    assert str(Problem("tags.a\nb", "ValueError: one\ntwo", "x")) == (
        r"tags.a\nb" + "\n" + r"  got:      ValueError: one\ntwo" + "\n  expected: x"
    )


def test_a_problem_for_machines_has_every_key() -> None:
    assert Problem("region", "1", "a text", "write it", "a page", "environments/dev.py").as_dict() == {
        "field": "region",
        "got": "1",
        "expected": "a text",
        "fix": "write it",
        "docs": "a page",
        "file": "environments/dev.py",
    }


def test_problems_keep_a_file_that_they_name() -> None:
    error = ConfigurationError([Problem("a", "1", "x"), Problem("b", "2", "y", file="_shared.py")]).in_file("dev.py")
    assert [problem.file for problem in error.problems] == ["dev.py", "_shared.py"]
