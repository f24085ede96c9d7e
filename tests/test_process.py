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
