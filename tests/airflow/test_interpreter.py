"""The search for a Python of a release."""

import os
from pathlib import Path

import pytest
from mwaa.airflow import interpreter
from mwaa.process import Ended, ToolError

BROKEN = "#!/bin/sh\necho 'pyenv: python3.12: command not found' >&2\nexit 127\n"


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def answering(version: str) -> str:
    return f"#!/bin/sh\necho {version}\n"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with an inactive pyenv launcher on PATH, an empty pyenv, and a uv that has and gets no Python."""
    program(tmp_path / "shims/python3.12", BROKEN)
    monkeypatch.setenv("PATH", f"{tmp_path / 'shims'}{os.pathsep}{tmp_path / 'bin'}")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("MWAA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(interpreter.sys, "executable", str(tmp_path / "none"))
    monkeypatch.setattr(interpreter, "_ask", lambda *_: Ended(2, "", "error: no download"))
    return tmp_path


def test_a_launcher_that_does_not_run_is_passed_over(machine: Path) -> None:
    real = program(machine / "bin/python3.12", answering("3.12"))
    assert interpreter.find("3.12", print) == real


def test_the_newest_of_pyenv_is_found_though_it_is_not_active(machine: Path) -> None:
    program(machine / "pyenv/versions/3.12.9/bin/python3.12", answering("3.12"))
    newest = program(machine / "pyenv/versions/3.12.10/bin/python3.12", answering("3.12"))
    assert interpreter.find("3.12", print) == newest


def test_what_was_found_is_remembered_while_it_is_there(machine: Path) -> None:
    first = program(machine / "bin/python3.12", answering("3.12"))
    assert interpreter.find("3.12", print) == first
    other = program(machine / "pyenv/versions/3.12.9/bin/python3.12", answering("3.12"))
    assert interpreter.find("3.12", print) == first
    first.unlink()
    assert interpreter.find("3.12", print) == other


def test_a_machine_without_it_says_what_to_install(machine: Path) -> None:
    program(machine / "bin/python3.12", answering("3.11"))
    with pytest.raises(ToolError) as raised:
        interpreter.find("3.12", print)
    assert str(raised.value) == "no Python 3.12 on this machine, and uv could not download it:\nerror: no download"
    assert raised.value.fix == "install it, for example: uv python install 3.12 (or pyenv install 3.12)"
