"""How long work reports its progress: one protocol, and events in words that the command line draws."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Level = Literal["step", "summary", "began", "ended", "count", "waiting", "warning"]
"""step: a new stretch of work begins; summary: its size or its result; began, ended: one of many things is worked on or
finished; count: how many are finished; waiting: another system works; warning: something to read."""


@dataclass(frozen=True, slots=True)
class ProgressLine:
    """One event in words for people.

    `subject` names what began or ended, or the status that is waited for. `total` is how many things the step consists
    of, where that is known, and `done` how many of them are finished.
    """

    level: Level
    text: str
    subject: str = ""
    done: int = 0
    total: int | None = None


class ProgressEvent(ABC):
    """Something that happened in long work, with fields of its own for those who call the work."""

    @abstractmethod
    def line(self) -> ProgressLine | None:
        """Return the event in words, or None if there is nothing to show."""


@dataclass(frozen=True, slots=True)
class Step(ProgressEvent):
    """A new stretch of work begins."""

    text: str

    def line(self) -> ProgressLine:
        return ProgressLine("step", self.text)


Report = Callable[[str | ProgressEvent], None]
"""Takes an event, or the detail that is worked on now as one short line."""

ReportDetail = Callable[[str], None]
"""What work calls that reports details only. Every Report is one."""
