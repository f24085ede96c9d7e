"""The progress of a publish, event by event."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PublishStep:
    """A new stretch of work begins."""

    text: str


@dataclass(frozen=True, slots=True)
class ObjectsMoved:
    """So many of the objects of this step are in the bucket."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class EnvironmentRolling:
    """MWAA is at work: the environment's status, for how long (seconds), and how long is usual."""

    status: str
    seconds: float
    usual: str


PublishEvent = PublishStep | ObjectsMoved | EnvironmentRolling
PublishReporter = Callable[[PublishEvent], None]
