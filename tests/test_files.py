"""Files are whole or not there, private from their first byte, and locks end with their process."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from mwaa import files


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "text"
    files.write(path, "old")
    with pytest.raises(UnicodeEncodeError):
        files.write(path, "\ud800")
    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]


def test_a_replacement_that_fails_leaves_nothing_beside_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "text"
    files.write(path, "old")

    def fail(self: Path, target: Path) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="no space left"):
        files.write(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_private_file_is_private_from_its_first_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes = []
    replace = Path.replace

    def look(self: Path, target: Path) -> Path:
        modes.append(_mode(self))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", look)
    before = os.umask(0)
    try:
        files.write(tmp_path / "key", "secret", private=True)
        files.write(tmp_path / "text", "public")
    finally:
        os.umask(before)
    assert modes == [0o600, 0o666]
    assert (_mode(tmp_path / "key"), _mode(tmp_path / "text")) == (0o600, 0o666)


_HOLD = """
import sys
from pathlib import Path
from mwaa import files

with files.try_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def _hold(path: Path) -> subprocess.Popen[str]:
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    return holder


def test_a_lock_that_is_held_names_the_process_and_is_free_once_it_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with _hold(path) as holder:
        with pytest.raises(files.LockHeld) as caught, files.try_lock(path):
            pass
        assert caught.value.pid == str(holder.pid)
        holder.kill()
    with files.try_lock(path):
        assert path.read_text() == str(os.getpid())


def test_a_lock_waits_for_its_holder_and_says_so_once(tmp_path: Path) -> None:
    calls = []
    with _hold(tmp_path / "lock") as holder:
        assert holder.stdin
        stdin = holder.stdin

        def waiting() -> None:
            calls.append("waiting")
            stdin.close()

        with files.lock(tmp_path / "lock", waiting):
            assert calls == ["waiting"]
        holder.wait()
    with files.lock(tmp_path / "lock", waiting):
        assert calls == ["waiting"]


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for name in ("first", "second"):
        with files.replaced_folder(out) as new:
            (new / name).touch()
    assert [path.name for path in out.iterdir()] == ["second"]
    assert list(tmp_path.iterdir()) == [out]


def test_a_folder_whose_block_fails_stays_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with files.replaced_folder(out) as new:
        (new / "first").touch()
    with pytest.raises(FileNotFoundError), files.replaced_folder(out) as new:
        (new / "missing" / "second").touch()
    assert [path.name for path in out.iterdir()] == ["first"]
    assert list(tmp_path.iterdir()) == [out]


def test_what_a_killed_process_left_beside_a_folder_is_removed(tmp_path: Path) -> None:
    for leftover in (".out.new", ".out.old"):
        (tmp_path / leftover).mkdir()
        (tmp_path / leftover / "half").touch()
    with files.replaced_folder(tmp_path / "out") as new:
        assert list(new.iterdir()) == []
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]
