"""Programs end together, with all that they have started."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from mwaa.local_airflow import programs
from mwaa.local_airflow.programs import Programs, kill_descendants

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print(child.pid, flush=True)
time.sleep(60)
"""


def start(running: Programs, folder: Path, name: str, code: str) -> Path:
    log = folder / f"{name}.log"
    running.start(name, [sys.executable, "-c", code], folder, os.environ, log)
    return log


def await_end(process: psutil.Process) -> None:
    """The system takes a moment to end what was killed; nobody may reap it here."""
    deadline = time.monotonic() + 10
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def await_text(log: Path) -> str:
    deadline = time.monotonic() + 20
    while not (text := log.read_text()).endswith("\n"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return text


def test_nothing_is_left_also_of_what_ignores_the_signal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "_GRACE_SECONDS", 0.3)
    with Programs() as running:
        grandchild = psutil.Process(int(await_text(start(running, tmp_path, "stubborn", STUBBORN))))
    await_end(grandchild)


def test_a_program_that_ended_by_itself_is_told_once(tmp_path: Path) -> None:
    with Programs() as running:
        start(running, tmp_path, "short", "print('bye'); raise SystemExit(3)")
        deadline = time.monotonic() + 20
        while not (ended := running.pop_exited()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert ended == {"short": 3}
        assert running.pop_exited() == {}
    assert (tmp_path / "short.log").read_text() == "bye\n"


def test_everything_below_a_process_can_be_ended() -> None:
    code = "import subprocess, sys, time; subprocess.Popen(['sleep', '60']); print(1, flush=True); time.sleep(60)"
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert parent.stdout
    parent.stdout.readline()
    children = psutil.Process(parent.pid).children()
    kill_descendants(parent.pid)
    assert len(children) == 1
    await_end(children[0])
    parent.kill()
    parent.wait()
