"""Building the Bundle: content, checked, staged under the names of its S3 objects, and hashed."""

import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mwaa.aws_facts.airflow_options import IgnoreSyntax
from mwaa.config import Content, Problem
from mwaa.content.airflowignore import (
    IGNORE_FILE,
    IgnoreRule,
    PatternError,
    ignored_files,
    might_contain_dag,
    parse_ignore_file,
)
from mwaa.content.archive import write_archive
from mwaa.content.errors import ContentError
from mwaa.content.tree import printable, shipped_files, unreadable
from mwaa.files import replaced_folder

S3_KEYS = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"
STARTUP_SCRIPTS = "https://docs.aws.amazon.com/mwaa/latest/userguide/using-startup-script.html"
MAX_KEY_BYTES = 1024


@dataclass(frozen=True, slots=True)
class BundleFile:
    """One object of the source bucket."""

    key: str
    """The S3 key, POSIX, from the bucket's root."""
    path: Path
    """The file whose bytes the object gets: staged, or with `gather` the project's own."""
    sha256: str
    """Of these bytes, in hex."""
    size: int
    """In bytes."""
    parsed: bool = False
    """Whether Airflow imports it in search of DAGs. False for everything outside the DAG tree."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a workspace ships, laid out in `directory` exactly as in the source bucket."""

    directory: Path
    dags: tuple[BundleFile, ...]
    """The DAG tree, sorted by key. MWAA fetches changes by itself, every 30 seconds."""
    plugins: BundleFile | None
    requirements: BundleFile | None
    startup_script: BundleFile | None
    digest: str
    """SHA-256, in hex, of the listing that `sha256sum` prints for all objects sorted by key: it changes when, and only
    when, a byte or a key does."""


def build(content: Content, root: Path, out: Path, *, airflowignore_syntax: IgnoreSyntax) -> Bundle:
    """Build the bundle of `content`, whose paths are relative to `root`, in the folder `out`.

    `out` belongs to this function: whatever was there is replaced, in one step and only when all is well, so that a
    build that was interrupted leaves either the old bundle or none. Builds beside each other wait for their turn.

    Staged bytes are the source's bytes. Dates and permissions of the source count for nothing.

    All files below the DAG folder are shipped, also those that `.airflowignore` names: to Airflow it means "do not look
    for DAGs here", and the modules and SQL files it names are just what the DAGs import and read. They are marked
    `parsed=False`, as is everything else that Airflow would not import in search of a DAG. Never shipped is what
    machines and editors leave behind (`JUNK` in modules/mwaa/content/tree.py).

    `airflowignore_syntax` is the environment's `core.dag_ignore_file_syntax`: unless configured otherwise "regexp" for
    Airflow 2 and "glob" for Airflow 3.

    Raises ContentError with everything that hinders shipping: paths missing, of the wrong kind, unreadable or outside
    `root`; links that would publish something else; names that S3, MWAA or a colleague's disk cannot hold; a startup
    script that bash cannot run; requirements that pip cannot read.
    """
    return _bundle(content, root, out, airflowignore_syntax, copies=True)


def copy(bundle: Bundle, out: Path) -> Bundle:
    """Return a built bundle in the folder `out` too, by hard links where the disk has them.

    Nothing writes into a bundle: a build replaces its folder.
    """
    with replaced_folder(out) as stage:
        shutil.copytree(bundle.directory, stage, copy_function=_link, dirs_exist_ok=True)

    def moved(file: BundleFile) -> BundleFile:
        return replace(file, path=out / file.path.relative_to(bundle.directory))

    return replace(
        bundle,
        directory=out,
        dags=tuple(map(moved, bundle.dags)),
        plugins=bundle.plugins and moved(bundle.plugins),
        requirements=bundle.requirements and moved(bundle.requirements),
        startup_script=bundle.startup_script and moved(bundle.startup_script),
    )


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def gather(content: Content, root: Path, out: Path, *, airflowignore_syntax: IgnoreSyntax) -> Bundle:
    """The bundle of `build`, of which only plugins.zip is made in `out`: all other files stay where they are.

    For a look at the bundle, and for uploads that give the hash along. Ten thousand DAG files take four times as long
    to copy as to read. Raises ContentError.
    """
    return _bundle(content, root, out, airflowignore_syntax, copies=False)


