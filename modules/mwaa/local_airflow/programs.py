"""Programs that run together and end together, none left behind."""

import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from mwaa.process_tree import descendants, send

_GRACE_SECONDS = 4.0


class Programs:
    """Leaving the block of `with` ends them all, and all that they have started."""

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Programs":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def start(self, name: str, command: Sequence[str], folder: Path, environ: Mapping[str, str], log: Path) -> None:
        """Start a program in a session of its own; its output is appended to `log`."""
        with log.open("ab") as written:
            self._running[name] = subprocess.Popen(
                command,
                cwd=folder,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def pop_exited(self) -> dict[str, int]:
        """Return the programs that ended by themselves, with their exit status. Each is returned once."""
        gone = {name: process.returncode for name, process in self._running.items() if process.poll() is not None}
        for name in gone:
            del self._running[name]
        return gone

    def end(self) -> None:
        """End all programs: with SIGTERM, and after some seconds with SIGKILL."""
        below = {pid for process in self._running.values() for pid in descendants(process.pid)}
        for process in self._running.values():
            send([process.pid], signal.SIGTERM)
        deadline = time.monotonic() + _GRACE_SECONDS
        for process in self._running.values():
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                continue
        # Also what a program left without a parent, and what it started while it was ending.
        below |= {pid for process in self._running.values() for pid in descendants(process.pid)}
        send(below, signal.SIGKILL)
        for process in self._running.values():
            process.wait()
        self._running.clear()


def kill_descendants(pid: int) -> None:
    """Kill every process that the process `pid` has started, and theirs."""
    send(descendants(pid).keys() - {pid}, signal.SIGKILL)
