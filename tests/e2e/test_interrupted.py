"""A deployment that ends half way, gently or not, is simply run again."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from mwaa.local import deploy
from mwaa.project_layout import EMBEDDED_LOG


def started(project: Any) -> subprocess.Popen[str]:
    """`mwaa local up dev`, as soon as Terraform has made some resources and is still at work."""
    log = project.root / EMBEDDED_LOG / "dev-deploy.log"
    before = log.stat().st_mtime if log.exists() else 0.0
    process = subprocess.Popen(
        [sys.executable, "-m", "mwaa", "local", "up", "dev"],
        cwd=project.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[0]
        text = log.read_text(encoding="utf-8") if log.exists() and log.stat().st_mtime > before else ""
        if text.count("Creation complete") >= 5:
            return process
        time.sleep(0.2)
    raise AssertionError("no resource was made in time")


def terraform_processes(root: Path) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (
                Path(os.readlink(folder / "cwd")).is_relative_to(root)
                and b"terraform" in (folder / "cmdline").read_bytes()
            ):
                found.append(int(folder.name))
        except OSError:
            continue  # ended meanwhile
    return found


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc: run it on Linux")
def test_ctrl_c_lets_terraform_save_its_state_and_the_next_run_finishes_the_work(project: Any) -> None:
    process = started(project)
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 130, output
    assert "Traceback" not in output
    assert terraform_processes(project.root) == []
    assert deploy.deployed(project.root)["dev"] >= 5
    project.up("dev")
    assert project.changes("dev") == {}


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc: run it on Linux")
def test_after_a_hard_kill_the_next_run_starts_afresh_and_ends_well(project: Any) -> None:
    complete = deploy.deployed(project.root)
    deploy.down(project.root)
    process = started(project)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    for pid in terraform_processes(project.root):
        os.kill(pid, signal.SIGKILL)
    project.events.clear()
    project.up("dev")
    assert deploy.deployed(project.root) == complete
