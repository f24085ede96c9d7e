"""Lay content out as MWAA would, in a folder of its own, so that rules can read it."""

import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from mwaa.aws_facts.airflow_options import plugin_options
from mwaa.aws_facts.containers import DAGS_FOLDER, PLUGINS_FOLDER
from mwaa.checks.subject import ContentFile, ReleaseTarget, Subject
from mwaa.config import ConfigurationError, Content, Definition, Problem
from mwaa.content import Bundle, ContentError, build
from mwaa.content.tree import printable, shipped_files
from mwaa.progress import ReportDetail

_PARTS = ("dags", "plugins", "requirements", "startup_script")


@contextmanager
def subject_of_workspace(root: Path, definition: Definition, say: ReportDetail = lambda _: None) -> Iterator[Subject]:
    """The content of a workspace of the project at `root`; it lies in a folder of its own while the block runs."""
    workspace = definition.workspace
    target = ReleaseTarget(
        workspace.name,
        workspace.airflow_version,
        workspace.environment_class,
        workspace.airflow_configuration_options,
        workspace,
        definition.file,
        definition.network or workspace.network,
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
    say: ReportDetail = lambda _: None,
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
    target: ReleaseTarget, content: Content, root: Path, shown: Mapping[str, str], home: Path, say: ReportDetail
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
        target.network,
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
    """Build the bundle; if some files cannot be shipped, without them, and return what is wrong with them."""
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
