"""A child process that runs Terraform somewhere below it, and how it is ended without leaving anything behind.

CDKTF runs Terraform in a terminal session of its own, where Ctrl-C does not arrive; and when CDKTF dies, Terraform is
cut off in the middle. So the child gets a session of its own, and a signal to this process is passed on to where it
belongs: Terraform finishes what it has begun, saves the state and releases its lock. CDKTF ends by itself after that.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

_GRACE_SECONDS = 0.5


class Child:
    """A running command; `status` is its exit status once `running` has ended."""

    def __init__(self, process: subprocess.Popen[str], stopping: Callable[[int], None]) -> None:
        self._process = process
        self._stopping = stopping
        self._told = 0
        self.signals = 0

    @property
    def status(self) -> int | None:
        return self._process.returncode

    def lines(self) -> Iterator[str]:
        """What it writes, both streams as one, to the end."""
        assert self._process.stdout
        for line in self._process.stdout:
            self._tell()
            yield line
        self._tell()

    def stop(self, terraform: str) -> None:
        """First call: the program named `terraform` may finish. Second: it must not wait for AWS. Third: all die."""
        self.signals += 1
        below = descendants(self._process.pid)
        working = [pid for pid, program in below.items() if program == terraform]
        if self.signals > 2:
            send(below, signal.SIGKILL)
        elif working:
            send(working, signal.SIGINT)
        else:  # nothing has begun that could be lost, and CDKTF would go on after SIGTERM
            send(below, signal.SIGTERM)
            time.sleep(_GRACE_SECONDS)
            send(below, signal.SIGKILL)

    def _tell(self) -> None:
        """Not from the handler of the signal: that may interrupt a line that is just being printed."""
        while self._told < self.signals:
            self._told += 1
            self._stopping(self._told)


@contextmanager
def running(
    command: list[str], folder: Path, environ: Mapping[str, str], terraform: str, stopping: Callable[[int], None]
) -> Iterator[Child]:
    """Runs `command` in `folder`; at the end of the block it has ended, whatever happened.

    SIGINT, SIGTERM and SIGHUP stop it as `Child.stop` says; `stopping` is called with how often that was asked, and
    KeyboardInterrupt is raised when it has ended.
    """
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    child = Child(process, stopping)

    def stop(_number: int, _frame: FrameType | None) -> None:
        child.stop(terraform)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield child
    except BaseException:
        child.stop(terraform)
        raise
    finally:
        for _line in process.stdout or ():  # nobody may wait for a full pipe
            pass
        process.wait()
        for number, handler in before.items():
            signal.signal(number, handler)
    if child.signals:
        raise KeyboardInterrupt


def descendants(pid: int) -> dict[int, str]:
    """The process and all below it, each with the name of its program."""
    ps = ["ps", "-A", "-ww", "-o", "pid=", "-o", "ppid=", "-o", "args="]  # -ww: not cut to the width of a screen
    listed = subprocess.run(ps, capture_output=True, text=True, check=True)
    rows = [row for line in listed.stdout.splitlines() if len(row := line.split(None, 3)) > 2]
    found: dict[int, str] = {}
    waiting = {pid}
    while waiting:
        found |= {int(row[0]): Path(row[2]).name for row in rows if int(row[0]) in waiting}
        waiting = {int(row[0]) for row in rows if int(row[1]) in waiting} - found.keys()
    return found


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Sends a signal to those of the processes that still are."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue  # it ended in the meantime, which is what was wanted
