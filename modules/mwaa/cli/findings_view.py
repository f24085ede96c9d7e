"""Prints findings for people, grouped by file, and returns them as JSON for machines."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from rich.text import Text

from mwaa.checks.finding import Finding
from mwaa.cli import output
from mwaa.visible_text import visible

STYLES = {"error": "red", "warning": "yellow", "note": "blue"}


def show(findings: Iterable[Finding]) -> None:
    """Print findings in the order given: those of one file together, each with its fix and its docs below."""
    out = output.console()
    for file, group in groupby(findings, key=lambda finding: finding.file):
        if file:
            out.print(file, style="bold")
        for finding in group:
            out.print(_line(finding))
            for text in _below(finding):
                out.print(f"      {text}")
        out.print()


def counted(findings: Sequence[Finding]) -> str:
    """Return such as "3 errors, 1 warning", or "nothing found"."""
    numbers = {name: sum(finding.severity == name for finding in findings) for name in STYLES}
    parts = [f"{number} {name}{'s' * (number != 1)}" for name, number in numbers.items() if number]
    return ", ".join(parts) or "nothing found"


def as_data(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return findings for `--json`."""
    return [finding.as_dict() for finding in findings]


def _line(finding: Finding) -> Text:
    place = ":".join(str(part) for part in (finding.file, finding.line) if part)
    text = Text("  ").append(f"{finding.severity:<8}", style=STYLES[finding.severity])
    if finding.line:
        text.append(visible(f"{place}: "))
    return text.append(visible(finding.found)).append(f"  [{finding.rule}]", style="dim")


def _below(finding: Finding) -> list[str]:
    lines = finding.detail.splitlines()
    if finding.fix:
        lines.append(f"fix: {output.as_typed(finding.fix)}")
    if finding.docs:
        lines.append(f"docs: {finding.docs}")
    return lines
