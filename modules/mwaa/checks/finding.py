"""One result of one check."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]
"""error: MWAA would refuse it, or it would not run; warning: it would run, and should not stay so; note: worth knowing,
such as what could not be proved here."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule found in one place. `rule` is the rule's name; `file` is a path as the user knows it, relative to
    the project's root (or as it was given on the command line), and `line` counts from 1.

    `found` is one sentence for people, `fix` what to do about it, `docs` the page that says so; `detail` is longer
    evidence over several lines, such as the resolver's explanation.
    """

    rule: str
    severity: Severity
    found: str
    fix: str = ""
    file: str = ""
    line: int | None = None
    docs: str = ""
    detail: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For `--json` and the cache."""
        return asdict(self)
