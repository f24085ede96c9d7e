"""What is checked: content and the release it is for, laid out as MWAA would lay it out."""

import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mwaa.aws_facts.airflow_options import IgnoreSyntax, airflowignore_syntax, plugin_options
from mwaa.aws_facts.containers import DAGS_FOLDER, PLUGINS_FOLDER, component_name
from mwaa.aws_facts.environment_classes import ENVIRONMENT_CLASSES, EnvironmentClass
from mwaa.aws_facts.releases import RELEASES, Release
from mwaa.config import ConfigurationError, Content, Definition, Problem, Workspace
from mwaa.content import Bundle, ContentError, build
from mwaa.content.tree import printable, shipped_files
from mwaa.process import Say, ToolError

if TYPE_CHECKING:
    from mwaa.airflow import AirflowEnvironment, ParsedContent
    from mwaa.requirements import RequirementsFile, Resolution


Fact = TypeVar("Fact")

_PARTS = ("dags", "plugins", "requirements", "startup_script")


@dataclass(frozen=True, slots=True)
class ContentFile:
    """One file that would be shipped."""

    path: Path
    """Where its bytes can be read now."""
    relative: str
    """POSIX, from the DAG folder or the plugins folder; the name alone for a single file."""
    shown: str
    """How the person knows it: from the project's root, or as the command line named it."""
    parsed: bool = False
    """Whether Airflow imports it in search of DAGs."""

    def text(self) -> str:
        """What is not UTF-8 is replaced: rules only look."""
        return self.path.read_text(encoding="utf-8", errors="replace")


@dataclass(frozen=True)
class ReleaseTarget:
    """What the content is for."""

    name: str
    """The workspace's name, or "content" for content given by path."""
    airflow_version: str
    environment_class: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    """Airflow's, as `section.option`."""
    workspace: Workspace | None = None
    file: str = ""
    """The file that declares the workspace, from the project's root; empty for content given by path."""

    @property
    def syntax(self) -> IgnoreSyntax:
        """How Airflow reads `.airflowignore`; the same as `Workspace.airflowignore_syntax`."""
        return airflowignore_syntax(self.airflow_version, self.options)

    @property
    def release(self) -> Release:
        return RELEASES[self.airflow_version]

    @property
    def limits(self) -> EnvironmentClass | None:
        """The limits of the environment class, if one was named."""
        return ENVIRONMENT_CLASSES[self.environment_class] if self.environment_class else None


@dataclass(frozen=True)
class Subject(ReleaseTarget):
    """What the rules read. Facts that take time are found out when a rule first asks, and then kept."""

    bundle: Bundle = field(kw_only=True)
    """As it would be shipped, without the files that cannot be."""
    problems: tuple[Problem, ...] = field(kw_only=True)
    """What hinders shipping. The files it names are in none of the fields below."""
    dags: tuple[ContentFile, ...] = field(kw_only=True)
    plugins: tuple[ContentFile, ...] = field(kw_only=True)
    requirements: ContentFile | None = field(kw_only=True)
    startup_script: ContentFile | None = field(kw_only=True)
    folders: Mapping[str, Path] = field(kw_only=True)
    """Where MWAA's places lie here: always the DAG folder's, and that of the plugins if there are any."""
    plugins_zip: Path | None = field(kw_only=True)
    """The very file that would be shipped."""
    shown: Mapping[str, str] = field(kw_only=True)
    """How the person knows the parts of the content (dags, plugins, requirements, startup_script) that there are."""
    home: Path = field(kw_only=True)
    """A folder of this check's own; gone when it ends."""
    say: Say = field(kw_only=True)

    @property
    def python_files(self) -> tuple[ContentFile, ...]:
        return tuple(file for file in (*self.dags, *self.plugins) if file.relative.endswith(".py"))

    def variables(self, component: str) -> dict[str, str]:
        """What a container of MWAA has beside Airflow's own settings, and DAG files read: UG using-startup-script."""
        region = self.workspace.region if self.workspace else os.environ.get("AWS_DEFAULT_REGION", "us-east-1")
        return {
            "AIRFLOW_ENV_NAME": self.workspace.environment_name if self.workspace else self.name,
            "AIRFLOW_VERSION": self.airflow_version,
            "AWS_DEFAULT_REGION": region,
            "AWS_REGION": region,
            "MWAA_AIRFLOW_COMPONENT": component,
        }

    def dag(self, relative: str) -> str:
        """How the person knows a file of the DAG folder."""
        return f"{self.shown['dags']}/{relative}"

    def plugin(self, relative: str) -> str:
        """How the person knows a file of the plugins."""
        return f"{self.shown['plugins']}/{relative}"

    @cached_property
    def requirements_file(self) -> "RequirementsFile | None":
        """requirements.txt, read line by line; None if none is shipped."""
        from mwaa.requirements import parse

        return parse(self.requirements.text()) if self.requirements else None

    @cached_property
    def resolution(self) -> "Resolution":
        """What pip would install on MWAA. Raises Unresolvable; ToolError if no package index can be reached."""
        from mwaa.requirements import resolve

        return resolve(self.requirements_file, self.airflow_version, "mwaa", self.folders, self.say)

    @property
    def airflow(self) -> "AirflowEnvironment":
        """Airflow with the requirements, on this machine. Raises Unresolvable and ToolError."""
        return _unless_error(self._airflow)

    @property
    def parsed(self) -> "ParsedContent":
        """What Airflow said of every DAG file, and of the plugins. Raises Unresolvable and ToolError."""
        return _unless_error(self._parsed)

    # Asked for once, also if it fails: the next rule would wait as long for the same answer.

    @cached_property
    def _airflow(self) -> "AirflowEnvironment | Exception":
        from mwaa.airflow import ensure_environment
        from mwaa.requirements import Unresolvable

        try:
            return ensure_environment(self.airflow_version, self.requirements_file, self.folders, self.say)
        except (Unresolvable, ToolError) as error:
            return error

    @cached_property
    def _parsed(self) -> "ParsedContent | Exception":
        from mwaa.airflow import parse_dags, run_for_exports

        if isinstance(self._airflow, Exception):
            return self._airflow
        component = component_name(self.environment_class, "scheduler")  # which parses
        try:
            startup = run_for_exports(self.startup_script.path if self.startup_script else None, component)
            return parse_dags(
                self._airflow,
                self.folders[DAGS_FOLDER],
                [file.relative for file in self.dags if file.parsed],
                self.folders.get(PLUGINS_FOLDER),
                self.options,
                startup.variables,
                base=os.environ | self.variables(component),
                progress=lambda done, of: self.say(f"importing DAG files with Airflow: {done} of {of}"),
            )
        except ToolError as error:
            return error

    @property
    def dag_count(self) -> int | None:
        """How many DAGs Airflow found; None if nothing was imported."""
        if isinstance(self.__dict__.get("_parsed"), Exception | None):
            return None
        return len({dag.dag_id for file in self.parsed.files for dag in file.dags})


