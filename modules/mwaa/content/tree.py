"""Which files of a content folder are shipped."""

import os
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from pathspec import GitIgnoreSpec

from mwaa.config.errors import Problem

# Never content: what Python, operating systems, editors and version control leave behind. `.gitignore` files are not
# consulted: they also name what a build makes and Airflow needs (a dbt manifest, say), and a source archive in a
# pipeline would then give another bundle than a developer's checkout.
JUNK = GitIgnoreSpec.from_lines(
    (
        # Python and its tools
        "__pycache__/",
        "*.py[cod]",
        "*.egg-info/",
        ".ipynb_checkpoints/",
        ".pytest_cache/",
        ".mypy_cache/",
        ".ruff_cache/",
        ".hypothesis/",
        ".tox/",
        ".nox/",
        ".venv/",
        ".coverage",
        # operating systems
        ".DS_Store",
        "._*",
        "Thumbs.db",
        "desktop.ini",
        # editors
        ".idea/",
        ".vscode/",
        "*~",
        "*.sw[op]",
        ".*.sw?",
        ".#*",
        r"\#*#",
        # version control, and what its merges leave
        ".git",
        ".gitignore",
        ".gitattributes",
        ".gitkeep",
        ".gitmodules",
        ".hg/",
        ".svn/",
        "*.orig",
        "*.rej",
    )
)


def shipped_files(top: Path, name: str, field: str, problems: list[Problem]) -> list[tuple[str, Path]]:
    """Return the files below `top` that are shipped, each with its POSIX path relative to `top`; sorted, junk left out.

    `name` is what people call the folder (its path from the project's root) and `field` the field that names it: both
    only for `problems`, to which everything that cannot be shipped is added.

    A link to a file of the same folder is followed, because neither S3 nor the zip file for MWAA can hold links. Any
    other link is refused: one that leaves the folder could publish anything the machine can read, and one to a folder
    makes Airflow's own walk over the files fail ("Detected recursive loop when walking DAG directory"), as it meets a
    folder twice.
    """
    top = Path(os.path.realpath(top))
    files = sorted(_below(top, top, name, field, problems))
    problems += _collisions((relative for relative, _ in files), name, field)
    return files


def printable(name: str) -> str:
    """A file name as it can be shown on any terminal: what is not UTF-8, or not visible, as escapes."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


def _below(folder: Path, top: Path, name: str, field: str, problems: list[Problem]) -> Iterator[tuple[str, Path]]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        problems.append(unreadable(printable(f"{name}/{folder.relative_to(top).as_posix()}"), field, error))
        return
    for entry in entries:
        path = Path(entry.path)
        relative = path.relative_to(top).as_posix()
        is_folder = entry.is_dir(follow_symlinks=False)
        if JUNK.match_file(entry.name + "/" * is_folder):
            continue
        try:
            problem = _problem_of(entry, top)
        except OSError as error:
            problem = str(error.strerror), "a readable file", "fix its permissions"
        if problem:
            given, allowed, fix = problem
            problems.append(Problem(field, given, allowed, fix, file=printable(f"{name}/{relative}")))
        elif is_folder:
            yield from _below(path, top, name, field, problems)
        else:
            yield relative, path


def _problem_of(entry: os.DirEntry[str], top: Path) -> tuple[str, str, str] | None:
    """What was found, what is allowed and how to fix it, when this entry cannot be shipped."""
    if not _is_portable(entry.name):
        allowed = "names in UTF-8 without control characters and backslashes"
        return f'a file named "{printable(entry.name)}"', allowed, "rename it"
    if entry.is_symlink():
        link, target = printable(os.readlink(entry.path)), Path(os.path.realpath(entry.path))
        allowed = "links to a file of the same folder"
        if target.is_dir():
            return f"a link to a folder ({link})", allowed, "put the folder itself here"
        if not target.is_relative_to(top):
            return f"a link that leaves the folder ({link})", allowed, "put the file itself here"
        if not target.is_file():
            return f"a link to nothing ({link})", allowed, "remove the link, or fix its target"
    elif not entry.is_dir() and not entry.is_file():
        return "neither a file nor a folder (a pipe, socket or device)", "files and folders", "remove it"
    return None


def _is_portable(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return "\\" not in name and not any(unicodedata.category(letter) == "Cc" for letter in name)


def _collisions(relatives: Iterable[str], name: str, field: str) -> Iterator[Problem]:
    """Names, of files or folders, that are one and the same on a disk that ignores case (macOS, Windows).

    The same tree would give another bundle there. Names are compared as such disks do: composed, and without case.
    """
    seen: dict[str, str] = {}
    reported: set[str] = set()
    for relative in relatives:
        path = PurePosixPath(relative)
        for one in (*map(str, reversed(path.parents)), relative):
            other = seen.setdefault(unicodedata.normalize("NFC", one).casefold(), one)
            if other != one and one not in reported:
                reported.add(one)
                given, allowed = f'"{one}" beside "{other}"', "names that differ by more than case"
                yield Problem(field, given, allowed, "rename one of the two", file=f"{name}/{one}")


def unreadable(file: str, field: str, error: OSError) -> Problem:
    """Return the problem of a file that the operating system does not let us read."""
    return Problem(field, error.strerror or str(error), "a readable file", "fix its permissions", file=file)
