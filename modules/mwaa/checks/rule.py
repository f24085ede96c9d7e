"""What a rule is, and how it makes its findings."""

from dataclasses import dataclass

from mwaa.checks.finding import Finding, Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """The name of a kind of finding, and what a person should know about it.

    A module in `modules/mwaa/checks/rules/` has `RULES: tuple[Rule, ...]`, the rules of its findings, and
    `check(subject: Subject) -> Iterable[Finding]`. It is found because it is there.
    """

    name: str
    """Lowercase words joined by -, never changed: suppressions name it. It is written nowhere else."""
    finds: str
    """What it finds, in one sentence."""
    why: str
    """What happens on MWAA if nobody fixes it."""
    docs: str = ""
    """The page or code that says so."""

    def finding(
        self,
        severity: Severity,
        found: str,
        fix: str = "",
        file: str = "",
        line: int | None = None,
        *,
        docs: str | None = None,
        detail: str = "",
    ) -> Finding:
        """Return what this rule found in one place; `docs` is the rule's own if it is None."""
        return Finding(self.name, severity, found, fix, file, line, self.docs if docs is None else docs, detail)
