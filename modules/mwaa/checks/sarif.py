"""Findings as SARIF 2.1.0, which code hosts show beside the lines they concern.

Source: docs.oasis-open.org/sarif/sarif/v2.1.0.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mwaa import cache
from mwaa.checks.finding import Finding
from mwaa.checks.rule import Rule
from mwaa.checks.running import CheckReport
from mwaa.visible_text import visible

_LEVELS = {"error": "error", "warning": "warning", "note": "note"}


def document(reports: Iterable[CheckReport], rules: Iterable[Rule], root: Path) -> dict[str, Any]:
    """One run over all reports. What several workspaces have in common is one result that names them.

    Paths are relative to `root`, wherever the files lie: a code host knows them so. A finding without a file is placed
    in the file that declares the workspace.
    """
    listed = list(rules)
    numbers = {rule.name: number for number, rule in enumerate(listed)}
    results: dict[tuple[Any, ...], dict[str, Any]] = {}
    for report in reports:
        judged = [(finding, "") for finding in report.findings]
        judged += [(one.finding, one.reason) for one in report.suppressed]
        for finding, reason in judged:
            file = finding.file or report.file
            key = (finding.rule, file, finding.line, finding.found, reason)
            result = results.setdefault(key, _result(finding, file, reason, numbers[finding.rule], root))
            result["properties"]["workspaces"].append(report.subject)
    driver = {
        "name": "mwaa check",
        "informationUri": "https://docs.aws.amazon.com/mwaa/",
        "rules": [_rule(rule) for rule in listed],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": list(results.values())}
    return {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    text = {"id": rule.name, "shortDescription": {"text": rule.finds}, "help": {"text": f"{rule.finds} {rule.why}"}}
    return text | ({"helpUri": rule.docs} if rule.docs.startswith("https://") else {})


def _result(finding: Finding, file: str, reason: str, rule: int, root: Path) -> dict[str, Any]:
    parts = (finding.found, finding.detail, f"Fix: {finding.fix}" if finding.fix else "")
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": visible("\n".join(filter(None, parts)))},
        # Without the line: the finding stays the same when lines above it come or go.
        "partialFingerprints": {"finding/v1": cache.digest(finding.rule, file, finding.found)},
        "properties": {"workspaces": []},
    }
    if file:
        place: dict[str, Any] = {"artifactLocation": {"uri": _uri(file, root), "uriBaseId": "%SRCROOT%"}}
        if finding.line:
            place["region"] = {"startLine": finding.line}
        result["locations"] = [{"physicalLocation": place}]
    if reason:
        result["suppressions"] = [{"kind": "inSource", "justification": visible(reason)}]
    return result


def _uri(file: str, root: Path) -> str:
    return quote(Path(os.path.relpath(root / file, root)).as_posix())
