from collections.abc import Iterator
from pathlib import Path

import pytest
from mwaa.process import ToolError
from mwaa.requirements import parse, resolve
from mwaa.requirements import wheelhouse as room
from mwaa.requirements.wheelhouse import Wheelhouse, build_wheelhouse

from tests.requirements.index import Dist, Index, serving, used

EXTRA, HELPER = Dist("extra", "1.0", ["helper", "shared"], ["fast"]), Dist("helper", "1.0", tag="source")
NATIVE = Dist("native", "1.0", tag="cp312-cp312-manylinux_2_28_x86_64")
COMPILED = Dist("needs-compiler", "1.0", tag="compiled")
PLUGINS = "/usr/local/airflow/plugins"
HEAD = (
    "# By `mwaa requirements wheels`, for Airflow 3.2.1: change requirements.txt instead.\n"
    "# Everything comes from plugins.zip; no internet is needed.\n"
    "--no-index\n"
    "--find-links /usr/local/airflow/plugins/wheels\n"
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Index, Path]]:
    """The index, and a folder for caches: what the image is, is found out once."""
    with serving(EXTRA, HELPER, NATIVE, COMPILED) as index:
        yield index, tmp_path_factory.mktemp("caches")


@pytest.fixture(autouse=True)
def index(served: tuple[Index, Path], monkeypatch: pytest.MonkeyPatch) -> Index:
    used(monkeypatch, *served)
    return served[0]


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    return tmp_path / "plugins"


def made(text: str, plugins: Path) -> Wheelhouse:
    return build_wheelhouse(parse(text), "3.2.1", plugins, {PLUGINS: plugins}, lambda _: None)


def names(plugins: Path) -> list[str]:
    return sorted(path.name for path in (plugins / "wheels").iterdir())


ALL = ["extra-1.0-py3-none-any.whl", "helper-1.0-py3-none-any.whl", "native-1.0-cp312-cp312-manylinux_2_28_x86_64.whl"]


def test_the_wheels_that_the_image_lacks_are_in_the_plugins(plugins: Path, index: Index) -> None:
    result = made("extra[fast]==1.0\nnative==1.0\nshared==2.0\n", plugins)
    assert names(plugins) == ALL
    assert (result.wheels, result.added, result.removed) == (tuple(ALL), tuple(ALL), ())
    assert (plugins / "wheels" / ALL[2]).read_bytes() == NATIVE.data
    assert result.text == HEAD + "extra[fast]==1.0\nhelper==1.0  # via extra\nnative==1.0\n"
    found = parse(result.text)
    assert found.constrained == "forced"  # so that MWAA takes its own copy of the constraints
    resolution = resolve(found, "3.2.1", "mwaa", {PLUGINS: plugins}, lambda _: None)
    assert [package.name for package in resolution.added] == ["extra", "helper", "native"]


def test_current_wheels_are_kept_and_stale_ones_removed(plugins: Path, index: Index) -> None:
    made("extra==1.0\n", plugins)
    index.asked.clear()
    result = made("extra==1.0\nnative==1.0\n", plugins)
    assert result.added == (ALL[2],)
    assert f"/files/{ALL[0]}" not in index.asked
    assert made("native==1.0\n", plugins).removed == tuple(ALL[:2])
    assert made("shared==2.0\n", plugins).wheels == ()
    assert not (plugins / "wheels").exists()


def test_a_comment_that_switches_constraints_off_stays(plugins: Path) -> None:
    text = made("# no --constraint wanted\nnative==1.0\n", plugins).text
    assert text == f"{HEAD}# no --constraint wanted\nnative==1.0\n"
    assert parse(text).constrained == "opted out"


def test_constraints_inside_the_bundle_stay_and_addresses_go(plugins: Path) -> None:
    plugins.mkdir()
    (plugins / "held.txt").write_text("native==1.0\n")
    line = f"--constraint {PLUGINS}/held.txt"
    assert made(f"{line}\nnative==1.0\n", plugins).text == f"{HEAD}{line}\nnative==1.0\n"
    official = "-c https://raw.githubusercontent.com/apache/airflow/constraints-3.2.1/constraints-3.12.txt"
    assert made(f"{official}\nnative==1.0\n", plugins).text == f"{HEAD}native==1.0\n"


def test_what_needs_a_compiler_is_refused_and_the_old_wheels_stay(plugins: Path) -> None:
    made("native==1.0\n", plugins)
    with pytest.raises(ToolError) as error:
        made("extra==1.0\nneeds-compiler==1.0\n", plugins)
    assert str(error.value).splitlines()[0] == (
        "needs-compiler 1.0 has no wheel for Python 3.12 on MWAA's platform, and does not build without a compiler:"
    )
    assert names(plugins) == [ALL[2]]
    assert [path.name for path in plugins.iterdir()] == ["wheels"]


def test_an_interruption_leaves_the_old_wheels(plugins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made("native==1.0\n", plugins)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(room, "_prove", interrupted)
    with pytest.raises(KeyboardInterrupt):
        made("extra==1.0\n", plugins)
    assert names(plugins) == [ALL[2]]
    assert [path.name for path in plugins.iterdir()] == ["wheels"]


def test_the_proof_sees_a_wheel_that_is_missing(plugins: Path, tmp_path: Path) -> None:
    resolution = resolve(parse("extra==1.0\n"), "3.2.1", "mwaa", {}, lambda _: None)
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / EXTRA.file).write_bytes(EXTRA.data)
    with pytest.raises(ToolError) as error:
        room._prove(resolution, tmp_path / "wheels")
    assert "the wheels do not install without the network: " in str(error.value)
    assert "helper was not found in the provided package locations" in str(error.value)
