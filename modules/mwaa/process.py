"""Child processes that end with the command that started them.

Each gets a session of its own, so that ending it ends all that it started, and so that Ctrl-C reaches it through us
alone: whatever exception leaves a block here, `KeyboardInterrupt` first of all, everything below the child is ended
before it goes on.
"""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from mwaa.failure import Failure

_GRACE_SECONDS = 5.0


class ToolError(Failure):
    """Something that this machine should have or reach is missing or failed."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that has ended: its exit status (negative: the signal that ended it) and what it wrote."""

    status: int
    stdout: str
    stderr: str


@contextmanager
def started(
    command: Sequence[str | Path], folder: Path, environ: Mapping[str, str], **streams: int | IO[Any] | None
) -> Iterator[subprocess.Popen[str]]:
    """Runs `command` in `folder` with exactly `environ`; when the block is left, the process group has ended.

    `streams` are `stdin`, `stdout`, `stderr` as for `subprocess.Popen`; standard input is empty unless given.
    """
    process = subprocess.Popen(
        [os.fspath(part) for part in command],
        cwd=folder,
        env=dict(environ),
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
        **({"stdin": subprocess.DEVNULL} | streams),  # type: ignore[call-overload]
    )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[str], grace: float = _GRACE_SECONDS) -> None:
    """Ends the process and all of its session's group: politely, and after `grace` seconds for good."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            break
        _signal(process.pid, number)
        try:
            process.wait(timeout=grace)
        except subprocess.TimeoutExpired:
            continue
    _signal(process.pid, signal.SIGKILL)  # what it may have left in its group
    process.wait()


def ask(
    command: Sequence[str | Path],
    folder: Path,
    environ: Mapping[str, str],
    *,
    seconds: float | None = None,
    text: str = "",
) -> Ended:
    """Runs `command` to its end, `text` on its standard input. Raises subprocess.TimeoutExpired after `seconds`."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with started(command, folder, environ, **pipes) as process:
        stdout, stderr = process.communicate(text, timeout=seconds)
        return Ended(process.returncode, stdout, stderr)


def follow(
    command: Sequence[str | Path],
    folder: Path,
    environ: Mapping[str, str],
    line: Callable[[str], None],
    *,
    text: str = "",
) -> Ended:
    """Runs `command` to its end and hands each line of either stream, without its line end, to `line` as it comes.

    `text`, on its standard input, is read by the command before it says much. `stderr` of the answer is empty: both
    streams are one.
    """
    said: list[str] = []
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with started(command, folder, environ, **pipes) as process:
        assert process.stdin
        assert process.stdout
        with suppress(BrokenPipeError):  # it ended without reading; its status says why
            process.stdin.write(text)
            process.stdin.close()
        for one in process.stdout:
            said.append(one)
            line(one.rstrip("\n"))
        return Ended(process.wait(), "".join(said), "")


def interrupted_by_signals() -> None:
    """Makes SIGTERM and SIGHUP do what Ctrl-C does, so that blocks are left in order. For a main thread, once."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, interrupt)


def _signal(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # macOS answers the second for a group of zombies
        return