def _bundle(content: Content, root: Path, out: Path, airflowignore_syntax: IgnoreSyntax, *, copies: bool) -> Bundle:
    problems: list[Problem] = []
    with replaced_folder(out) as stage:
        staging = _Staging(Path(os.path.realpath(root)), stage, out, problems, copies)
        dags = _dag_tree(staging, content, airflowignore_syntax)
        plugins = _plugins(staging, content)
        requirements = _single_file(
            staging, content.requirements, "requirements", content.requirements_s3_path, _requirements_mistake
        )
        startup_script = _single_file(
            staging, content.startup_script, "startup_script", content.startup_script_s3_path, _startup_mistake
        )
        files = [*dags, *filter(None, (plugins, requirements, startup_script))]
        if problems:
            raise ContentError(problems)
    return Bundle(out, dags, plugins, requirements, startup_script, _digest(files))


@dataclass(frozen=True, slots=True)
class _Staging:
    root: Path
    stage: Path
    out: Path
    problems: list[Problem]
    copies: bool
    """Whether files that are shipped as they are are copied."""

    def refuse(self, field: str, got: str, expected: str, fix: str, *, file: str = "", docs: str = "") -> None:
        self.problems.append(Problem(f"content.{field}", got, expected, fix, docs, printable(file)))

    def source(self, name: str, field: str, *, folder: bool) -> Path | None:
        """Where the content at `name` lies, if it is there and of that kind."""
        kind = "folder" if folder else "file"
        path = Path(os.path.realpath(self.root / name))
        if not path.is_relative_to(self.root):
            self.refuse(field, f"{name}, which lies outside of the project", "a path inside", "move it in", file=name)
            return None
        try:
            mode = path.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            optional = "" if field == "dags" else f", or set {field}=None to ship none"
            self.refuse(field, f"{name}, which does not exist", f"a {kind}", f"create it{optional}", file=name)
        except OSError as error:
            self.problems.append(unreadable(name, f"content.{field}", error))
        else:
            if stat.S_ISDIR(mode) if folder else stat.S_ISREG(mode):
                return path
            self.refuse(field, f"{name}, which is not a {kind}", f"a {kind}", f"name the {kind} itself", file=name)
        return None

    def read(self, path: Path, field: str, name: str) -> bytes | None:
        try:
            return path.read_bytes()
        except OSError as error:
            self.problems.append(unreadable(printable(name), f"content.{field}", error))
            return None

    def accepts(self, key: str, field: str, name: str) -> bool:
        """Whether S3 takes a key of this length."""
        size = len(key.encode())
        if size > MAX_KEY_BYTES:
            given, allowed = f"an S3 key of {size} bytes", f"at most {MAX_KEY_BYTES}"
            self.refuse(field, given, allowed, "use shorter names", file=name, docs=S3_KEYS)
        return size <= MAX_KEY_BYTES

    def place(self, key: str) -> Path:
        path = self.stage / key
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def file(self, key: str, source: Path, data: bytes, *, parsed: bool = False) -> BundleFile:
        if self.copies:
            self.place(key).write_bytes(data)
        path = self.out / key if self.copies else source
        return BundleFile(key, path, hashlib.sha256(data).hexdigest(), len(data), parsed)


def _dag_tree(staging: _Staging, content: Content, syntax: IgnoreSyntax) -> tuple[BundleFile, ...]:
    top = staging.source(content.dags, "dags", folder=True)
    if top is None:
        return ()
    staged: dict[str, BundleFile] = {}
    rules: dict[str, tuple[IgnoreRule, ...]] = {}
    for relative, path in shipped_files(top, content.dags, "content.dags", staging.problems):
        name = f"{content.dags}/{relative}"
        key = f"{content.dag_s3_path}/{relative}"
        if not staging.accepts(key, "dags", name) or (data := staging.read(path, "dags", name)) is None:
            continue
        staged[relative] = staging.file(key, path, data, parsed=might_contain_dag(relative, data))
        if path.name == IGNORE_FILE:
            rules[relative] = _airflowignore(staging, data, relative, name, syntax)
    ignored = ignored_files(staged, rules)
    return tuple(replace(file, parsed=file.parsed and relative not in ignored) for relative, file in staged.items())


