"""The result of a resolution: the packages that pip would install, or why there is none."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from mwaa.failure import Failure

Platform = Literal["mwaa", "host"]

Trouble = Literal["conflict", "no such package", "no such version", "source"]


class Unresolvable(Failure):
    """No set of packages satisfies requirements.txt.

    `explanation` is uv's, `lines` are the numbers of the lines in it, `kind` is the reason, `package` the package that
    it is about, if it is about one, and `under` says which constraints were used.
    """

    def __init__(
        self, explanation: str, lines: tuple[int, ...], kind: Trouble = "conflict", package: str = "", under: str = ""
    ) -> None:
        text = f"requirements.txt cannot be installed:\n{explanation}"
        super().__init__(text, "mwaa requirements check")
        self.explanation = explanation
        self.lines = lines
        self.kind = kind
        self.package = package
        self.under = under


@dataclass(frozen=True, slots=True)
class Package:
    """One package of a resolution, at its one version."""

    name: str
    version: str
    line: int | None
    """The line of requirements.txt that names it."""
    in_image: bool
    """Whether the image has it at this version."""
    needed_by: tuple[str, ...]
    file: Path | None = None
    """The wheel, if it comes from a folder."""
    address: str = ""
    """Where it comes from, if requirements.txt names its address."""
    image_version: str | None = None
    """The version in the image, which may differ."""
    yanked: str | None = None
    """Why its author withdrew this version; empty if no reason is known, None if it is not withdrawn."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """All packages that are installed after requirements.txt. `under` says in one line which constraints were used."""

    airflow_version: str
    python: str
    platform: Platform
    packages: tuple[Package, ...]
    under: str
    notes: tuple[str, ...] = ()
    is_certain: bool = False
    """Whether all constraints could be read, the official ones included, so that MWAA would install the same."""
    sources: tuple[str, ...] = field(default=(), repr=False)
    """The file's own option lines on indexes and folders. May hold secrets: for uv's standard input only."""

    def installable(self, packages: Iterable[Package]) -> str:
        """Return the input of `uv pip install --no-deps --index-strategy unsafe-best-match -r -` for these packages:
        the file's own index options, then pins."""
        return "".join(f"{line}\n" for line in (*self.sources, *map(format_pin, packages)))

    @property
    def added(self) -> tuple[Package, ...]:
        """The packages that requirements.txt adds to the image or changes in it."""
        return tuple(package for package in self.packages if not package.in_image)


FIELDS = tuple(one.name for one in fields(Package))
"""Part of each cache key: another version of `mwaa` may keep other fields."""


def format_pin(package: Package) -> str:
    """Return the requirement line that installs exactly this package."""
    if package.file:
        return f"{package.name} @ {package.file.as_uri()}"
    return f"{package.name} @ {package.address}" if package.address else f"{package.name}=={package.version}"


def package_to_json(package: Package) -> dict[str, Any]:
    """Return the package as JSON values; `package_from_json` reads them."""
    return asdict(package) | {"file": str(package.file) if package.file else None}


def package_from_json(item: Mapping[str, Any]) -> Package:
    return Package(
        **{**item, "needed_by": tuple(item["needed_by"]), "file": Path(item["file"]) if item["file"] else None}
    )
