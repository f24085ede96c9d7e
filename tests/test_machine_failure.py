"""What the operating system refuses is one message with a fix, never a traceback."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mwaa import files
from mwaa.machine_failure import machine_failure

CHECKOUT = Path(__file__).parents[1]


def mwaa(
    *words: str, folder: Path = CHECKOUT, stdout: int | None = subprocess.PIPE, **variables: str
) -> tuple[int, str, str]:
    environ = os.environ | {"NO_COLOR": "1"} | variables
    command = [sys.executable, "-m", "mwaa", *words]
    done = subprocess.run(
        command, cwd=folder, env=environ, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False
    )
    return done.returncode, done.stdout or "", done.stderr


def test_a_file_where_the_cache_should_be(tmp_path: Path) -> None:
    file = tmp_path / "cache"
    file.write_text("")
    status, _, stderr = mwaa("requirements", "check", "dev", MWAA_CACHE=str(file))
    assert status == 1
    first, fix = stderr.splitlines()[-2:]
    assert first.startswith(f"The cache {file} cannot be used: {file}/")
    assert first.endswith(": not a directory.")
    assert fix == "fix: set MWAA_CACHE to a folder that you may write"


def test_output_that_is_full() -> None:
    with open("/dev/full", "w") as full:
        status, _, stderr = mwaa("workspaces", stdout=full.fileno())
    assert (status, stderr) == (
        1,
        "The output cannot be written: no space left on device.\nfix: write it to another file or disk\n",
    )


def test_json_on_output_that_is_full() -> None:
    with open("/dev/full", "w") as full:
        status, _, stderr = mwaa("workspaces", "--json", stdout=full.fileno())
    assert (status, stderr) == (
        1,
        "The output cannot be written: no space left on device.\nfix: write it to another file or disk\n",
    )


@pytest.mark.parametrize(
    "variables", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}]
)
def test_ascii_output(tmp_path: Path, variables: dict[str, str]) -> None:
    (tmp_path / "environments").mkdir()
    (tmp_path / "cdktf.json").write_text("{}")
    (tmp_path / "environments/dev.py").write_text("workspace = 'Zürich ✓'\n", encoding="utf-8")
    status, stdout, _ = mwaa("workspaces", folder=tmp_path, **variables)
    assert status == 1
    assert '  got:      "Z\\xfcrich +"' in stdout.splitlines()


def test_a_failed_write_names_its_file(tmp_path: Path) -> None:
    """A limit of the file size stands for a full disk: the kernel refuses the write in the same way."""
    program = (
        "import pathlib, resource, signal, sys\n"
        "from mwaa import files\n"
        "from mwaa.machine_failure import machine_failure\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    files.write(pathlib.Path(sys.argv[1]), 'x' * 2000)\n"
        "except OSError as error:\n"
        "    print(machine_failure(error), machine_failure(error).fix, sep='|')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "big")], capture_output=True, text=True, check=True
    )
    assert done.stdout == (
        f"{tmp_path}/big cannot be written: file too large.|free some space there, or raise the limit of this shell\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_full_cache_may_be_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MWAA_CACHE", str(tmp_path))
    found = machine_failure(OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "checks/a.json")))
    assert found
    assert (str(found), found.fix) == (
        f"The cache {tmp_path} cannot be written: no space left on device.",
        "free some space there, or remove it: everything in it can be made again",
    )


def test_errors_of_the_network_are_none_of_these() -> None:
    assert machine_failure(ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")) is None
    assert machine_failure(OSError("not a number")) is None


def test_a_checkout_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError) as raised:
        files.write(tmp_path / "file/a", "text")
    found = machine_failure(raised.value)
    assert found
    assert str(found) == f"{tmp_path}/file cannot be used: a file is where a folder should be."


@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.2, 0.4, 0.7])
def test_an_interruption_while_the_command_loads_is_one_line(seconds: float) -> None:
    program = (
        "import sys; sys.argv = ['mwaa', 'workspaces']; from mwaa.__main__ import main; print('.', flush=True); main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == ".\n"
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate()
    assert (process.returncode, stderr) in {(130, "Interrupted.\n"), (0, ""), (-signal.SIGINT, "")}
