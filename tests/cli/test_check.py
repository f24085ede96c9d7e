import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from sarif_pydantic import Sarif

from tests.cli.calling import run

Project = Callable[[dict[str, str]], Path]
CHECKOUT = Path(__file__).parents[2]
KEY = "AKIA" + "QWERTYUIOPASDFGH"

WORKSPACE = """
from mwaa.config import Content, Suppression, Workspace

workspace = Workspace(
    account="111111111111", region="us-east-1", airflow_version="3.2.1", environment_class="mw1.small",
    content=Content(plugins=None, requirements=None, startup_script=None),
    {more}
)
"""
FILES = {"environments/dev.py": WORKSPACE.format(more=""), "dags/a.sql": "select 1\n"}
BAD = FILES | {"dags/a.sql": f"-- {KEY}\n"}
LARGE = FILES | {"dags/a.csv": "x" * 11_000_000}


def _run(*arguments: str) -> Any:
    return run("check", *arguments)


@pytest.fixture
def root(project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project in which the command is called, with a cache of its own."""

    def make(files: dict[str, str]) -> Path:
        folder = project(files)
        monkeypatch.chdir(folder)
        monkeypatch.setenv("MWAA_CACHE", str(tmp_path_factory.mktemp("cache")))
        return folder

    return make


def _timeless(text: str) -> str:
    return re.sub(r"\d+\.\d s", "0.0 s", text)


def test_a_clean_workspace_is_reported_with_the_next_step(root: Project) -> None:
    root(FILES)
    result = _run("dev")
    assert result.exit_code == 0
    first, second = _timeless(result.stdout).strip().splitlines()
    assert first == "nothing found in dev (Airflow 3.2.1), 0.0 s"
    assert second.startswith("Next: ")
    assert second.endswith(" local up dev")
    assert _timeless(_run("dev").stdout).splitlines()[0] == f"{first}, nothing changed since the last check"


def test_errors_are_reported_by_file_with_their_fix(root: Project) -> None:
    root(BAD)
    result = _run()
    assert result.exit_code == 1
    assert _timeless(result.stdout).splitlines() == [
        "dags/a.sql",
        "  error   dags/a.sql:1: an AWS Access Key  [secret]",
        "      fix: revoke it, and keep the new one in AWS Secrets Manager as a connection or variable; if it is no "
        'secret, end the line with "# pragma: allowlist secret"',
        "      docs: https://docs.aws.amazon.com/mwaa/latest/userguide/connections-secrets-manager.html",
        "",
        "1 error in dev (Airflow 3.2.1), 0.0 s",
    ]


def test_warnings_fail_only_when_asked(root: Project) -> None:
    root(LARGE)
    assert (_run("dev").exit_code, _run("dev", "--strict").exit_code) == (0, 1)


def test_suppressed_findings_are_reported_with_their_reason(root: Project) -> None:
    more = 'suppressions=(Suppression(rule="secret", reason="revoked in May"),)'
    root(BAD | {"environments/dev.py": WORKSPACE.format(more=more)})
    result = _run("dev")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[:2] == [
        "suppressed  dags/a.sql:1 [secret] an AWS Access Key",
        "            because revoked in May",
    ]


def test_all_workspaces_are_checked_unless_some_are_named(root: Project) -> None:
    root(FILES | {"environments/prod.py": FILES["environments/dev.py"].replace("airflow_version", "network=Network(cidr='10.9.0.0/16'), airflow_version").replace("import ", "import Network, ")})  # fmt: skip  # noqa: E501
    listed = json.loads(_run("--json").stdout)
    assert [report["name"] for report in listed["reports"]] == ["dev", "prod"]
    listed = json.loads(_run("prod", "prod", "--json").stdout)
    assert [report["name"] for report in listed["reports"]] == ["prod"]


def test_machines_get_json_and_nothing_else(root: Project) -> None:
    root(BAD)
    result = _run("dev", "--json")
    assert result.stderr == ""
    listed = json.loads(result.stdout)
    [report] = listed["reports"]
    assert (result.exit_code, listed["ok"], listed["findings"]) == (1, False, [])
    assert {key: report[key] for key in ("name", "file", "airflow_version", "dags", "suppressed")} == {
        "name": "dev",
        "file": "environments/dev.py",
        "airflow_version": "3.2.1",
        "dags": None,
        "suppressed": [],
    }
    [finding] = report["findings"]
    assert (finding["rule"], finding["file"], finding["line"]) == ("secret", "dags/a.sql", 1)


def test_sarif_is_written_beside_the_table(root: Project) -> None:
    folder = root(BAD)
    assert _run("dev", "--sarif", "found.sarif").exit_code == 1
    [run] = Sarif.model_validate_json((folder / "found.sarif").read_text()).runs
    assert [result.rule_id for result in run.results or []] == ["secret"]


def test_a_sarif_file_that_cannot_be_written_is_wrong_usage(root: Project) -> None:
    root(FILES)
    result = _run("dev", "--sarif", "nowhere/found.sarif")
    assert result.exit_code == 2
    assert "nowhere/found.sarif, which cannot be written (No such file or directory)" in result.stderr


def test_an_invalid_workspace_file_is_reported_as_findings(root: Project) -> None:
    root(FILES | {"environments/dev.py": FILES["environments/dev.py"].replace("mw1.small", "mw1.smal")})
    result = _run()
    assert result.exit_code == 2
    lines = result.stdout.splitlines()
    assert lines[0] == "environments/dev.py"
    assert lines[1].startswith('  error   environment_class: "mw1.smal"; expected: mw1.micro, mw1.small')
    assert lines[1].endswith("[workspace]")
    assert lines[2] == '      fix: did you mean "mw1.small"?'
    assert lines[-1] == "1 error in the workspaces; nothing else was checked"
    [finding] = json.loads(_run("--json").stdout)["findings"]
    assert (finding["rule"], finding["file"]) == ("workspace", "environments/dev.py")


def test_an_unknown_workspace_is_wrong_usage(root: Project) -> None:
    root(FILES)
    result = _run("dv")
    assert (result.exit_code, 'did you mean "dev"?' in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["dev", "--dags", "dags", "--airflow", "3.2.1"], "a workspace knows its own content and release"),
        (["--dags", "dags"], "content has no release of its own: add --airflow VERSION"),
        (["--airflow", "3.2.1"], "it needs content: add --dags FOLDER"),
        (["--dags", "dags", "--airflow", "3.2"], 'write the whole version, such as "3.2.1"'),
        (["--dags", "dags", "--airflow", "1.10.12"], "a release that MWAA supports: "),
        (["--dags", "dags", "--airflow", "3.2.1", "--class", "small"], "mw1.micro, mw1.small"),
        (["--dags", "nowhere", "--airflow", "3.2.1"], "nowhere, which does not exist"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_reported_and_exits_with_2(arguments: list[str], words: str, root: Project) -> None:
    root(FILES)
    result = _run(*arguments)
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.replace("│", " ").split())


def test_content_elsewhere_is_shown_by_the_paths_given(root: Project, tmp_path: Path) -> None:
    root(BAD)
    result = _run("--dags", f"{tmp_path}/dags", "--airflow", "2.11.2", "--class", "mw1.small")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0] == f"{tmp_path}/dags/a.sql"
    assert _timeless(result.stdout).splitlines()[-1] == "1 error in content (Airflow 2.11.2), 0.0 s"


def test_rules_are_listed_outside_of_any_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = [line.split()[0] for line in _run("--rules").stdout.splitlines()]
    assert names[0] == "RULE"
    assert {"content", "secret", "moved-import", "dag-cycle", "unused-suppression"} <= set(names)
    listed = json.loads(_run("--rules", "--json").stdout)
    assert [rule["name"] for rule in listed] == names[1:]


def test_our_own_content_deserves_no_finding() -> None:
    """On the real Airflow of the workspaces; and nothing is checked again when nothing has changed."""
    command = [sys.executable, "-m", "mwaa", "check", "dev", "prod", "--json"]
    environ = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    ended = subprocess.run(command, cwd=CHECKOUT, env=environ, capture_output=True, text=True, check=False)
    reports = json.loads(ended.stdout)["reports"]
    found = {
        report["name"]: [
            one
            for one in report["findings"]
            if one["rule"] != "requirements-approximate"  # where no constraints are
        ]
        for report in reports
    }
    assert found == {"dev": [], "prod": []}
    assert [report["dags"] for report in reports] == [1, 1]
    again = subprocess.run(command, cwd=CHECKOUT, env=environ, capture_output=True, text=True, check=False)
    assert all(report["remembered"] for report in json.loads(again.stdout)["reports"])


def _started(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """`mwaa check` in a process of its own, whose temporary files lie in `folder`."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "mwaa", "check", *arguments]
    environ = os.environ | {"TMPDIR": str(folder)}
    return subprocess.Popen(
        command, cwd=CHECKOUT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def test_ctrl_c_during_the_import_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags/sleeps.py").write_text("import airflow, time  # a dag\ntime.sleep(600)\n")
    process = _started(tmp_path / "temporary", "--dags", str(tmp_path / "dags"), "--airflow", "3.2.1")
    family = _family_of_the_import(process)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30)[0] == ""
    assert process.returncode == 130
    assert psutil.wait_procs(family, timeout=10)[1] == []
    assert list((tmp_path / "temporary").iterdir()) == []


def _imports(process: psutil.Process) -> bool:
    try:
        return "parse.py" in " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):  # it has ended since
        return False


def _family_of_the_import(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """All below it, once a DAG file is being imported."""
    while process.poll() is None:
        family = psutil.Process(process.pid).children(recursive=True)
        if sum(map(_imports, family)) > 1:
            return family
        time.sleep(0.1)
    pytest.fail(f"it ended with status {process.returncode} before it imported a file")


def test_two_checks_of_the_same_content_at_once_find_the_same(tmp_path: Path) -> None:
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags/broken.py").write_text(f"import airflow  # a dag {tmp_path}\nimport nothing_here\n")
    arguments = ["--dags", str(tmp_path / "dags"), "--airflow", "3.2.1", "--json"]
    both = [_started(tmp_path / name, *arguments) for name in ("one", "other")]
    said = [json.loads(process.communicate()[0])["reports"][0]["findings"] for process in both]
    assert [process.returncode for process in both] == [1, 1]
    assert said[0] == said[1]
    assert [(one["rule"], one["line"]) for one in said[0] if one["severity"] == "error"] == [("missing-module", 2)]
