"""Draws the progress of long work on standard error: with a live line on a terminal, as plain lines elsewhere."""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column

from mwaa.cli.output import console
from mwaa.progress import ProgressEvent, ProgressLine, Report
from mwaa.visible_text import visible

_REPEAT_SECONDS = 60.0
_STYLES = {"created": "green", "changed": "yellow", "destroyed": "red"}


@contextmanager
def watching(*, quiet: bool = False) -> Iterator[Report]:
    """Yield the function to call with each event. The live line is gone at the end, the others stay."""
    if quiet:
        yield lambda _: None
        return
    out = console(stderr=True)
    if not out.is_terminal or os.environ.get("CI"):
        yield _Lines(out).show
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=out, transient=True) as live:
        yield _LiveLine(out, live).show


class _Lines:
    """The lines that stay; here also details and counts, because there is no live line."""

    def __init__(self, out: Console) -> None:
        self.out = out
        self.current = ""
        """What is worked on now."""
        self.done = 0
        self.total: int | None = None
        self._last_detail = ""
        self._waits_for = ("", 0.0)

    def show(self, event: str | ProgressEvent) -> None:
        if isinstance(event, str):
            self.detail(event)
        elif line := event.line():
            self.keep(line)

    def detail(self, text: str) -> None:
        """Counts that go up are one line: only their first is printed."""
        words = re.sub(r"\d+", "", text)
        if words != self._last_detail:
            self._last_detail = words
            self.out.print(text)

    def keep(self, line: ProgressLine) -> None:
        match line.level:
            case "step":
                self.current, self.done, self.total = line.text, 0, None
                self.out.print(f"==> {line.text}", style="bold")
            case "summary":
                self.done, self.total = 0, line.total
                self.out.print(line.text, style="bold")
            case "began":
                self.current = line.text
            case "ended":
                self.done += 1
                count = f"{self.done:>{len(str(self.total or 0))}}/{self.total or 0}"
                self.out.print(f"  {count}  {line.text}", style=_STYLES.get(line.text.split()[0]))
            case "count":
                self.done, self.total = line.done, line.total
                if line.done == line.total:
                    self.out.print(f"    {line.done} {line.text}")
            case "waiting":
                status, since = self._waits_for
                if status != line.subject or time.monotonic() - since >= _REPEAT_SECONDS:
                    self._waits_for = (line.subject, time.monotonic())
                    self.out.print(f"    {line.text}")
            case "warning":
                self.out.print(f"Warning: {line.text}", style="yellow")


class _LiveLine(_Lines):
    """The same with a live line, which shows details, counts and waiting instead of printing them."""

    def __init__(self, out: Console, live: Progress) -> None:
        super().__init__(out)
        self._live = live
        self._task = live.add_task("", total=None)
        self._working: dict[str, str] = {}

    def detail(self, text: str) -> None:
        self._live.update(self._task, description=visible(text))

    def keep(self, line: ProgressLine) -> None:
        match line.level:
            case "count":
                self.done, self.total = line.done, line.total
            case "waiting":
                self.current = line.text
            case _:
                super().keep(line)
        if line.level == "step":
            self._working.clear()
        elif line.level == "began":
            self._working[line.subject] = line.text
        elif line.level == "ended":
            self._working.pop(line.subject, None)
        self._draw()

    def _draw(self) -> None:
        newest = next(reversed(self._working.values()), self.current)
        more = f" and {len(self._working) - 1} more" if len(self._working) > 1 else ""
        count = f"  {self.done}/{self.total}" if self.total else ""
        self._live.update(self._task, description=visible(f"{newest}{more}{count}"))
