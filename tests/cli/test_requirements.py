import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mwaa.checks import finding
from mwaa.requirements.lock import BEGIN

from tests.cli.calling import run as call
from tests.requirements.index import Dist, Index, serving, used

OWN = (Dist("extra", "1.0", ["helper"]), Dist("helper", "1.0"), Dist("plain", "1.0"))
DEV = (Path(__file__).parents[2] / "environments/dev.py").read_text()
OFFICIAL = '--constraint "https://raw.githubusercontent.com/apache/airflow/constraints-3.2.1/constraints-3.12.txt"'


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Index, Path]]:
    """The index, and a folder for caches: what the image is, is found out once."""
    with serving(*OWN) as index:
        yield index, tmp_path_factory.mktemp("caches")


@pytest.fixture(autouse=True)
def index(served: tuple[Index, Path], monkeypatch: pytest.MonkeyPatch) -> Index:
    used(monkeypatch, *served)
    return served[0]


@pytest.fixture
def root(project: Callable[[dict[str, str]], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one workspace, under official constraints, in which the command is called."""
    folder = project(
        {
            "environments/dev.py": DEV,
            "dags/daily.py": "from airflow.sdk import dag\n",
            "plugins/acme.py": "",
            "startup.sh": "#!/bin/bash\n",
            "requirements.txt": f"{OFFICIAL}\nextra==1.0  # rows\n",
            "official/constraints-3.2.1/constraints-3.12.txt": "shared==2.0\n",
        }
    )
    monkeypatch.setenv("MWAA_CONSTRAINTS", str(folder / "official"))
    monkeypatch.chdir(folder)
    return folder


def run(*arguments: str) -> Any:
    return call("requirements", *arguments)


def test_check_reports_what_it_found_and_exits_with_1_on_errors(root: Path) -> None:
    result = run("check")
    assert (result.exit_code, result.stdout) == (0, "nothing found in requirements.txt (Airflow 3.2.1)\n")
    assert result.stderr.splitlines() == [
        "resolving Airflow 3.2.1 of MWAA's image",
        "resolving requirements.txt for Airflow 3.2.1 (1 named)",
        "looking up what MWAA's image lacks: 2",
    ]
    (root / "requirements.txt").write_text(f"{OFFICIAL}\nextra==9.9\n")
    result = run("check", "dev")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[:2] == [
        "requirements.txt",
        "  error   requirements.txt:2: no index has extra==9.9 for Python 3.12 on MWAA's platform  "
        "[requirements-no-version]",
    ]
    assert result.stdout.splitlines()[-1] == "1 error in requirements.txt (Airflow 3.2.1)"


def test_check_for_machines_is_json_alone(root: Path) -> None:
    (root / "requirements.txt").write_text(f"{OFFICIAL}\nplain\n")
    result = run("check", "--json")
    printed = json.loads(result.stdout)
    assert (result.exit_code, result.stderr, printed["file"], printed["ok"]) == (0, "", "requirements.txt", True)
    assert [(one["rule"], one["line"]) for one in printed["findings"]] == [("requirements-unpinned", 2)]
    assert finding.Finding(**printed["findings"][0]).severity == "warning"


def test_check_of_a_file_that_lies_elsewhere(root: Path, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text(f"{OFFICIAL}\nno-such-thing==1\n")
    result = run("check", "--requirements", str(tmp_path / "other.txt"), "--airflow", "3.2.1")
    assert result.exit_code == 1
    assert "other.txt:2: no index has a package no-such-thing  [requirements-no-package]" in result.stdout


def test_an_index_that_is_away_is_a_finding_beside_the_others(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple/")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    (root / "requirements.txt").write_text(f"{OFFICIAL}\nplain\n")
    printed = json.loads(run("check", "--json").stdout)
    assert [one["rule"] for one in printed["findings"]] == ["not-checked", "requirements-unpinned"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "dev", "--airflow", "3.2.1"], "a workspace knows its own requirements and release"),
        (["lock", "--requirements", "x.txt"], "--requirements FILE and --airflow VERSION go together"),
        (["lock", "--requirements", "x.txt", "--airflow", "1.0"], '--airflow got: "1.0" expected: a release that MWAA'),
        (["lock", "--requirements", "x.txt", "--airflow", "3.2.1"], "x.txt is not a file"),
    ],
)
def test_options_that_do_not_go_together_exit_with_2(root: Path, arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.replace("│", " ").split())


def test_lock_pins_in_place_and_says_what_changed(root: Path) -> None:
    file = root / "requirements.txt"
    assert run("lock", "--check").exit_code == 1
    assert file.read_text() == f"{OFFICIAL}\nextra==1.0  # rows\n"
    result = run("lock")
    assert (result.exit_code, result.stdout) == (0, "  added: helper==1.0\nwrote requirements.txt\n")
    assert file.read_text() == f"{OFFICIAL}\nextra==1.0  # rows\n\n{BEGIN}\nhelper==1.0  # via extra\n"
    result = run("lock", "--check")
    assert (result.exit_code, result.stdout) == (0, "requirements.txt is locked\n")


def test_lock_may_write_elsewhere(root: Path) -> None:
    assert run("lock", "--output", "locked.txt").exit_code == 0
    assert (root / "requirements.txt").read_text() == f"{OFFICIAL}\nextra==1.0  # rows\n"
    assert "helper==1.0" in (root / "locked.txt").read_text()


def test_wheels_fill_the_plugins_and_name_the_next_step(root: Path) -> None:
    result = run("wheels", "dev")
    assert result.exit_code == 0, result.output
    size = sum(path.stat().st_size for path in (root / "plugins/wheels").iterdir())
    assert result.stdout.splitlines() == [
        "  added extra-1.0-py3-none-any.whl",
        "  added helper-1.0-py3-none-any.whl",
        f"2 wheels, {size / 1e6:.1f} MB, in plugins/wheels: installed with the network off for Python 3.12 "
        "on Linux x86-64",
        "wrote requirements.offline.txt",
        'Next: content=Content(requirements="requirements.offline.txt") in the workspace',
    ]
    (root / "environments/dev.py").write_text(
        DEV.replace("import Network", "import Content, Network").replace(
            "    tags=",
            '    content=Content(requirements="requirements.offline.txt"),\n    tags=',
        )
    )
    result = run("check", "dev")
    assert (result.exit_code, result.stdout) == (0, "nothing found in requirements.offline.txt (Airflow 3.2.1)\n")
