"""What `make setup` would do, by `make -n`."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STAMPS = (".venv/.installed", "node_modules/.installed", "node_modules/.native", ".venv/.types")


def make(folder: Path, target: str) -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(["make", "-n", target], cwd=folder, env=environ, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that was set up where it is, as far as make can see."""
    folder = tmp_path / "a checkout"
    (folder / "locks").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "package.json", "package-lock.json", ".npmrc"):
        shutil.copy(ROOT / name, folder / name)
    for lock in ("python.txt", "checkov.txt"):
        shutil.copy(ROOT / "locks" / lock, folder / "locks" / lock)
    for time, name in enumerate((".venv/bin/python", *STAMPS, ".mwaa/checkov/.installed"), start=1):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{folder.resolve()}\n")
        os.utime(path, (4_000_000_000 + time, 4_000_000_000 + time))
    return folder


def test_what_is_set_up_is_left_alone(checkout: Path) -> None:
    commands = make(checkout, "setup")
    assert [word for word in ("-m venv", "pip sync", "npm ci", "mwaa.provider") if word in commands] == []
    assert "pip sync" not in make(checkout, "checkov-env")


def test_a_moved_checkout_is_set_up_again(checkout: Path) -> None:
    moved = checkout.rename(checkout.with_name("moved"))
    commands = make(moved, "setup")
    assert "rm -rf .venv\n" in commands
    assert "pip sync --require-hashes --compile-bytecode locks/python.txt" in commands
    assert "--editable ." in commands
    assert "pip sync --require-hashes --compile-bytecode locks/checkov.txt" in make(moved, "checkov-env")


def test_terraform_is_downloaded_only_where_the_machine_has_none(checkout: Path) -> None:
    [line] = [line for line in make(checkout, "setup").splitlines() if "terraform_download" in line]
    assert line == (
        "command -v terraform >/dev/null || command -v tofu >/dev/null || "
        ".venv/bin/python -m mwaa.local.terraform_download"
    )
