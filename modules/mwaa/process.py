"""Child processes that end with the command that started them.

Each gets a session of its own, so that ending it ends all that it started, and so that Ctrl-C reaches it through us
alone: whatever exception leaves a block here, `KeyboardInterrupt` first of all, everything below the child is ended
before it goes on. On Linux `process_guard.py` runs between, so that a new session or a double fork escapes neither.
"""

import errno
import os
import select
import selectors
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from mwaa.failure import Failure

_GRACE_SECONDS = 5.0
_GUARD_SECONDS = 4.0
"""How much longer process_guard.py may take to end what is left."""
_GUARD = Path(__file__).with_name("process_guard.py")
_HAS_GUARD = sys.platform == "linux"
_PYTHON = sys.executable
_TOO_MANY_STATUS = 122
"""That of process_guard.py."""
MOST_PROCESSES = 512
"""How many processes a command may have below it at once, on Linux."""
MOST_OUTPUT_BYTES = 64 << 20
"""How much a command may write that is kept in memory."""

_ALLOWED = frozenset(
    """
    PATH LANG LANGUAGE TZ TMPDIR TEMP TMP USER LOGNAME TERM
    HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy
    SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE
    """.split()  # noqa: SIM905
)


class ToolError(Failure):
    """Something that this machine should have or reach is missing or failed."""


class OutputTooLongError(ToolError):
    """A command wrote more than is kept in memory, and was ended."""


class TooManyProcessesError(ToolError):
    """A command had more processes than it may have, and was ended with all of them."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that has ended: its exit status (negative: the signal that ended it) and what it wrote."""

    status: int
    stdout: str
    stderr: str


def allowed_environ(home: Path, base: Mapping[str, str] = os.environ, prefixes: tuple[str, ...] = ()) -> dict[str, str]:
    """Return what the code of others may see of `base`: programs, language, proxies and authorities, and the variables
    that begin with one of `prefixes`. Credentials are never among them. Its HOME is `home`, not the person's.

    What is not named here is left out, because nobody can list all names that secrets have.
    """
    named = {name: value for name, value in base.items() if name in _ALLOWED or name.startswith(("LC_", *prefixes))}
    return named | {"HOME": str(home)}


@contextmanager
def started(
    command: Sequence[str | Path],
    folder: Path,
    environ: Mapping[str, str],
    *,
    grace: float = _GRACE_SECONDS,
    **streams: int | IO[Any] | None,
) -> Iterator[subprocess.Popen[str]]:
    """Runs `command` in `folder` with exactly `environ`; when the block is left, all that it started has ended (without
    Linux: its process group).

    `streams` are `stdin`, `stdout`, `stderr` as for `subprocess.Popen`; standard input is empty unless given. The
    command has `grace` seconds to end. Raises OSError if it is no program, and TooManyProcessesError after the block if
    it had more than MOST_PROCESSES.
    """
    parts = [os.fspath(part) for part in command]
    if _HAS_GUARD:
        if not shutil.which(parts[0], path=environ.get("PATH", os.defpath)):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), parts[0])
        parts = [_PYTHON, "-I", "-S", os.fspath(_GUARD), str(MOST_PROCESSES), str(grace), *parts]
    process = subprocess.Popen(
        parts,
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
        end(process, grace)
    if _HAS_GUARD and process.returncode == _TOO_MANY_STATUS:
        raise TooManyProcessesError(f"{Path(command[0]).name} was ended: it had more than {MOST_PROCESSES} processes")


def end(process: subprocess.Popen[str], grace: float = _GRACE_SECONDS) -> None:
    """Ends the process and all of its session's group: politely, and after `grace` seconds for good."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            break
        _signal(process.pid, number)
        try:
            process.wait(timeout=grace + _GUARD_SECONDS * _HAS_GUARD)
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
    """Runs `command` to its end, `text` on its standard input. Raises subprocess.TimeoutExpired after `seconds`, and
    OutputTooLongError."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with started(command, folder, environ, **pipes) as process:
        stdout, stderr = _communicate(process, text, seconds, Path(command[0]).name)
        return Ended(process.returncode, stdout, stderr)


def follow(
    command: Sequence[str | Path],
    folder: Path,
    environ: Mapping[str, str],
    line: Callable[[str], None],
    *,
    seconds: float | None = None,
    text: str = "",
) -> Ended:
    """Runs `command` to its end and hands each line of either stream, without its line end, to `line` as it comes.

    `text`, on its standard input, is read by the command before it says much. `stderr` of the answer is empty: both
    streams are one. Of more than MOST_OUTPUT_BYTES only the end is kept. Raises subprocess.TimeoutExpired after
    `seconds`.
    """
    said: deque[str] = deque()
    size = 0
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with started(command, folder, environ, **pipes) as process, _ended_after(process, seconds) as is_late:
        assert process.stdin
        assert process.stdout
        with suppress(BrokenPipeError):  # it ended without reading; its status says why
            process.stdin.write(text)
            process.stdin.close()
        while one := process.stdout.readline(MOST_OUTPUT_BYTES):
            said.append(one)
            size += len(one)
            while size > MOST_OUTPUT_BYTES:
                size -= len(said.popleft())
            line(one.rstrip("\n"))
        status = process.wait()
        if seconds is not None and is_late.is_set():
            raise subprocess.TimeoutExpired(process.args, seconds)
        return Ended(status, "".join(said), "")


@contextmanager
def _ended_after(process: subprocess.Popen[str], seconds: float | None) -> Iterator[threading.Event]:
    """Ends the process after `seconds`; the event says whether that was needed."""
    is_late = threading.Event()

    def stop() -> None:
        is_late.set()
        _signal(process.pid, signal.SIGTERM)

    if seconds is None:
        yield is_late
        return
    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        yield is_late
    finally:
        timer.cancel()


def _communicate(process: subprocess.Popen[str], text: str, seconds: float | None, name: str) -> tuple[str, str]:
    """As subprocess.Popen.communicate, but no more than MOST_OUTPUT_BYTES. The child may not read its input."""
    assert process.stdin
    assert process.stdout
    assert process.stderr
    streams = {process.stdout.fileno(): bytearray(), process.stderr.fileno(): bytearray()}
    given = memoryview(text.encode())
    until = None if seconds is None else time.monotonic() + seconds
    with selectors.DefaultSelector() as waiting:
        for number in streams:
            waiting.register(number, selectors.EVENT_READ)
        if given:
            waiting.register(process.stdin.fileno(), selectors.EVENT_WRITE)
        else:
            process.stdin.close()
        while waiting.get_map():
            left = None if until is None else until - time.monotonic()
            if seconds is not None and left is not None and left <= 0:
                raise subprocess.TimeoutExpired(process.args, seconds)
            for key, _ in waiting.select(left):
                if key.fd in streams:
                    part = os.read(key.fd, 1 << 16)
                    streams[key.fd] += part
                    if not part:
                        waiting.unregister(key.fd)
                else:
                    with suppress(BrokenPipeError):
                        given = given[os.write(key.fd, given[: select.PIPE_BUF]) :]
                        if given:
                            continue
                    waiting.unregister(key.fd)
                    process.stdin.close()
            if sum(map(len, streams.values())) > MOST_OUTPUT_BYTES:
                raise OutputTooLongError(f"{name} was ended: it wrote more than {MOST_OUTPUT_BYTES >> 20} MB")
    process.wait(None if until is None else max(0.0, until - time.monotonic()))
    stdout, stderr = (bytes(data).decode(errors="replace").replace("\r\n", "\n") for data in streams.values())
    return stdout, stderr


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
