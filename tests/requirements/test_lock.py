from collections.abc import Iterator
from pathlib import Path

import pytest
from mwaa.requirements import parse
from mwaa.requirements.lock import BEGIN, LockResult, lock

from tests.requirements.index import AFTER, Dist, Index, serving, used

OWN = (
    Dist("extra", "1.0", ["helper"], ["fast"]),
    Dist("helper", "1.0"),
    Dist("helper", "1.1", uploaded=AFTER),
    Dist("plain", "2.0"),
)
CONSTRAINT = '--constraint "https://raw.githubusercontent.com/apache/airflow/constraints-3.2.1/constraints-3.12.txt"'


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Index, Path]]:
    """The index, and a folder for caches: what the image is, is found out once."""
    with serving(*OWN) as index:
        yield index, tmp_path_factory.mktemp("caches")


@pytest.fixture(autouse=True)
def index(served: tuple[Index, Path], monkeypatch: pytest.MonkeyPatch) -> Index:
    used(monkeypatch, *served)
    return served[0]


def locked(text: str) -> LockResult:
    return lock(parse(text), "3.2.1", {}, lambda _: None)


def test_every_line_is_pinned_in_its_place() -> None:
    result = locked(f"# top\n{CONSTRAINT}\n\n# why\nExtra[fast]>=1  # because\nplain==2.0 ; python_version > '3'\n")
    assert result.text == (
        f"# top\n{CONSTRAINT}\n\n# why\nExtra[fast]==1.0  # because\nplain==2.0 ; python_version > '3'\n"
        f"\n{BEGIN}\nhelper==1.0  # via extra\n"
    )
    assert result.changes == ("line 5: Extra[fast]>=1 -> Extra==1.0", "added: helper==1.0")
    assert result.left == ()


def test_a_lock_of_a_lock_changes_nothing() -> None:
    once = locked("extra\n").text
    again = locked(once)
    assert (again.text, again.changes) == (once, ())


def test_versions_of_an_earlier_lock_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    before = f"# -c none\nextra==1.0\n\n{BEGIN}\nhelper==1.0  # via extra\n"
    assert locked(before).text == before  # though 1.1 is newer


def test_packages_no_longer_needed_are_removed() -> None:
    result = locked(f"plain==2.0\n\n{BEGIN}\nhelper==1.0  # via extra\n")
    assert (result.text, result.changes) == ("plain==2.0\n", ("removed: helper==1.0",))


def test_a_line_without_a_version_is_kept_and_reported() -> None:
    text = "git+https://host/team/repo\nshared\nthis is bad\n"
    result = locked(text)
    assert result.text == text
    assert result.left == (
        "line 1: it names no version to pin",
        "line 2: shared is in MWAA's image, at a version that only the official constraints have",
        "line 3: pip cannot read it (Expected semicolon (after name with no version specifier) or end)",
    )


def test_with_the_official_constraints_the_images_versions_are_pinned_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "constraints-3.2.1/constraints-3.12.txt"
    file.parent.mkdir()
    file.write_text("shared==1.0\n")
    monkeypatch.setenv("MWAA_CONSTRAINTS", str(tmp_path))
    assert locked("shared\n").text == "shared==1.0\n"