def _unless_error(fact: Fact | Exception) -> Fact:
    if isinstance(fact, Exception):
        raise fact
    return fact


@contextmanager
def subject_of_workspace(root: Path, definition: Definition, say: Say = lambda _: None) -> Iterator[Subject]:
    """The content of a workspace of the project at `root`; it lies in a folder of its own while the block runs."""
    workspace = definition.workspace
    target = ReleaseTarget(
        workspace.name,
        workspace.airflow_version,
        workspace.environment_class,
        workspace.airflow_configuration_options,
        workspace,
        definition.file,
    )
    given = {part: path for part in _PARTS if (path := getattr(workspace.content, part)) is not None}
    with _home() as home:
        yield _subject(target, workspace.content, root.resolve(), given, home, say)


@contextmanager
def subject_of_paths(
    airflow_version: str,
    *,
    dags: Path | None = None,
    plugins: Path | None = None,
    requirements: Path | None = None,
    startup_script: Path | None = None,
    environment_class: str | None = None,
    say: Say = lambda _: None,
) -> Iterator[Subject]:
    """Content that lies anywhere, as it is; `plugins` is a folder or a zip file.

    Paths are shown as they are given. Raises ConfigurationError if one is not there or of the wrong kind.
    """
    paths = {
        part: path
        for part, path in zip(_PARTS, (dags, plugins, requirements, startup_script), strict=True)
        if path is not None
    }
    if problems := [problem for part, path in paths.items() for problem in _missing(part, path)]:
        raise ConfigurationError(problems)
    with _home() as home:
        here = {part: Path(os.path.realpath(path)) for part, path in paths.items()}
        shown = {part: os.fspath(path) for part, path in paths.items()}
        archive = None
        if "dags" not in here:
            here["dags"] = home / "no-dags"
            here["dags"].mkdir()
            shown["dags"] = "dags"
        if "plugins" in here and here["plugins"].is_file():
            archive, here["plugins"] = here["plugins"], home / "given-plugins"
            _unpack(archive, here["plugins"], shown["plugins"])
        if "plugins" in here and not shipped_files(here["plugins"], "", "", []):
            del here["plugins"], shown["plugins"]
        # Not validated: a workspace's paths lie inside its project, these anywhere.
        texts = {part: here[part].relative_to("/").as_posix() if part in here else None for part in _PARTS}
        content = Content.model_construct(**texts)  # type: ignore[arg-type]
        target = ReleaseTarget("content", airflow_version, environment_class, plugin_options(airflow_version))
        subject = _subject(target, content, Path("/"), shown, home, say)
        yield replace(subject, plugins_zip=archive) if archive else subject


