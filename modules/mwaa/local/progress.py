"""Reads what `cdktf deploy` and `cdktf destroy` print, and says what it means."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mwaa.progress import ProgressEvent, ProgressLine, Step


@dataclass(frozen=True, slots=True)
class Planned(ProgressEvent):
    """The size of Terraform's plan."""

    add: int
    change: int
    destroy: int

    @property
    def total(self) -> int:
        return self.add + self.change + self.destroy

    def line(self) -> ProgressLine:
        text = f"Plan: {self.add} to add, {self.change} to change, {self.destroy} to destroy"
        return ProgressLine("summary", text, total=self.total)


@dataclass(frozen=True, slots=True)
class Began(ProgressEvent):
    """Terraform works on a resource."""

    address: str

    def line(self) -> ProgressLine:
        return ProgressLine("began", self.address, self.address)


@dataclass(frozen=True, slots=True)
class Done(ProgressEvent):
    """Terraform created, changed or destroyed a resource; `took` is Terraform's own text, such as 1m2s."""

    address: str
    action: str
    took: str

    def line(self) -> ProgressLine:
        return ProgressLine("ended", f"{self.action}  {self.address}  {self.took}", self.address)


@dataclass(frozen=True, slots=True)
class Warned(ProgressEvent):
    """The first line of a warning; where it ends cannot be distinguished from what follows it."""

    text: str

    def line(self) -> ProgressLine:
        return ProgressLine("warning", self.text)


@dataclass(frozen=True, slots=True)
class Failed(ProgressEvent):
    """An error, as Terraform wrote it."""

    text: str

    def line(self) -> None:
        """Nothing: the command ends with it."""


@dataclass(frozen=True, slots=True)
class Finished(ProgressEvent):
    """Terraform's own last word: how many resources it created, changed and destroyed."""

    add: int
    change: int
    destroy: int

    def line(self) -> ProgressLine:
        text = f"Done: {self.add} added, {self.change} changed, {self.destroy} destroyed"
        return ProgressLine("summary", text)


DeployEvent = Step | Planned | Began | Done | Warned | Failed | Finished


def read(lines: Iterable[str], stack: str) -> Iterator[DeployEvent]:
    """Read the output of `cdktf deploy` or `destroy`. Every resource is reported once for each thing done to it."""
    seen: set[DeployEvent] = set()
    error: list[str] = []
    for raw in lines:
        line, inside = _unprefixed(raw.rstrip(), stack)
        event = _event(line) if inside else None
        begins = inside and line.startswith("Error: ")
        if error and (event or begins or not inside):
            yield Failed("\n".join(error).strip())
            error = []
        if begins or error:
            error.append(line)
        elif event and event not in seen:
            seen.add(event)
            yield event
    if error:
        yield Failed("\n".join(error).strip())


_STEP = re.compile(r"Initializing the backend\.\.\.")
_WARNING = re.compile(r"Warning: (?!Incomplete lock file information)(.+)")  # that one is about our mirror: no news
_PLAN = re.compile(r"Plan: (?:\d+ to import, )?(\d+) to add, (\d+) to change, (\d+) to destroy\.")
_BEGAN = re.compile(r"(\S.*?): (?:Creating|Modifying|Destroying)\.\.\.")
_DONE = re.compile(r"(\S.*?): (Creation|Modifications|Destruction) complete after (\w+)")
_END = re.compile(
    r"(?:Apply|Destroy) complete! Resources: "
    r"(?:\d+ imported, )?(?:(\d+) added, )?(?:(\d+) changed, )?(\d+) destroyed\."
)
_ACTIONS = {"Creation": "created", "Modifications": "changed", "Destruction": "destroyed"}


def _event(line: str) -> DeployEvent | None:
    if match := _DONE.match(line):
        return Done(_address(match[1]), _ACTIONS[match[2]], match[3])
    if match := _BEGAN.match(line):
        return Began(_address(match[1]))
    if match := _PLAN.match(line):
        return Planned(*map(int, match.groups()))
    if match := _END.match(line):
        return Finished(*(int(number or 0) for number in match.groups()))
    if match := _WARNING.match(line):
        return Warned(match[1])
    return Step("terraform init and plan") if _STEP.match(line) else None


def _address(text: str) -> str:
    """Terraform's address, without the construct path that CDKTF writes into it: `aws_vpc.main (network/main)`."""
    return re.sub(r"^(\S+) \([^()]*\)", r"\1", text)


def _unprefixed(line: str, stack: str) -> tuple[str, bool]:
    """A line without the column in which CDKTF writes the stack's name now and then; False if it has no such column."""
    width = len(stack) + 2
    column = line[:width]
    return (line[width:], True) if column.strip() in ("", stack) else (line, False)
