"""The cache is complete or empty, even if a process is killed or two run at once."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mwaa import cache

ROOT = Path(__file__).parents[1]


def _fill(text: str):
    def build(folder: Path) -> None:
        (folder / "built").write_text(text)

    return build


def test_a_folder_is_built_once(tmp_path: Path) -> None:
    entry = cache.build_once(tmp_path / "entry", _fill("first"))
    assert cache.build_once(tmp_path / "entry", _fill("second")) == entry
    assert (entry / "built").read_text() == "first"


def test_a_build_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.build_once(tmp_path / "entry", fail)
    assert not (tmp_path / "entry").exists()


def test_what_a_killed_build_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / "entry").mkdir()
    (tmp_path / "entry" / "half").touch()
    entry = cache.build_once(tmp_path / "entry", _fill("whole"))
    assert sorted(path.name for path in entry.iterdir()) == [".done", "built"]


_SLOW = """
import sys, time
from pathlib import Path
from mwaa import cache

def build(folder):
    print("building", flush=True)
    (folder / "half").touch()
    time.sleep(float(sys.argv[2]))
    (folder / "half").rename(folder / "whole")

cache.build_once(Path(sys.argv[1]), build, lambda: print("waiting", flush=True))
"""


def _building(entry: Path, seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _SLOW, str(entry), str(seconds)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def test_two_builds_at_once_make_one_and_the_second_says_that_it_waits(tmp_path: Path) -> None:
    with _building(tmp_path / "entry", 0.5) as first:
        assert first.stdout
        assert first.stdout.readline() == "building\n"
        with _building(tmp_path / "entry", 0) as second:
            assert second.communicate()[0] == "waiting\n"
        assert first.wait() == second.returncode == 0
    assert sorted(path.name for path in (tmp_path / "entry").iterdir()) == [".done", "whole"]


def test_a_killed_build_neither_counts_nor_blocks_the_next(tmp_path: Path) -> None:
    with _building(tmp_path / "entry", 60) as first:
        assert first.stdout
        first.stdout.readline()
        first.send_signal(signal.SIGKILL)
    with _building(tmp_path / "entry", 0) as second:
        assert second.communicate()[0] == "building\n"
    assert (tmp_path / "entry" / "whole").exists()


def test_a_value_is_computed_once_until_it_is_too_old(tmp_path: Path) -> None:
    values = iter(["first", "second"])
    path = tmp_path / "deep" / "value.json"
    assert cache.load_or_compute(path, lambda: next(values), hours=1) == "first"
    assert cache.load_or_compute(path, lambda: next(values), hours=1) == "first"
    os.utime(path, (time.time() - 3601,) * 2)
    assert cache.load_or_compute(path, lambda: next(values), hours=1) == "second"


@pytest.mark.parametrize("text", ["", '{"half":', "\x00"])
def test_a_value_that_cannot_be_read_is_computed_again(tmp_path: Path, text: str) -> None:
    path = tmp_path / "value.json"
    path.write_text(text)
    assert cache.load_or_compute(path, lambda: {"whole": True}) == {"whole": True}
    assert json.loads(path.read_text()) == {"whole": True}


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_different_parts_have_different_keys(one: list[str], other: list[str]) -> None:
    assert (cache.digest(*one) == cache.digest(*other)) == (one == other)


def test_the_folder_is_the_users_unless_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv(cache.FOLDER, raising=False)
    assert cache.folder().name == "mwaa"
    monkeypatch.setenv(cache.FOLDER, str(tmp_path / "mine"))
    assert cache.folder() == tmp_path / "mine"
