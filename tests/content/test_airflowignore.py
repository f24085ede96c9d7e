"""What is ignored below was recorded from Airflow 3.2.1's own `find_path_from_directory`."""

import io
import zipfile

import pytest
from mwaa.aws_facts.airflow_options import IgnoreSyntax
from mwaa.content.airflowignore import PatternError, ignored_files, might_contain_dag, parse_ignore_file

NAMES = {"daily.py", "test_daily.py", "shop/rows.py", "shop/sql/sum.sql", "team/shop/rows.py", "team/keep.py"}


def ignored(syntax: IgnoreSyntax, **texts: str) -> set[str]:
    """`texts` by folder; "top" is the DAG folder itself."""
    files = {f"{folder}/.airflowignore".removeprefix("top/"): text for folder, text in texts.items()}
    return set(ignored_files(NAMES, {name: parse_ignore_file(text, name, syntax) for name, text in files.items()}))


SHOPS = {"shop/rows.py", "shop/sql/sum.sql", "team/shop/rows.py"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", set()),
        ("# shop", set()),
        ("/", set()),
        ("shop", SHOPS),
        ("shop/  # a comment", SHOPS),
        ("/shop", {"shop/rows.py", "shop/sql/sum.sql"}),
        ("daily.py/", set()),
        ("test_*", {"test_daily.py"}),
        ("*.py\n!daily.py", NAMES - {"daily.py", "shop/sql/sum.sql"}),
        ("shop/\n!shop/rows.py", SHOPS),
        ("**/rows.py", {"shop/rows.py", "team/shop/rows.py"}),
        ("shop/*.py\r\n", {"shop/rows.py"}),
    ],
)
def test_a_glob_means_what_it_means_to_airflow(text: str, expected: set[str]) -> None:
    assert ignored("glob", top=text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("shop", SHOPS),
        ("shop/", SHOPS),
        ("^shop/", {"shop/rows.py", "shop/sql/sum.sql"}),
        ("test_  # a comment", {"test_daily.py"}),
        (r"\.sql$", {"shop/sql/sum.sql"}),
        ("*.py", None),
    ],
)
def test_a_regexp_is_searched_in_the_path(text: str, expected: set[str] | None) -> None:
    if expected is None:
        with pytest.raises(PatternError, match=r'line 1: "\*\.py" \(nothing to repeat'):
            ignored("regexp", top=text)
    else:
        assert ignored("regexp", top=text) == expected


def test_a_nested_file_speaks_for_its_folder_only() -> None:
    assert ignored("glob", team="shop") == {"team/shop/rows.py"}
    assert ignored("glob", team="/rows.py") == set()


def test_a_nested_glob_can_take_back_but_not_what_lies_in_an_ignored_folder() -> None:
    assert ignored("glob", top="*.py", team="!keep.py") == NAMES - {"team/keep.py", "shop/sql/sum.sql"}
    assert ignored("glob", top="team/", team="!keep.py") == {"team/keep.py", "team/shop/rows.py"}


def test_a_nested_regexp_is_searched_in_the_path_from_the_dag_folder() -> None:
    assert ignored("regexp", team="^keep") == set()
    assert ignored("regexp", team="^team/keep") == {"team/keep.py"}


def test_a_pattern_that_is_none_is_named_with_its_line() -> None:
    with pytest.raises(PatternError, match=r'line 2: "!" '):
        parse_ignore_file("shop/\n!\n", ".airflowignore", "glob")


def zipped(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, "")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("daily.py", b"from Airflow import DAG", True),
        ("daily.py", b"from airflow.sdk import Asset", True),
        ("daily.py", b"import airflow", False),
        ("daily.py", b"DAG", False),
        ("daily.sql", b"airflow dag", False),
        ("dags.zip", zipped("daily.py"), True),
        ("report.xlsx", zipped("sheet.xml"), True),
    ],
)
def test_airflow_imports_python_that_speaks_of_dags_and_every_zip(name: str, data: bytes, expected: bool) -> None:
    assert might_contain_dag(name, data) is expected
