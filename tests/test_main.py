"""`python main.py` on a machine where nothing is installed."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run_without_packages(environ: dict[str, str]) -> tuple[int, str, str]:
    command = [sys.executable, "-S", "main.py"]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_without_the_package_main_says_how_to_set_up() -> None:
    assert run_without_packages({}) == (
        2,
        "",
        "main.py: the Python environment is not set up (No module named 'mwaa')\n  fix: make setup\n",
    )


def test_without_a_dependency_main_says_how_to_set_up() -> None:
    assert run_without_packages({"PYTHONPATH": "modules"}) == (
        2,
        "",
        "main.py: the Python environment is not set up (No module named 'pydantic')\n  fix: make setup\n",
    )
