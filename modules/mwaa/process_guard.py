"""Runs one command on Linux, and ends with everything that the command started.

A program, run by the path of this file: `python -I -S process_guard.py PROCESSES SECONDS COMMAND...`. As a "child
subreaper" (prctl(2)) it becomes the parent of whatever below it loses its own, so that neither a new session nor a
double fork escapes. It ends all of them when the command has ended, SECONDS after SIGTERM if it has not, when its own
parent dies, and when there are more than PROCESSES of them.
"""

import ctypes
import os
import resource
import signal
import sys
import time

TOO_MANY_STATUS = 122
"""The exit status when there were too many processes. Neither a shell nor Python uses it."""

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_WATCH_SECONDS = 0.1
_MOST_KILLING_SECONDS = 3.0


def main() -> None:
    most, grace, command = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
    parent = os.getppid()
    asked: list[float] = []
    signal.signal(signal.SIGTERM, lambda *_: asked.append(time.monotonic()))
    prctl = ctypes.CDLL(None).prctl
    prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it died before prctl
        os._exit(1)
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        try:
            os.execvpe(command[0], command, _environ())
        except OSError as error:
            os.write(2, f"{command[0]}: {error.strerror}\n".encode())
        os._exit(127)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # so that the pipes close when the command closes them
        os.dup2(nothing, stream)
    status = _watch(child, most, grace, asked, parent)
    end_all()
    _exit_like(status)


def _environ() -> dict[bytes, bytes]:
    """Return the variables that this process was given: Python adds LC_CTYPE to its own."""
    with open("/proc/self/environ", "rb") as file:
        pairs = [pair.partition(b"=") for pair in file.read().split(b"\0") if pair]
    return {name: value for name, _, value in pairs}


def _watch(child: int, most: int, grace: float, asked: list[float], parent: int) -> int:
    """Wait for the child; return its exit status as os.waitstatus_to_exitcode does."""
    pause, was_asked = 0.002, False
    while True:
        status = _reap(child)
        if status is not None:
            return status
        if asked and not was_asked:
            was_asked = True
            if os.getppid() != parent:  # otherwise the whole group got the signal, and must not get it twice
                os.kill(child, signal.SIGTERM)
        if asked and time.monotonic() - asked[0] > grace:
            return -signal.SIGKILL
        if pause >= _WATCH_SECONDS and len(descendants()) > most:
            return TOO_MANY_STATUS
        time.sleep(pause)
        pause = min(pause * 1.5, _WATCH_SECONDS)


def _reap(child: int) -> int | None:
    """Collect what has ended; return the exit status of `child` if it is among them."""
    found = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if pid == 0:
            return found
        if pid == child:
            found = os.waitstatus_to_exitcode(status)


def descendants(top: int | None = None) -> list[int]:
    """Return the ids of all processes below `top`, by default below this one."""
    below: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdecimal():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    parent = int(file.read().rpartition(b")")[2].split()[1])
            except (OSError, IndexError):
                continue  # it ended in the meantime
            below.setdefault(parent, []).append(int(name))
    found: list[int] = []
    waiting = [top or os.getpid()]
    while waiting:
        children = below.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def end_all() -> None:
    """Kill all processes below this one. They are stopped before: one that forks faster than it is killed
    would stay. What cannot be killed within a few seconds (another user's, or in the kernel) is left.
    """
    until = time.monotonic() + _MOST_KILLING_SECONDS
    while time.monotonic() < until:
        seen: set[int] = set()
        while new := set(descendants()) - seen:
            _send(new, signal.SIGSTOP)
            seen |= new
        if not seen:
            return
        _send(seen, signal.SIGKILL)
        for pid in seen:
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                continue  # not our own child yet: its parent is being killed
        time.sleep(0.002)


def _send(pids: set[int], number: int) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue  # it has ended, or is another user's, such as after sudo


def _exit_like(status: int) -> None:
    """End as the command did, so that the caller sees the same exit status or signal."""
    if status >= 0:
        os._exit(status)
    if status != -signal.SIGKILL:
        signal.signal(-status, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.kill(os.getpid(), -status)
    os._exit(1)


if __name__ == "__main__":
    main()
