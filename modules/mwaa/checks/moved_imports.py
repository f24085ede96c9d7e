"""Where the names of older Airflows are now. The data is Airflow's own: see generate_moved_imports.py."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

Moves = dict[str, dict[str, str]]

_TWO_PARTS = ("apache", "atlassian", "cncf", "common", "dbt", "microsoft")
"""Families of providers, whose second part belongs to the provider's name."""


@dataclass(frozen=True, slots=True)
class Move:
    """The name's dotted path in the release asked for, and whether the old path still works in it, with a warning."""

    new: str
    works: bool


def moved(module: str, name: str | None, major: int) -> Move | None:
    """Where `name` of `module` (or the module itself) went, if it is a path of Airflow 1.10 that `major` has moved.

    A name that 1.10 offered in a package itself, such as `from airflow.operators import BashOperator`, is found too.
    """
    gone, since_2, since_3 = _tables()
    known = gone.get(module) or since_2.get(module)
    if known:
        new = known.get(name) if name else next(iter(known.values())).rpartition(".")[0]
    else:
        new = _in_package(since_2, module, name) if name else None
    if new is None:
        return None
    if major >= 3 and name:
        old_module, _, old_name = new.rpartition(".")
        new = since_3.get(old_module, {}).get(old_name, new)
    return Move(new, works=major == 2 and module in since_2)


def provider_of(dotted: str) -> str:
    """The distribution that holds a path such as airflow.providers.apache.hive.hooks.hive; empty if none does."""
    parts = dotted.split(".")
    if parts[:2] != ["airflow", "providers"] or len(parts) < 3:
        return ""
    length = 2 if parts[2] in _TWO_PARTS and len(parts) > 3 else 1
    return "apache-airflow-providers-" + "-".join(parts[2 : 2 + length])


def _in_package(since_2: Moves, package: str, name: str) -> str | None:
    if package not in ("airflow.operators", "airflow.hooks", "airflow.sensors") and "airflow.contrib" not in package:
        return None
    modules = (names for module, names in since_2.items() if module.rpartition(".")[0] == package)
    return next((names[name] for names in modules if name in names), None)


@cache
def _tables() -> tuple[Moves, Moves, Moves]:
    """Paths of 1.10 that Airflow 2.11 has lost, those that it still has, and paths of Airflow 2 that 3 has moved."""
    path = Path(__file__).with_name("moved_imports.json")
    gone, since_2, since_3 = json.loads(path.read_text(encoding="utf-8")).values()
    return gone, since_2, since_3
