"""Startup scripts run for real, as MWAA runs them, but without what would change this machine."""

import os
from pathlib import Path

import pytest
from mwaa.local_airflow import startup_script
from mwaa.process import ToolError


def run(folder: Path, text: str, component: str = "worker") -> dict[str, str]:
    script = folder / "startup.sh"
    script.write_text(text, encoding="utf-8")
    environ = {"PATH": os.environ["PATH"], "AIRFLOW_HOME": "/home", "KEPT": "as it was"}
    return startup_script.run(script, component, environ, folder, folder / "log")


def test_what_a_script_exports_is_read_and_what_it_says_is_logged(tmp_path: Path) -> None:
    text = """
        echo "on $MWAA_AIRFLOW_COMPONENT"; echo oops >&2
        export COMPUTED=$(basename /a/b) LINES_OF_IT=$'one\\ntwo'
        not_exported=1
        export AIRFLOW_HOME=/elsewhere PYTHONPATH=/x MWAA__CORE__X=1 PATH=/nowhere
        false
    """
    assert run(tmp_path, text) == {"COMPUTED": "b", "LINES_OF_IT": "one\ntwo"}
    assert (tmp_path / "log").read_text() == "on worker\noops\n"


@pytest.mark.parametrize("program", ["sudo yum", "pip", "dnf"])
def test_nothing_is_installed_on_this_machine(tmp_path: Path, program: str) -> None:
    assert run(tmp_path, f"{program} install -y gcc && export DONE=1") == {}
    name, *rest = f"{program} install -y gcc".split()
    assert (tmp_path / "log").read_text() == f"not run on this machine: {name} {' '.join(rest)}\n"


@pytest.mark.parametrize("text", ["export A=1\nexit 0", "set -e\nfalse"])
def test_a_script_that_ends_the_shell_stops_the_component(tmp_path: Path, text: str) -> None:
    status = 0 if "exit" in text else 1
    with pytest.raises(ToolError) as caught:
        run(tmp_path, f"echo last words\n{text}", "hybrid")
    said = f"the startup script ended the shell on hybrid (status {status}): MWAA could not read its variables"
    assert str(caught.value) == f"{said}\nlast words"
    assert caught.value.fix == f"no exit and no set -e in it; see {tmp_path / 'log'}"


def test_a_script_has_five_minutes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(startup_script, "SECONDS", 0.2)
    with pytest.raises(ToolError, match=r"^the startup script did not end within 5 minutes on worker$"):
        run(tmp_path, "sleep 60")
