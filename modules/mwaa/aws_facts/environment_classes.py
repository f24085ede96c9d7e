"""MWAA's environment classes and their limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mwaa.aws_facts.user_guide import guide


@dataclass(frozen=True, slots=True)
class EnvironmentClass:
    """Limits of an environment class. Ranges are inclusive; `dags` is AWS's advice on the number of DAGs."""

    name: str
    dags: int
    tasks_per_worker: int
    schedulers: tuple[int, int]
    webservers: tuple[int, int]
    workers: tuple[int, int]
    default_schedulers: int
    default_webservers: int
    default_max_workers: int

    @property
    def limits(self) -> Mapping[str, tuple[int, int]]:
        """The ranges by size, named as the fields of `Workspace`."""
        return self._ranges(self.workers, self.webservers)

    def limits_within(self, *, workers: int, webservers: int) -> Mapping[str, tuple[int, int]]:
        """Return `limits` for an account with these quotas of workers and webservers per environment."""
        return self._ranges(_cap(self.workers, workers), _cap(self.webservers, webservers))

    def _ranges(self, workers: tuple[int, int], webservers: tuple[int, int]) -> Mapping[str, tuple[int, int]]:
        return {
            "min_workers": workers,
            "max_workers": workers,
            "schedulers": self.schedulers,
            "min_webservers": webservers,
            "max_webservers": webservers,
        }


SIZE_PAIRS: tuple[tuple[str, str], ...] = (("min_workers", "max_workers"), ("min_webservers", "max_webservers"))
"""Sizes of which the first must not exceed the second. BC CreateEnvironment."""


@dataclass(frozen=True, slots=True)
class SizeViolation:
    """A size outside the inclusive range `low` to `high`."""

    field: str
    value: int
    low: int
    high: int


def size_violations(sizes: Mapping[str, int], limits: Mapping[str, tuple[int, int]]) -> tuple[SizeViolation, ...]:
    """Return the sizes that are outside their limits, in the order of `limits`."""
    return tuple(
        SizeViolation(field, sizes[field], low, high)
        for field, (low, high) in limits.items()
        if not low <= sizes[field] <= high
    )


def inverted_pairs(sizes: Mapping[str, int]) -> tuple[tuple[str, str], ...]:
    """Return the `SIZE_PAIRS` whose minimum exceeds their maximum."""
    return tuple((lower, upper) for lower, upper in SIZE_PAIRS if sizes[lower] > sizes[upper])


def _cap(limits: tuple[int, int], quota: int) -> tuple[int, int]:
    low, high = limits
    return low, max(low, min(high, quota))


def _standard(name: str, dags: int, tasks_per_worker: int) -> EnvironmentClass:
    return EnvironmentClass(
        name,
        dags,
        tasks_per_worker,
        schedulers=(2, 5),
        webservers=(2, 5),
        workers=(1, 50),  # the quota is 25 and can be raised to 50: UG mwaa-quotas
        default_schedulers=2,
        default_webservers=2,
        default_max_workers=10,
    )


ENVIRONMENT_CLASSES: Mapping[str, EnvironmentClass] = MappingProxyType(
    {
        item.name: item
        for item in (
            # UG environment-class and BC. That micro has exactly one worker is inferred from "no autoscaling".
            EnvironmentClass("mw1.micro", 25, 3, (1, 1), (1, 1), (1, 1), 1, 1, 1),
            _standard("mw1.small", 50, 5),
            _standard("mw1.medium", 250, 10),
            _standard("mw1.large", 1000, 20),
            _standard("mw1.xlarge", 2000, 40),
            _standard("mw1.2xlarge", 4000, 80),
        )
    }
)


ENVIRONMENT_CLASSES_SOURCE = guide("environment-class")
