"""The progress of a publish, event by event."""

from dataclasses import dataclass

from mwaa.progress import ProgressEvent, ProgressLine, Step


@dataclass(frozen=True, slots=True)
class ObjectsMoved(ProgressEvent):
    """So many of the objects of this step are in the bucket."""

    done: int
    total: int

    def line(self) -> ProgressLine:
        return ProgressLine("count", "objects", done=self.done, total=self.total)


@dataclass(frozen=True, slots=True)
class EnvironmentRolling(ProgressEvent):
    """MWAA is at work: the environment's status, for how long (seconds), and how long is usual."""

    status: str
    seconds: float
    usual: str

    def line(self) -> ProgressLine:
        took = f"{self.seconds:.0f} s" if self.seconds < 60 else f"{self.seconds // 60:.0f} min"
        return ProgressLine("waiting", f"{self.status} for {took} ({self.usual})", self.status)


PublishEvent = Step | ObjectsMoved | EnvironmentRolling