def _airflowignore(
    staging: _Staging, data: bytes, relative: str, name: str, syntax: IgnoreSyntax
) -> tuple[IgnoreRule, ...]:
    try:
        return parse_ignore_file(data.decode(), relative, syntax)
    except UnicodeDecodeError as error:
        staging.refuse("dags", _where(error), "UTF-8", "save it as UTF-8", file=name)
    except PatternError as error:
        fix = "fix the pattern, or set core.dag_ignore_file_syntax to the syntax in use"
        staging.refuse("dags", str(error), f"patterns in the {syntax} syntax", fix, file=name)
    return ()


def _plugins(staging: _Staging, content: Content) -> BundleFile | None:
    if content.plugins is None or (top := staging.source(content.plugins, "plugins", folder=True)) is None:
        return None
    folder, key, found = content.plugins, content.plugins_s3_path, len(staging.problems)
    files = shipped_files(top, folder, "content.plugins", staging.problems)
    if not files and len(staging.problems) == found:
        fix = "add a plugin, or set plugins=None to ship none"
        staging.refuse("plugins", "a folder without a file to ship", "at least one file", fix, file=folder)
    if not files or not staging.accepts(key, "plugins", folder):
        return None

    def members() -> Iterator[tuple[str, bytes]]:
        for relative, path in files:
            if (data := staging.read(path, "plugins", f"{folder}/{relative}")) is not None:
                yield relative, data

    # The folder's contents are zipped, not the folder: MWAA unpacks the file into /usr/local/airflow/plugins.
    path = staging.place(key)
    write_archive(path, members())
    with path.open("rb") as archive:
        sha256 = hashlib.file_digest(archive, "sha256").hexdigest()
    return BundleFile(key, staging.out / key, sha256, path.stat().st_size)


Mistake = tuple[str, str, str]
"""What was given, what is allowed, how to fix it."""


def _single_file(
    staging: _Staging, name: str | None, field: str, key: str, mistakes: Callable[[str, bytes], Iterable[Mistake]]
) -> BundleFile | None:
    if name is None or (path := staging.source(name, field, folder=False)) is None:
        return None
    data = staging.read(path, field, name)
    if data is None or not staging.accepts(key, field, name):
        return None
    for given, allowed, fix in mistakes(name, data):
        source = STARTUP_SCRIPTS if field == "startup_script" else ""
        staging.refuse(field, given, allowed, fix, file=name, docs=source)
    return staging.file(key, path, data)


def _requirements_mistake(_name: str, data: bytes) -> Iterator[Mistake]:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        yield _where(error), "UTF-8", "save it as UTF-8"


def _startup_mistake(name: str, data: bytes) -> Iterator[Mistake]:
    if not name.endswith(".sh"):
        yield f'"{name}"', "a name that ends with .sh", "rename it"
    if b"\r\n" in data:
        line = data[: data.index(b"\r\n")].count(b"\n") + 1
        fix = f"sed -i 's/\\r$//' {name}"
        yield f"a Windows line end (CR LF) in line {line}, which bash takes as part of the command", "LF", fix


def _where(error: UnicodeDecodeError) -> str:
    line = error.object[: error.start].count(b"\n") + 1
    return f"byte 0x{error.object[error.start]:02x} in line {line}, which is not UTF-8"


def _digest(files: Iterable[BundleFile]) -> str:
    listing = "".join(f"{file.sha256}  {file.key}\n" for file in sorted(files, key=lambda file: file.key))
    return hashlib.sha256(listing.encode()).hexdigest()
