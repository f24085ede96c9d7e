"""What a rule is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """The name of a kind of finding, and what a person should know of it.

    A module in `modules/mwaa/checks/rules/` has `RULES: tuple[Rule, ...]`, all the names that its findings bear, and
    `check(subject: Subject) -> Iterable[Finding]`. It is found there by being there.
    """

    name: str
    """Lowercase words joined by -, the same for ever: suppressions name it."""
    finds: str
    """What it finds, in one sentence."""
    why: str
    """What happens on MWAA if nobody fixes it."""
    docs: str = ""
    """The page or code that says so."""
