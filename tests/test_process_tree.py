import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from mwaa.process_tree import Child, running

SAVES = "trap 'echo saved; exit 1' INT; echo ready; while :; do sleep 0.05; done"
DEAF = "trap '' INT; echo ready; while :; do sleep 0.05; done"


@pytest.fixture
def terraform(tmp_path: Path) -> Path:
    """A shell that the process table shows as `terraform`."""
    path = tmp_path / "terraform"
    path.symlink_to("/bin/sh")
    return path


def _command(terraform: Path, script: str) -> list[str]:
    return ["/bin/sh", "-c", '"$0" -c "$1"; echo "ended $?"; exit 7', str(terraform), script]


def _works(pid: int) -> bool:
    """Whether the process is there and no mere entry that its new parent has yet to clear."""
    state = subprocess.run(["ps", "-o", "state=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return state.strip()[:1] not in ("", "Z")


def _watch(command: list[str], folder: Path, calls: list[int], on_line: Callable[[str], None]) -> Child:
    with running(command, folder, dict(os.environ), "terraform", calls.append) as child:
        for line in child.lines():
            on_line(line)
    return child


def test_lines_of_both_streams_and_the_status_are_handed_on(tmp_path: Path) -> None:
    command = ["/bin/sh", "-c", 'echo "$WORD"; pwd; echo error >&2; exit 3']
    with running(command, tmp_path, {"WORD": "hello"}, "terraform", lambda _: None) as child:
        lines = list(child.lines())
    assert lines == ["hello\n", f"{tmp_path.resolve()}\n", "error\n"]
    assert child.status == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_reaches_terraform_and_it_may_finish(tmp_path: Path, terraform: Path, number: signal.Signals) -> None:
    lines: list[str] = []
    calls: list[int] = []
    before = signal.getsignal(number)

    def on_line(line: str) -> None:
        lines.append(line)
        if line == "ready\n":
            os.kill(os.getpid(), number)

    with pytest.raises(KeyboardInterrupt):
        _watch(_command(terraform, SAVES), tmp_path, calls, on_line)
    assert lines == ["ready\n", "saved\n", "ended 1\n"]
    assert calls == [1]
    assert signal.getsignal(number) is before


def test_the_third_signal_kills_what_does_not_listen(tmp_path: Path, terraform: Path) -> None:
    lines: list[str] = []
    calls: list[int] = []

    def on_line(line: str) -> None:
        lines.append(line)
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        _watch(_command(terraform, DEAF), tmp_path, calls, on_line)
    assert lines == ["ready\n"]
    assert calls == [1, 2, 3]


def test_where_no_terraform_works_everything_below_ends_even_what_ignores_sigterm(tmp_path: Path) -> None:
    script = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print(os.getpid(), flush=True); time.sleep(60)"
    )
    lines: list[str] = []

    def on_line(line: str) -> None:
        lines.append(line)
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        _watch(["/bin/sh", "-c", '"$0" -c "$1"; echo never', sys.executable, script], tmp_path, [], on_line)
    assert len(lines) == 1
    assert not _works(int(lines[0]))


def test_an_error_in_the_block_ends_the_child_in_order_and_is_raised(tmp_path: Path, terraform: Path) -> None:
    saved = tmp_path / "saved"

    def on_line(line: str) -> None:
        raise BrokenPipeError

    script = SAVES.replace("echo saved", f"echo saved > {saved.name}")
    with pytest.raises(BrokenPipeError):
        _watch(_command(terraform, script), tmp_path, [], on_line)
    assert saved.read_text() == "saved\n"
