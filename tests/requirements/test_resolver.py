import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from mwaa import cache
from mwaa.process import ToolError
from mwaa.requirements import Package, Platform, Resolution, Unresolvable, parse, resolve

from tests.releases import by_release
from tests.requirements.index import AFTER, Dist, Index, serving, used

APART = (
    Dist("extra", "1.0", ["helper"]),
    Dist("helper", "1.0"),
    Dist("helper", "2.0", uploaded=AFTER),
    Dist("newer", "5.0", ["shared>=3"], uploaded=AFTER),
    Dist("wants-old", "1.0", ["shared<2"]),
    Dist("taken-back", "1.0", yanked="it loses rows"),
    Dist("pure-source", "1.0", tag="source"),
    Dist("other-machine", "1.0", tag="cp312-cp312-win_amd64"),
    Dist("compiled", "1.0", tag="cp312-cp312-manylinux_2_34_x86_64"),
    Dist("private", "1.0"),
)
UNDER = (
    "under packages published until 2026-04-23, a day after Airflow 3.2.1, because its official constraints "
    "are unreachable"
)
OFFICIAL = "under the official constraints of Airflow 3.2.1 on Python 3.12"
PLUGINS = "/usr/local/airflow/plugins"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Index, Path]]:
    """The index, and a folder for caches: what the image is, is found out once."""
    with serving(*APART) as index:
        yield index, tmp_path_factory.mktemp("caches")


@pytest.fixture
def index(served: tuple[Index, Path], monkeypatch: pytest.MonkeyPatch) -> Index:
    used(monkeypatch, *served)
    return served[0]


