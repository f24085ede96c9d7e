from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from mwaa.process import ToolError
from mwaa.requirements import Resolution, parse, resolve
from mwaa.requirements.archives import build, fetch, find_archives, mwaa_tags, try_build

from tests.requirements.index import Dist, Index, serving, used

WHEEL = Dist("many", "1.0", tag="cp312-cp312-manylinux_2_17_x86_64")
SOURCE = Dist("pure-source", "1.0", tag="source")
COMPILED = Dist("needs-compiler", "1.0", tag="compiled")
OTHERS = (
    Dist("many", "1.0"),
    Dist("many", "1.0", tag="cp312-cp312-manylinux_2_5_x86_64"),
    Dist("many", "1.0", tag="cp311-cp311-manylinux_2_17_x86_64"),
    Dist("many", "1.0", tag="source"),
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Index, Path]]:
    """The index, and a folder for caches: what the image is, is found out once."""
    with serving(WHEEL, SOURCE, COMPILED, *OTHERS) as index:
        yield index, tmp_path_factory.mktemp("caches")


@pytest.fixture
def index(served: tuple[Index, Path], monkeypatch: pytest.MonkeyPatch) -> Index:
    used(monkeypatch, *served)
    return served[0]


def say(_: str) -> None:
    """Says nothing."""


def resolved(text: str) -> Resolution:
    return resolve(parse(text), "3.2.1", "mwaa", {}, say)


def test_the_wheel_is_the_one_that_pip_prefers_on_mwaa(index: Index) -> None:
    (archive,) = find_archives(resolved("many==1.0\n"), say)
    assert (archive.file, archive.is_wheel) == ("many-1.0-cp312-cp312-manylinux_2_17_x86_64.whl", True)
    assert (archive.sha256, archive.size) == (sha256(WHEEL.data).hexdigest(), len(WHEEL.data))
    asked = len(index.asked)
    assert find_archives(resolved("many==1.0\n"), say) == (archive,)
    assert len(index.asked) == asked


def test_nothing_is_looked_up_where_nothing_is_added(index: Index) -> None:
    assert find_archives(resolved("shared==2.0\n"), say) == ()


def test_pure_source_builds_without_a_compiler(index: Index, tmp_path: Path) -> None:
    resolution = resolved("pure-source==1.0\n")
    (archive,) = find_archives(resolution, say)
    assert (archive.file, archive.is_wheel) == ("pure_source-1.0.tar.gz", False)
    assert build(archive, (), "3.12", tmp_path, say).outcome == "pure"
    assert (tmp_path / "pure_source-1.0-py3-none-any.whl").read_bytes() == replace(SOURCE, tag="py3-none-any").data


def test_what_needs_a_compiler_does_not_build(index: Index) -> None:
    resolution = resolved("needs-compiler==1.0\n")
    (archive,) = find_archives(resolution, say)
    built = try_build(archive, resolution, say)
    assert built.outcome == "failed"
    assert "CalledProcessError: Command '['false', '--version']' returned non-zero exit status 1." in built.why


def test_a_file_with_another_hash_is_refused(index: Index, tmp_path: Path) -> None:
    (archive,) = find_archives(resolved("many==1.0\n"), say)
    assert fetch(archive, tmp_path, ()).read_bytes() == WHEEL.data
    with pytest.raises(ToolError) as error:
        fetch(replace(archive, sha256="0" * 64), tmp_path, ())
    assert str(error.value) == f"{archive.file} was downloaded with another hash than the index says"


def test_mwaas_wheels_are_ranked_as_pip_ranks_them() -> None:
    tags = [str(tag) for tag in mwaa_tags("3.12")]
    assert tags[0] == "cp312-cp312-manylinux_2_34_x86_64"
    wanted = ["cp312-cp312-manylinux2014_x86_64", "cp39-abi3-manylinux_2_17_x86_64", "py3-none-any"]
    assert [tags.index(tag) for tag in wanted] == sorted(tags.index(tag) for tag in wanted)
    assert "cp312-cp312-manylinux_2_35_x86_64" not in tags
