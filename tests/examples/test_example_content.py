"""The example content, as far as it can be tested without Airflow."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from mwaa.aws_facts.airflow_options import IgnoreSyntax
from mwaa.config import Content
from mwaa.content import build
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]


def modules_of(folder: str, *names: str) -> Iterator[list[ModuleType]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / folder))
        yield [import_module(name) for name in names]


@pytest.fixture(scope="module")
def orders() -> Iterator[list[ModuleType]]:
    yield from modules_of("dags", "orders.source", "orders.summary")


@pytest.fixture(scope="module")
def rules() -> Iterator[ModuleType]:
    for (module,) in modules_of("plugins", "acme.rules"):
        yield module


@pytest.mark.parametrize("syntax", ["glob", "regexp"])
def test_the_example_builds_and_airflow_2_and_3_parse_its_dag_alone(tmp_path: Path, syntax: IgnoreSyntax) -> None:
    bundle = build(Content(), ROOT, tmp_path / "bundle", airflowignore_syntax=syntax)
    assert [file.key for file in bundle.dags if file.parsed] == ["dags/daily_orders.py"]
    assert None not in (bundle.plugins, bundle.requirements, bundle.startup_script)


@pytest.mark.parametrize(
    "path", sorted([*ROOT.glob("dags/**/*.py"), *ROOT.glob("plugins/**/*.py")]), ids=lambda p: p.name
)
def test_every_module_compiles(path: Path) -> None:
    compile(path.read_text(encoding="utf-8"), path, "exec", dont_inherit=True)


def test_only_one_module_knows_that_airflow_moved_its_interface() -> None:
    both = [
        path.relative_to(ROOT).as_posix()
        for top in ("dags", "plugins")
        for path in (ROOT / top).rglob("*.py")
        if "airflow.sdk" in path.read_text(encoding="utf-8")
    ]
    assert both == ["plugins/acme/airflow_api.py"]


def requirement_lines() -> list[str]:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_the_constraints_are_stated_as_mwaa_looks_for_them() -> None:
    # MWAA searches every line for `-c |--constraint `; the tab and the "=" that pip also takes are not found.
    constraint = [line for line in requirement_lines() if re.search("-c |--constraint ", line)]
    assert constraint == [
        '--constraint "https://raw.githubusercontent.com/apache/airflow/constraints-3.2.1/constraints-3.12.txt"'
    ]


def test_every_requirement_is_pinned() -> None:
    pinned = [Requirement(line) for line in requirement_lines() if not line.startswith("--")]
    assert [str(requirement) for requirement in pinned] == ["holidays==0.109"]
    assert all(len(r.specifier) == 1 and next(iter(r.specifier)).operator == "==" for r in pinned)


def test_the_rows_of_a_day_are_always_the_same(orders: list[ModuleType]) -> None:
    source, summary = orders
    day = source.orders_of(date(2026, 1, 5))
    assert day == source.orders_of(date(2026, 1, 5)) != source.orders_of(date(2026, 1, 6))
    rows = summary.by_country(day)
    assert rows[0] == {"country": "AT", "orders": 14, "euros": 3921.01}
    assert sum(row["orders"] for row in rows) == len(day) == 103


def test_sums_are_exact_to_the_cent(orders: list[ModuleType]) -> None:
    source, summary = orders
    cents = [source.Order(number, "DE", Decimal("0.10")) for number in range(3)]
    assert summary.by_country(cents) == [{"country": "DE", "orders": 3, "euros": 0.3}]
    assert summary.by_country([]) == []


def test_rules_name_each_breach(rules: ModuleType) -> None:
    rows = [{"country": "DE", "euros": -1.0}, {"country": "DE", "euros": 2}, {"country": "FR"}]
    assert rules.at_least(4)(rows) == ["3 rows, at least 4 expected"]
    assert rules.unique("country")(rows) == ["country DE occurs more than once"]
    assert rules.between("euros", 0, 10)(rows) == [
        "row 1: euros is -1.0, expected 0 to 10",
        "row 3: euros is None, expected 0 to 10",
    ]
    assert rules.at_least(3)(rows) == rules.unique("country")(rows[1:]) == rules.between("euros", -1, 2)(rows[:2]) == []


WORKER = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}


@pytest.mark.parametrize(
    ("component", "expected"),
    [("worker", WORKER), ("hybrid", WORKER), ("scheduler", {}), ("webserver", {}), (None, {})],
)
def test_the_startup_script_ends_well_in_the_shell_that_reads_its_variables(
    component: str | None, expected: dict[str, str]
) -> None:
    environment = {"PATH": os.environ["PATH"]} | ({"MWAA_AIRFLOW_COMPONENT": component} if component else {})
    bash = shutil.which("bash")
    assert bash is not None
    # As MWAA does it: in one shell, the script and then the variables. "set -e" or "exit" would end the shell early.
    script = f"source '{ROOT / 'startup.sh'}'; false; echo \"options=$-\"; env"
    result = subprocess.run([bash, "-c", script], env=environment, capture_output=True, text=True, check=True)
    printed = dict(line.split("=", 1) for line in result.stdout.splitlines() if "=" in line)
    assert result.stderr == ""
    assert result.stdout.startswith(f"startup.sh: component {component or 'unknown'}, Python 3.")
    assert {name: printed[name] for name in WORKER if name in printed} == expected
    assert (printed["PIP_DISABLE_PIP_VERSION_CHECK"], printed["PIP_DEFAULT_TIMEOUT"]) == ("1", "60")
    assert not set(printed["options"]) & {"e", "u"}
