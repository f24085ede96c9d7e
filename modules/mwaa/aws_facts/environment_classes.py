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
        """The ranges by the fields of `Workspace` that they bind."""
        return {
            "min_workers": self.workers,
            "max_workers": self.workers,
            "schedulers": self.schedulers,
            "min_webservers": self.webservers,
            "max_webservers": self.webservers,
        }


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
