"""Variables of a startup script, found without running a program."""

from pathlib import Path

import pytest
from mwaa.airflow import StartupExports, run_for_exports


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "startup.sh"


def test_what_the_script_exports_is_found(script: Path) -> None:
    script.write_text('export A="two words\nand = lines"\nB=not exported\nexport EMPTY=\nexport C="${A}!"\n')
    assert run_for_exports(script, "worker").variables == {
        "A": "two words\nand = lines",
        "C": "two words\nand = lines!",
    }


def test_each_component_gets_its_own(script: Path) -> None:
    script.write_text('if [[ "$MWAA_AIRFLOW_COMPONENT" == worker ]]; then export W=1; fi\n')
    assert (run_for_exports(script, "worker").variables, run_for_exports(script, "hybrid").variables) == (
        {"W": "1"},
        {},
    )


def test_no_program_is_run_and_no_file_is_written(script: Path, tmp_path: Path) -> None:
    traces = [tmp_path / name for name in ("path", "redirected", "search", "exec")]
    script.write_text(
        f"/usr/bin/touch {traces[0]}\necho x > {traces[1]}\nexport PATH=/usr/bin:/bin\ntouch {traces[2]}\n"
        f"V=$(touch {traces[2]})\nexport AFTER=1\n"
    )
    startup = run_for_exports(script, "worker")
    assert startup.variables == {"AFTER": "1"}
    assert "not run here: touch" in startup.said
    assert not any(trace.exists() for trace in traces)


@pytest.mark.parametrize("early", ["set -euo pipefail\nsudo yum install -y libpq\nfalse", "set -e\necho $UNSET"])
def test_what_cannot_be_run_here_does_not_end_the_script(script: Path, early: str) -> None:
    script.write_text(f"{early}\nexport AFTER=1\n")
    assert run_for_exports(script, "worker").variables == {"AFTER": "1"}


def test_what_was_exported_before_an_exit_counts(script: Path) -> None:
    script.write_text("export BEFORE=1\nexit 3\nexport AFTER=1\n")
    assert run_for_exports(script, "worker").variables == {"BEFORE": "1"}


def test_what_mwaa_reserves_is_left_out(script: Path) -> None:
    script.write_text("export AIRFLOW_HOME=/tmp AWS_REGION=x PYTHONPATH=/x MWAA__CORE__X=1 KEPT=1\n")
    assert run_for_exports(script, "worker").variables == {"KEPT": "1"}


def test_a_script_that_does_not_end_is_stopped(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mwaa.airflow.startup_exports._LIMIT_SECONDS", 0.5)
    script.write_text("export A=1\nwhile :; do :; done\n")
    assert run_for_exports(script, "worker") == StartupExports({}, "the script did not end within 0.5 seconds")


def test_no_script_exports_nothing() -> None:
    assert run_for_exports(None, "worker") == StartupExports({}, "")