@contextmanager
def _home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mwaa-check-") as folder:
        yield Path(os.path.realpath(folder))


def _missing(part: str, path: Path) -> Iterator[Problem]:
    option = f"--{part.replace('_', '-')}"
    kinds = {"dags": "a folder", "plugins": "a folder or a .zip file"}
    allowed = kinds.get(part, "a file")
    if not path.exists():
        yield Problem(option, f"{path}, which does not exist", allowed)
    elif part == "dags" and not path.is_dir():
        yield Problem(option, f"{path}, which is not a folder", allowed)
    elif part == "plugins" and path.is_file() and not zipfile.is_zipfile(path):
        yield Problem(option, f"{path}, which is not a zip file", allowed)
    elif part in ("requirements", "startup_script") and not path.is_file():
        yield Problem(option, f"{path}, which is not a file", allowed)


def _unpack(archive: Path, folder: Path, shown: str) -> None:
    try:
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(folder)  # never outside of the folder: see its documentation
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        given = f"{shown}, which cannot be unpacked ({error})"
        raise ConfigurationError([Problem("--plugins", given, "a zip file that MWAA can unpack")]) from None


def _subject(
    target: ReleaseTarget, content: Content, root: Path, shown: Mapping[str, str], home: Path, say: Say
) -> Subject:
    bundle, problems = _built(target, content, root, home)
    plugins_folder = home / "plugins"
    if bundle.plugins:
        with zipfile.ZipFile(bundle.plugins.path) as archive:
            archive.extractall(plugins_folder)
    prefix = content.dag_s3_path + "/"
    dags = ((file, file.key.removeprefix(prefix)) for file in bundle.dags)
    plugins = sorted(
        path.relative_to(plugins_folder).as_posix() for path in plugins_folder.rglob("*") if path.is_file()
    )
    dags_folder = bundle.directory / content.dag_s3_path
    dags_folder.mkdir(parents=True, exist_ok=True)  # not made by the build if it holds nothing
    single = {
        part: ContentFile(file.path, file.path.name, shown[part])
        for part, file in (("requirements", bundle.requirements), ("startup_script", bundle.startup_script))
        if file
    }
    return Subject(
        target.name,
        target.airflow_version,
        target.environment_class,
        target.options,
        target.workspace,
        target.file,
        bundle=bundle,
        problems=tuple(_told(problem, content, shown) for problem in problems),
        dags=tuple(ContentFile(file.path, name, f"{shown['dags']}/{name}", file.parsed) for file, name in dags),
        plugins=tuple(ContentFile(plugins_folder / name, name, f"{shown['plugins']}/{name}") for name in plugins),
        requirements=single.get("requirements"),
        startup_script=single.get("startup_script"),
        folders={DAGS_FOLDER: dags_folder} | ({PLUGINS_FOLDER: plugins_folder} if bundle.plugins else {}),
        plugins_zip=bundle.plugins.path if bundle.plugins else None,
        shown=shown,
        home=home,
        say=say,
    )


def _built(target: ReleaseTarget, content: Content, root: Path, home: Path) -> tuple[Bundle, tuple[Problem, ...]]:
    """The bundle; where something hinders shipping, that of all the rest, so that everything is told at once."""
    try:
        return build(content, root, home / "bundle", airflowignore_syntax=target.syntax), ()
    except ContentError as error:
        rest = home / "rest"
        kept = _copied(content, root, rest, [problem.file for problem in error.problems])
        return build(kept, rest, home / "bundle", airflowignore_syntax=target.syntax), error.problems


def _copied(content: Content, root: Path, rest: Path, without: list[str]) -> Content:
    """The content without the files (or all below the folders) that `without` names, copied into `rest`."""
    (rest / "dags").mkdir(parents=True)
    kept: dict[str, str | None] = {"dags": "dags"}
    for part in _PARTS:
        kept.setdefault(part, None)
        name = getattr(content, part)
        if name is None:
            continue
        top = root / name
        files = shipped_files(top, name, part, []) if top.is_dir() else [("", top)] if top.is_file() else []
        for relative, path in files:
            shown = printable(f"{name}/{relative}" if relative else name)
            if any(shown == one or shown.startswith(f"{one}/") for one in without):
                continue
            kept[part] = part if relative else Path(name).name
            copy = rest / str(kept[part]) / relative
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    return content.model_copy(update=kept)


def _told(problem: Problem, content: Content, shown: Mapping[str, str]) -> Problem:
    """A problem of the build in the person's own paths."""
    for part, name in shown.items():
        path = printable(str(getattr(content, part)))
        if problem.field == f"content.{part}" and path != name:
            texts = (getattr(problem, text).replace(path, name) for text in ("got", "expected", "fix", "file"))
            given, allowed, fix, file = texts
            return replace(problem, got=given, expected=allowed, fix=fix, file=file)
    return problem
