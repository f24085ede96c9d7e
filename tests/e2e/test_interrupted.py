"""A deployment that ends half way, gently or not, is simply run again."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from mwaa.local import deploy
from mwaa.project_layout import EMBEDDED_LOG


def start_deployment(project: Any) -> subprocess.Popen[str]:
    """Run `mwaa local up dev`; return as soon as Terraform has made some resources and is still at work."""
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


def terraform_processes(root: Path) -> list[psutil.Process]:
    """Every process of Terraform and its providers that works below `root`."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(root) and any("terraform" in word for word in process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue  # it has ended, or is another user's
    return found


def test_ctrl_c_lets_terraform_save_its_state_and_the_next_run_finishes_the_work(project: Any) -> None:
    process = start_deployment(project)
    assert terraform_processes(project.root) != []
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 130, output
    assert "Traceback" not in output
    assert terraform_processes(project.root) == []
    assert deploy.deployed(project.root)["dev"] >= 5
    project.up("dev")
    assert project.changes("dev") == {}


def test_after_a_hard_kill_the_next_run_deploys_everything(project: Any) -> None:
    deploy.down(project.root)
    process = start_deployment(project)
    assert terraform_processes(project.root) != []
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    deadline = time.monotonic() + 30  # the command line of CDKTF may start Terraform once more before it ends
    while left := terraform_processes(project.root):
        assert time.monotonic() < deadline, left
        for one in left:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        psutil.wait_procs(left, timeout=5)
        time.sleep(0.5)
    project.up("dev")
    assert project.changes("dev") == {}
    environment = project.client("dev", "mwaa").get_environment(Name="mwaa-dev")["Environment"]
    assert environment["Status"] == "AVAILABLE"
