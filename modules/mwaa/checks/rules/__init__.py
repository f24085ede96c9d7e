"""The rules: one file each, found by being here."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from mwaa.checks.finding import Finding
from mwaa.checks.rule import Rule
from mwaa.checks.subject import Subject


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A module of this package: its name, the rules whose names its findings bear, and its check."""

    name: str
    rules: tuple[Rule, ...]
    check: Callable[[Subject], Iterable[Finding]]


def rule_files() -> Iterator[RuleFile]:
    """All of them, in the order in which their findings matter: what needs no Airflow comes first."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    for name in sorted(names, key=lambda name: name in _LAST):
        module = importlib.import_module(f"{__name__}.{name}")
        yield RuleFile(name, module.RULES, module.check)


_LAST = ("dags",)
"""Needs the requirements resolved and Airflow installed."""