@pytest.fixture
def official(index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds the official constraints of 3.2.1."""
    file = tmp_path / "official/constraints-3.2.1/constraints-3.12.txt"
    file.parent.mkdir(parents=True)
    file.write_text("shared==1.0\nextra==1.0\napache-airflow-providers-amazon==9.25.0\nsqlalchemy==2.0.50\n")
    monkeypatch.setenv("MWAA_CONSTRAINTS", str(tmp_path / "official"))
    return file


def resolved(text: str | None, folders: Mapping[str, Path] = {}, platform: Platform = "mwaa") -> Resolution:
    return resolve(None if text is None else parse(text), "3.2.1", platform, folders, lambda _: None)


def refused(text: str, folders: Mapping[str, Path] = {}) -> Unresolvable:
    with pytest.raises(Unresolvable) as error:
        resolved(text, folders)
    return error.value


def pins(resolution: Resolution) -> dict[str, str]:
    return {package.name: package.version for package in resolution.packages}


def test_the_image_is_what_was_there_on_the_day_after_the_release(index: Index) -> None:
    image = resolved(None)
    assert pins(image) == {
        "apache-airflow": "3.2.1",
        "apache-airflow-core": "3.2.1",
        "apache-airflow-providers-amazon": "9.25.0",
        "apache-airflow-providers-fab": "3.0.0",
        "apache-airflow-providers-postgres": "6.0.0",
        "apache-airflow-providers-standard": "1.0.0",
        "fluent-logger": "0.11.1",
        "shared": "2.0",
        "sqlalchemy": "2.0.49",
        "virtualenv": "21.0.0",
        "watchtower": "3.4.0",
    }
    assert (image.under, image.python, image.is_certain, image.added) == (UNDER, "3.12", False, ())
    assert image.installable(image.packages).splitlines()[0] == "apache-airflow==3.2.1"


def test_requirements_come_on_top_with_what_they_need(index: Index) -> None:
    found = resolved("# top\nextra==1.0\n")
    assert found.added == (
        Package("extra", "1.0", 2, False, ()),
        Package("helper", "1.0", None, False, ("extra",)),
    )
    assert found.under == UNDER


def test_an_exact_pin_may_be_newer_than_the_release(index: Index) -> None:
    found = resolved("helper==2.0\n")
    assert [(package.name, package.version) for package in found.added] == [("helper", "2.0")]
    assert found.under == UNDER


def test_what_needs_newer_packages_than_the_release_is_no_error_where_constraints_are_unknown(index: Index) -> None:
    found = resolved("newer==5.0\n")
    assert found.under == (
        f"{UNDER}; newer packages as well, and packages of the image changed, because these requirements need them"
    )
    shared = next(package for package in found.packages if package.name == "shared")
    assert shared == Package(
        "shared", "3.0", None, False, ("apache-airflow-core", "apache-airflow-providers-amazon", "newer"),
        image_version="2.0",
    )  # fmt: skip


def test_the_official_constraints_hold_everything(official: Path) -> None:
    found = resolved("extra\nhelper\n")
    assert (found.under, found.is_certain) == (OFFICIAL, True)
    assert pins(found)["shared"] == "1.0"
    assert pins(found)["helper"] == "2.0"
    assert pins(found)["sqlalchemy"] == "2.0.49"  # MWAA's essential pin comes first


def test_a_conflict_with_the_official_constraints_is_explained_with_its_lines(official: Path) -> None:
    error = refused("# top\nextra\nnewer==5.0\n")
    assert (error.kind, error.lines, error.under) == ("conflict", (3,), OFFICIAL)
    assert error.explanation.startswith("Because all versions of newer depend on shared>=3 and ")
    assert error.explanation.endswith("we can conclude that your requirements are unsatisfiable.")


def test_two_lines_that_contradict_each_other_are_both_named(index: Index) -> None:
    error = refused("wants-old==1.0\nextra==1.0\nshared==2.0\n")
    assert (error.kind, error.lines) == ("conflict", (1, 3))
    assert "wants-old==1.0" in error.explanation
    assert str(Path.home()) not in error.explanation


def test_a_package_that_no_index_has(index: Index) -> None:
    error = refused("extra==1.0\nno-such-thing==1.0\n")
    assert (error.kind, error.package, error.lines) == ("no such package", "no-such-thing", (2,))
    assert error.explanation == (
        "Because no-such-thing was not found in the package registry and you require no-such-thing==1.0, "
        "we can conclude that your requirements are unsatisfiable."
    )


def test_a_version_that_no_index_has(index: Index) -> None:
    error = refused("extra==9.9\n")
    assert (error.kind, error.package, error.lines) == ("no such version", "extra==9.9", (1,))


def test_a_package_without_a_wheel_for_mwaa(index: Index) -> None:
    error = refused("other-machine==1.0\n")
    assert (error.kind, error.package, error.lines) == ("no such version", "other-machine==1.0", (1,))


def test_mwaas_platform_is_linux_whatever_this_machine_is(index: Index) -> None:
    assert pins(resolved("compiled==1.0\n"))["compiled"] == "1.0"


def test_a_source_archive_is_resolved_by_building_it(index: Index) -> None:
    assert pins(resolved("pure-source==1.0\n"))["pure-source"] == "1.0"


def test_a_yanked_version_is_marked(index: Index) -> None:
    found = resolved("taken-back==1.0\n")
    assert [package.yanked for package in found.added] == ["it loses rows"]


def test_without_constraints_only_the_essential_pins_hold(index: Index) -> None:
    found = resolved("# no --constraint here\nshared==1.0\n")
    assert found.under == "under MWAA's essential constraints alone"
    assert found.added == (
        Package(
            "shared", "1.0", 2, False, ("apache-airflow-core", "apache-airflow-providers-amazon"), image_version="2.0"
        ),
    )
    error = refused("# no --constraint here\nsqlalchemy==2.0.50\n")
    assert (error.kind, error.lines) == ("conflict", (2,))


def test_constraints_may_lie_in_the_bundle(index: Index, tmp_path: Path) -> None:
    (tmp_path / "held.txt").write_text("helper==1.0\n")
    text = f"--constraint {PLUGINS}/held.txt\nextra==1.0\n"
    found = resolved(text, {PLUGINS: tmp_path})
    assert (found.under, pins(found)["helper"]) == ("under the file's own constraints", "1.0")
    missing = resolved(text)
    assert missing.notes == (f"line 1: the constraints {PLUGINS}/held.txt cannot be read on this machine",)
    assert pins(missing)["helper"] == "2.0"


def test_wheels_in_the_bundle_are_taken_and_outlive_the_folder(index: Index, tmp_path: Path) -> None:
    folder = tmp_path / "plugins"
    (folder / "wheels").mkdir(parents=True)
    ours = Dist("ours", "2.0", ["helper"])
    (folder / "wheels" / ours.file).write_bytes(ours.data)
    text = f"--find-links {PLUGINS}/wheels\nours\n"
    found = resolved(text, {PLUGINS: folder})
    (package,) = (package for package in found.added if package.name == "ours")
    assert (package.version, package.line) == ("2.0", 2)
    direct = resolved(f"{PLUGINS}/wheels/{ours.file}\n", {PLUGINS: folder})
    (package,) = (package for package in direct.added if package.name == "ours")
    assert package.file is not None
    assert (package.line, package.file.read_bytes()) == (1, ours.data)
    assert package.file.is_relative_to(cache.folder())
    assert f"ours @ {package.file.as_uri()}\n" in direct.installable(direct.packages)


def test_a_further_file_counts_under_the_line_that_names_it(index: Index, tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("\n\nextra==1.0\n")
    found = resolved(f"helper==1.0\n-r {PLUGINS}/more.txt\n", {PLUGINS: tmp_path})
    assert [(package.name, package.line) for package in found.added] == [("extra", 2), ("helper", 1)]


def test_a_cached_resolution_takes_milliseconds(index: Index) -> None:
    first = resolved("extra==1.0\n")
    asked = len(index.asked)
    started = time.perf_counter()
    assert resolved("extra==1.0\n") == first
    assert time.perf_counter() - started < 0.1
    assert len(index.asked) == asked
    refused("extra==9.9\n")
    asked = len(index.asked)
    refused("extra==9.9\n")
    assert len(index.asked) == asked


def test_pips_index_is_uvs_unless_uv_has_its_own(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    own = f"{index.address}/simple/"
    monkeypatch.delenv("UV_DEFAULT_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", own)
    assert pins(resolved("extra==1.0\n"))["extra"] == "1.0"


def test_an_unreachable_index_is_reported_without_its_password(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://me:word@127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(ToolError) as error:
        resolved(None)
    assert str(error.value).startswith("the package index is unreachable (http://")
    assert "word" not in str(error.value)
    assert error.value.fix == "connect to the internet, or name a mirror by UV_DEFAULT_INDEX or PIP_INDEX_URL"


def test_the_files_own_index_goes_with_the_resolution(index: Index) -> None:
    found = resolved(f"--extra-index-url {index.address}/simple/\nprivate==1.0\n")
    assert found.installable(found.packages).splitlines()[0] == f"--extra-index-url {index.address}/simple/"
    assert "--extra-index-url" not in repr(found)


def test_what_the_image_has_at_an_unknown_version_is_left_to_it(index: Index) -> None:
    found = resolved("psycopg2\n")
    assert (found.added, found.notes) == (
        (),
        ("line 1: psycopg2 is in MWAA's image, at a version that is not known here",),
    )


def test_a_release_that_mwaa_does_not_offer_is_refused() -> None:
    with pytest.raises(ToolError) as error:
        resolve(None, "2.6.3", "mwaa", {}, lambda _: None)
    assert str(error.value) == "MWAA does not offer Airflow 2.6.3"


@by_release
def test_a_real_release_resolves_for_mwaa(
    airflow_version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MWAA_CACHE", str(tmp_path))
    found = resolve(parse("holidays==0.88\n"), airflow_version, "mwaa", {}, lambda _: None)
    assert [(package.name, package.line) for package in found.added] == [("holidays", 1)]
    assert pins(found)["apache-airflow"] == airflow_version
    assert len(found.packages) > 150


def test_a_real_release_resolves_for_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MWAA_CACHE", str(tmp_path))
    found = resolve(None, "3.2.1", "host", {}, lambda _: None)
    assert (pins(found)["apache-airflow"], pins(found)["sqlalchemy"]) == ("3.2.1", "2.0.49")
