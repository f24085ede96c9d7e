"""Child processes: what they say comes back, and none is left."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from mwaa import process

PYTHON = sys.executable
ROOT = Path(__file__).parents[1]

_GRANDCHILD = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('up', flush=True); time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


def _gone(pid: int) -> bool:
    """A killed process that nobody has reaped yet counts as gone."""
    for _ in range(100):
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


def test_status_and_both_streams_come_back(tmp_path: Path) -> None:
    code = "import sys; print(sys.stdin.read().upper()); print('low', file=sys.stderr); sys.exit(3)"
    ended = process.ask([PYTHON, "-c", code], tmp_path, os.environ, text="given")
    assert (ended.status, ended.stdout, ended.stderr) == (3, "GIVEN\n", "low\n")


def test_the_environment_and_the_folder_are_those_given(tmp_path: Path) -> None:
    code = "import os; print(sorted(set(os.environ) - {'LC_CTYPE'}), os.getcwd())"
    ended = process.ask([PYTHON, "-c", code], tmp_path, {"ONLY": "this"})
    assert ended.stdout == f"['ONLY'] {tmp_path.resolve()}\n"


def test_lines_come_as_they_are_written(tmp_path: Path) -> None:
    code = "import sys, time\nfor n in range(3): print(n, file=[sys.stdout, sys.stderr][n % 2], flush=True)"
    lines: list[str] = []
    ended = process.follow([PYTHON, "-c", code], tmp_path, os.environ, lines.append)
    assert lines == ["0", "1", "2"]
    assert (ended.status, ended.stdout) == (0, "0\n1\n2\n")


def test_a_process_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        process.ask([PYTHON, "-c", "import time; time.sleep(600)"], tmp_path, os.environ, seconds=0.2)
    assert time.monotonic() - began < 30


def test_whatever_leaves_the_block_all_below_the_child_has_ended(tmp_path: Path) -> None:
    def interrupted(line: str) -> None:
        pids.append(line)
        if line == "up":
            raise KeyboardInterrupt

    pids: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        process.follow([PYTHON, "-c", _GRANDCHILD], tmp_path, os.environ, interrupted)
    assert _gone(int(pids[0]))


_ESCAPES = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.setsid()
        for stream in (0, 1, 2):
            os.close(stream)
        with open("escaped", "w") as file:
            file.write(str(os.getpid()))
        time.sleep(600)
    os._exit(0)
while not os.path.exists("escaped") or not open("escaped").read():
    time.sleep(0.01)
print("done")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has child subreapers")
def test_a_double_fork_in_a_session_of_its_own_does_not_escape(tmp_path: Path) -> None:
    ended = process.ask([PYTHON, "-c", _ESCAPES], tmp_path, {})
    assert (ended.status, ended.stdout) == (0, "done\n")
    assert _gone(int((tmp_path / "escaped").read_text()))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has child subreapers")
def test_what_a_killed_command_left_ends_too(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from mwaa import process\n"
        "process.ask([sys.executable, '-c', sys.argv[1] + 'time.sleep(600)'], Path(sys.argv[2]), os.environ)"
    )
    with subprocess.Popen([PYTHON, "-c", code, _ESCAPES, str(tmp_path)], cwd=ROOT) as caller:
        while not (tmp_path / "escaped").exists() or not (tmp_path / "escaped").read_text():
            time.sleep(0.01)
        caller.kill()
    assert _gone(int((tmp_path / "escaped").read_text()))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has child subreapers")
def test_a_fork_bomb_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "MOST_PROCESSES", 40)
    code = "import os, time\nfor _ in range(60): os.fork() or time.sleep(600)\ntime.sleep(600)"
    with pytest.raises(process.TooManyProcessesError) as error:
        process.ask([PYTHON, "-c", code], tmp_path, os.environ)
    assert str(error.value) == f"{Path(PYTHON).name} was ended: it had more than 40 processes"


def test_endless_output_ends_and_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "MOST_OUTPUT_BYTES", 1 << 20)
    with pytest.raises(process.OutputTooLongError) as error:
        process.ask([PYTHON, "-c", "while True: print('x' * 9999)"], tmp_path, os.environ)
    assert str(error.value) == f"{Path(PYTHON).name} was ended: it wrote more than 1 MB"
    ended = process.follow(
        [PYTHON, "-c", "for n in range(2000): print(n, 'x' * 9999)"], tmp_path, os.environ, lambda _: None
    )
    assert len(ended.stdout) <= 1 << 20
    assert ended.stdout.splitlines()[-1].startswith("1999 ")


def test_a_command_that_is_followed_has_a_deadline(tmp_path: Path) -> None:
    code = "import time; print('began', flush=True); time.sleep(600)"
    with pytest.raises(subprocess.TimeoutExpired):
        process.follow([PYTHON, "-c", code], tmp_path, os.environ, lambda _: None, seconds=0.5)


def test_code_of_others_sees_no_credentials(tmp_path: Path) -> None:
    base = {
        "PATH": "/bin", "LC_ALL": "C", "HTTPS_PROXY": "http://proxy", "SSL_CERT_FILE": "/ca.pem", "AIRFLOW_VAR_X": "1",
        "AWS_SECRET_ACCESS_KEY": "s", "GITHUB_TOKEN": "s", "DATABASE_URL": "s", "HOME": "/home/me",
    }  # fmt: skip
    assert process.allowed_environ(tmp_path, base, ("AIRFLOW_VAR_",)) == {
        "PATH": "/bin", "LC_ALL": "C", "HTTPS_PROXY": "http://proxy", "SSL_CERT_FILE": "/ca.pem", "AIRFLOW_VAR_X": "1",
        "HOME": str(tmp_path),
    }  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_to_the_command_ends_its_children(number: signal.Signals, tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from mwaa import process\n"
        "process.interrupted_by_signals()\n"
        "try:\n"
        "    process.follow([sys.executable, '-c', sys.argv[1]], Path(), os.environ, lambda l: print(l, flush=True))\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted', flush=True)\n"
    )
    command = [PYTHON, "-c", code, _GRANDCHILD]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as caller:
        assert caller.stdout
        grandchild = int(caller.stdout.readline())
        assert caller.stdout.readline() == "up\n"
        caller.send_signal(number)
        assert caller.communicate(timeout=30)[0] == "interrupted\n"
    assert _gone(grandchild)
