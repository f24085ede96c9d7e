"""One synth as a whole process: how long it takes, and how much memory its process tree holds at most."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

SAMPLE_SECONDS = 0.02
MEMORY = "PSS: shared pages counted once" if psutil.LINUX else "resident: shared pages counted once for each process"


def seconds(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> float:
    """Wall time from start to exit, undisturbed by any sampling.

    Raises:
        subprocess.CalledProcessError: the command failed; its output is in the error.
    """
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return time.perf_counter() - start


def peak_memory(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> int:
    """Most memory, in bytes, that the process and all its children (Python and Node) hold at one time.

    Linux has the proportional share (PSS), which counts a page that several processes share once; elsewhere resident
    memory counts it once for each. Peaks shorter than a sample may be missed.

    Raises:
        subprocess.CalledProcessError: the command failed.
    """
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    root = psutil.Process(process.pid)
    peak = 0
    while process.poll() is None:
        peak = max(peak, _held(root))
        time.sleep(SAMPLE_SECONDS)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return peak


def _held(root: psutil.Process) -> int:
    try:
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    total = 0
    for member in family:
        try:
            total += member.memory_full_info().pss if psutil.LINUX else member.memory_info().rss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue  # it ended between the listing and the reading
    return total
