"""What of a requirements.txt uv can resolve here: lines, the folders of wheels they name, and what is left out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from mwaa import cache
from mwaa.requirements.constraints import local_path, read_local
from mwaa.requirements.file import Line, RequirementsFile, parse

AT_UNKNOWN_VERSION = frozenset({"psycopg2", "pycurl", "boto3-stubs"})
"""In the image at a version that no constraints file has. A line that names one without a version changes nothing."""


@dataclass(frozen=True, slots=True)
class UvInput:
    """What of a requirements.txt can be resolved here: uv's input, and the line of each package that it names."""

    lines: tuple[str, ...]
    numbers: Mapping[str, int]
    pinned: frozenset[str]
    finds: tuple[Path, ...]
    notes: tuple[str, ...]
    strategy: tuple[str, ...]
    sources: tuple[str, ...]
    """Option lines that say where packages come from. May hold secrets: never printed, never kept."""


def read_uv_input(file: RequirementsFile, mounts: Mapping[str, Path]) -> UvInput:
    """Return what of `file` can be resolved here. `mounts` maps folders of MWAA's containers to local ones."""
    lines: list[str] = []
    sources: list[str] = []
    numbers: dict[str, int] = {}
    pinned: set[str] = set()
    finds: list[Path] = []
    notes: list[str] = []
    only_folders = bool(file.options("--no-index"))
    for line, number in _include_files(file, mounts):
        if line.option == "--find-links":
            if (folder := local_path(line.value, mounts)) and folder.is_dir():
                finds.append(_keep_copies(folder.glob("*.whl")))
            elif "://" in line.value:
                sources.append(f"--find-links {line.value}")
        elif line.option in ("--index-url", "--extra-index-url"):
            sources.append(f"{line.option} {line.value}")
        elif line.option == "--pre":
            lines.append(line.option)
        elif line.kind == "requirement" and (text := _uv_line(line, mounts)):
            if line.name in AT_UNKNOWN_VERSION and line.requirement and not line.requirement.specifier:
                notes.append(f"line {number}: {line.name} is in MWAA's image, at a version that is not known here")
                continue
            lines.append(text)
            if line.name:
                numbers.setdefault(line.name, number)
            if line.pin:
                pinned.add(line.name)
    if only_folders:
        lines += _pins_of_folders(finds, numbers)
    has_more = any(line.startswith("--extra-index-url") for line in sources)
    strategy = ("--index-strategy", "unsafe-best-match") if has_more else ()  # what pip does
    return UvInput((*sources, *lines), numbers, frozenset(pinned), tuple(finds), tuple(notes), strategy, tuple(sources))


def _include_files(file: RequirementsFile, mounts: Mapping[str, Path], depth: int = 3) -> list[tuple[Line, int]]:
    """Return all lines; those of included files (`-r`) have the number of the line that includes them."""
    found: list[tuple[Line, int]] = []
    for line in file.lines:
        if line.option != "--requirement":
            found.append((line, line.number))
        elif depth and (path := local_path(line.value, mounts)) and (text := read_local(path)) is not None:
            found += [(inner, line.number) for inner, _ in _include_files(parse(text), mounts, depth - 1)]
    return found


def _uv_line(line: Line, mounts: Mapping[str, Path]) -> str:
    """Return the requirement as uv reads it; empty if it cannot be part of a resolution here."""
    if line.is_vcs or line.option == "--editable":
        return ""
    if line.is_path:
        path = local_path(line.path, mounts)
        if path is None or not path.is_file():
            return ""
        kept = _keep_copies([path]) / path.name
        return f"{line.requirement.name} @ {kept.as_uri()}" if line.requirement else kept.as_uri()
    return str(line.requirement) if line.requirement else line.value


def _keep_copies(files: Iterable[Path]) -> Path:
    """Return a folder of the cache with copies of these files: a resolution names paths, and outlives a check."""
    found = {path.name: path.read_bytes() for path in sorted(files)}

    def copy(folder: Path) -> None:
        for name, data in found.items():
            (folder / name).write_bytes(data)

    key = cache.digest(*(part for name, data in found.items() for part in (name, data)))
    return cache.build_once(cache.folder() / "wheels" / key, copy)


def _pins_of_folders(finds: Iterable[Path], names: Iterable[str]) -> list[str]:
    """Return pins for --no-index: of each named package the one version that the folders have.

    The index is still used, because the image itself comes from there. The checks report what else would come from it.
    """
    found: dict[str, set[str]] = {}
    for name, number in wheels_by_pin(finds):
        found.setdefault(name, set()).add(number)
    return [f"{name}=={next(iter(found[name]))}" for name in names if len(found.get(name, ())) == 1]


def wheels_by_pin(folders: Iterable[Path]) -> dict[tuple[str, str], Path]:
    """Return the wheels in these folders by name and version."""
    found: dict[tuple[str, str], Path] = {}
    for path in sorted(path for folder in folders for path in folder.glob("*.whl")):
        try:
            name, number, *_ = parse_wheel_filename(path.name)
        except InvalidWheelFilename:
            continue  # pip ignores it as well
        found[(name, str(number))] = path
    return found
