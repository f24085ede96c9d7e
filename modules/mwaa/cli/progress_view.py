"""Draws a deployment as it goes: a bar below the lines on a terminal, plain lines everywhere else."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from mwaa.cli.output import console, is_live
from mwaa.local.progress import Began, DeployEvent, DeployReport, DeployStep, Done, Failed, Finished, Planned, Warned

_STYLES = {"created": "green", "changed": "yellow", "destroyed": "red"}


@contextmanager
def watching() -> Iterator[DeployReport]:
    """Gives the function to call with each event. The bar is gone at the end, the lines stay."""
    lines = _Lines(console())
    if not is_live():
        yield lines.show
        return
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=lines.console,
        transient=True,
    ) as bar:

        def show(event: DeployEvent) -> None:
            lines.show(event)
            _draw(bar, lines)

        yield show


class _Lines:
    """What was done so far, printed line by line."""

    def __init__(self, target: Console) -> None:
        self.console = target
        self.doing = ""
        self.done = 0
        self.total = 0
        self.working: dict[str, None] = {}

    def show(self, event: DeployEvent) -> None:
        match event:
            case DeployStep(text):
                self.doing = text
                self.console.print(f"==> {text}", style="bold")
            case Planned():
                self.done, self.total = 0, event.total
                self.console.print(
                    f"Plan: {event.add} to add, {event.change} to change, {event.destroy} to destroy", style="bold"
                )
            case Began(address):
                self.working[address] = None
            case Done(address, action, took):
                self.done += 1
                self.working.pop(address, None)
                width = len(str(self.total))
                self.console.print(
                    f"  {self.done:>{width}}/{self.total}  {action}  {address}  {took}", style=_STYLES[action]
                )
            case Warned(text):
                self.console.print(f"Warning: {text}", style="yellow")
            case Failed():
                pass  # the command ends with it
            case Finished():
                self.console.print(
                    f"Done: {event.add} added, {event.change} changed, {event.destroy} destroyed", style="bold"
                )


def _draw(bar: Progress, lines: _Lines) -> None:
    if not bar.tasks:
        bar.add_task("", total=None)
    newest = next(reversed(lines.working), lines.doing)
    more = f" and {len(lines.working) - 1} more" if len(lines.working) > 1 else ""
    bar.update(bar.tasks[0].id, description=f"{newest}{more}", completed=lines.done, total=lines.total or None)
