"""The Airflow releases that MWAA offers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from mwaa.aws_facts.user_guide import guide

PUBLIC_AND_PRIVATE_SINCE = "3.2.1"
"""The first release with the webserver access mode PUBLIC_AND_PRIVATE. UG configuring-networking."""

_PUBLIC_AND_PRIVATE_SINCE = tuple(int(part) for part in PUBLIC_AND_PRIVATE_SINCE.split("."))


@dataclass(frozen=True, slots=True)
class Release:
    """An Apache Airflow release in MWAA. `end_of_support` is None while AWS has announced none."""

    version: str
    python: str
    since: date | None
    end_of_support: date | None = None

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.version.split("."))

    @property
    def offers_public_and_private(self) -> bool:
        """Whether the webserver access mode PUBLIC_AND_PRIVATE exists in the release."""
        return self.numbers >= _PUBLIC_AND_PRIVATE_SINCE

    def is_supported(self, today: date) -> bool:
        """Whether a new environment may be created with the release on that day."""
        return self.end_of_support is None or today < self.end_of_support


RELEASES: Mapping[str, Release] = MappingProxyType(
    {
        release.version: release
        for release in (
            # UG airflow-versions, copies of September 2026. AWS announces an end of support at least 180 days ahead;
            # for 2.7.2 and later none was announced in those copies.
            Release("3.3.1", "3.12", date(2026, 9, 1)),
            Release("3.2.1", "3.12", date(2026, 5, 19)),
            Release("3.0.6", "3.12", date(2025, 10, 1)),
            Release("2.11.2", "3.12", date(2026, 7, 23)),
            Release("2.11.0", "3.12", date(2026, 1, 7)),
            Release("2.10.3", "3.11", date(2024, 12, 18)),
            Release("2.10.1", "3.11", date(2024, 9, 26)),
            Release("2.9.2", "3.11", date(2024, 7, 9)),
            Release("2.8.1", "3.11", date(2024, 2, 23)),
            Release("2.7.2", "3.11", date(2023, 11, 6)),
            # Ended. Python and launch day no longer matter: nothing can be created with these.
            Release("2.6.3", "", None, date(2025, 12, 30)),
            Release("2.5.1", "", None, date(2025, 12, 30)),
            Release("2.4.3", "", None, date(2025, 12, 30)),
            Release("2.2.2", "", None, date(2024, 6, 27)),
            Release("2.0.2", "", None, date(2024, 4, 29)),
            Release("1.10.12", "", None, date(2024, 2, 21)),
        )
    }
)


RELEASES_SOURCE = guide("airflow-versions")


def supported_versions(today: date) -> list[str]:
    """Return the releases with which an environment can be created on that day, newest first."""
    return [release.version for release in RELEASES.values() if release.is_supported(today)]
