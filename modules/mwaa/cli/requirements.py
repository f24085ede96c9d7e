"""`mwaa requirements`: checks and pins requirements.txt, and makes it installable without internet."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mwaa.cli.arguments import Json, Name, picked_with_content
from mwaa.cli.content_options import Airflow, Plugins, Requirements, valid
from mwaa.cli.progress_view import watching

if TYPE_CHECKING:
    from mwaa.checks.subject import Subject
    from mwaa.config import Definition
    from mwaa.progress import ReportDetail

requirements = typer.Typer(
    help="Check and pin requirements.txt, and ship wheels.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@requirements.command()
def check(
    workspace: Name = None,
    json: Json = False,
    file: Requirements = None,
    airflow: Airflow = None,
    plugins: Plugins = None,
) -> None:
    """Check that MWAA can install requirements.txt.

    Finds what pip on MWAA refuses, or changes silently. Exit status 1 on errors.

    \b
    Examples:
      mwaa requirements check dev
      mwaa requirements check --requirements other.txt --airflow 2.11.2
    """
    from mwaa.checks.running import check_requirements
    from mwaa.cli import findings_view, output

    chosen = _chosen(workspace, file, airflow, plugins)
    with watching(quiet=json) as say, _subject(chosen, say) as subject:
        kept = check_requirements(subject)
    failed = any(finding.severity == "error" for finding in kept)
    if json:
        output.as_json({"ok": not failed, "file": chosen.shown, "findings": findings_view.as_data(kept)})
    else:
        findings_view.show(kept)
        output.say(f"{findings_view.counted(kept)} in {chosen.shown} (Airflow {chosen.airflow_version})")
    if failed:
        raise typer.Exit(1)


@requirements.command()
def lock(
    workspace: Name = None,
    file: Requirements = None,
    airflow: Airflow = None,
    plugins: Plugins = None,
    to: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE", help="Where to write. Default: the same file.", show_default=False),
    ] = None,
    is_check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 if the file is not locked.")
    ] = False,
) -> None:
    """Pin requirements.txt and what it depends on.

    What MWAA's image brings is not pinned. Comments and constraints stay as they are.

    \b
    Examples:
      mwaa requirements lock dev
      mwaa requirements lock dev --check
    """
    from mwaa import files
    from mwaa.cli import output
    from mwaa.requirements.file import parse
    from mwaa.requirements.lock import lock as locked

    chosen = _chosen(workspace, file, airflow, plugins)
    text = _text(chosen)
    with _translate_errors(chosen), watching() as say:
        result = locked(parse(text), chosen.airflow_version, chosen.folders, say)
    target = (to or chosen.file).resolve()
    before = text if to is None else target.read_text(encoding="utf-8") if target.is_file() else ""
    shown = str(to or chosen.shown)
    for change in result.changes:
        output.say(f"  {change}")
    for line in result.left:
        output.say(f"  not pinned, {line}", style="yellow")
    if not result.resolution.is_certain:
        output.say(f"  resolved {result.resolution.under}", style="yellow")
    if before == result.text:
        output.say(f"{shown} is locked", style="green")
    elif is_check:
        output.say(f"{shown} is not locked: {output.command()} requirements lock", style="red")
        raise typer.Exit(1)
    else:
        files.write(target, result.text)
        output.say(f"wrote {shown}", style="green")


@requirements.command()
def wheels(workspace: Name = None, file: Requirements = None, airflow: Airflow = None, plugins: Plugins = None) -> None:
    """Put wheels into the plugins, for private routing.

    An environment without internet installs them from plugins.zip. They are installed on this machine with the network
    off before anything is replaced.

    \b
    Example:
      mwaa requirements wheels prod
    """
    from mwaa import files
    from mwaa.cli import output
    from mwaa.process import ToolError
    from mwaa.requirements.file import parse
    from mwaa.requirements.wheelhouse import FOLDER, OFFLINE_FILE, build_wheelhouse

    chosen = _chosen(workspace, file, airflow, plugins)
    if chosen.plugins is None:
        raise ToolError(
            "the wheels travel inside plugins.zip, and there is no plugins folder",
            "--plugins FOLDER" if chosen.definition is None else "set content.plugins of the workspace",
        )
    if chosen.file.name == OFFLINE_FILE:
        raise ToolError(
            f"{chosen.shown} is what this command writes",
            "--requirements requirements.txt, with --airflow and --plugins as the workspace has them",
        )
    with _translate_errors(chosen), watching() as say:
        made = build_wheelhouse(parse(_text(chosen)), chosen.airflow_version, chosen.plugins, chosen.folders, say)
    target = chosen.file.with_name(OFFLINE_FILE)
    files.write(target.resolve(), made.text)
    for name in made.added:
        output.say(f"  added {name}")
    for name in made.removed:
        output.say(f"  removed {name}")
    output.say(
        f"{len(made.wheels)} wheels, {made.size / 1e6:.1f} MB, in {chosen.plugins.name}/{FOLDER}: "
        f"installed with the network off for Python {made.resolution.python} on Linux x86-64",
        style="green",
    )
    output.say(f"wrote {target.name}")
    output.say(f'Next: content=Content(requirements="{_relative(target, chosen.root)}") in the workspace')


@dataclass(frozen=True, slots=True)
class _Chosen:
    root: Path
    definition: "Definition | None"
    file: Path
    shown: str
    airflow_version: str
    plugins: Path | None
    folders: Mapping[str, Path]


def _chosen(workspace: str | None, file: Path | None, airflow: str | None, plugins: Path | None) -> _Chosen:
    """Return the requirements of a workspace, or those that the options name. Raises typer.BadParameter, ToolError and
    ConfigurationError."""
    from mwaa.process import ToolError

    if file is None and airflow is None and plugins is None:
        root, definition = picked_with_content(workspace)
        content = definition.workspace.content
        if content.requirements is None:
            raise ToolError(f"{definition.name} ships no requirements.txt", "set content.requirements of the workspace")
        folder = root / content.plugins if content.plugins else None
        folders = _folders(root / content.dags, folder)
        version = definition.workspace.airflow_version
        path = root / content.requirements
        return _Chosen(root, definition, path, content.requirements, version, folder, folders)
    if workspace is not None:
        raise typer.BadParameter(
            "a workspace knows its own requirements and release: leave out --requirements, --airflow and --plugins, "
            "or the workspace",
            param_hint="WORKSPACE",
        )
    if file is None or airflow is None:
        raise typer.BadParameter("--requirements FILE and --airflow VERSION go together", param_hint="--requirements")
    version = valid("--airflow", airflow, "AirflowVersion")
    if not file.is_file():
        raise typer.BadParameter(f"{file} is not a file", param_hint="--requirements")
    return _Chosen(Path.cwd(), None, file, str(file), version, plugins, _folders(None, plugins))


def _subject(chosen: _Chosen, say: "ReportDetail") -> AbstractContextManager["Subject"]:
    from mwaa.checks.content_layout import subject_of_paths, subject_of_workspace

    if chosen.definition:
        return subject_of_workspace(chosen.root, chosen.definition, say)
    return subject_of_paths(chosen.airflow_version, plugins=chosen.plugins, requirements=chosen.file, say=say)


def _folders(dags: Path | None, plugins: Path | None) -> dict[str, Path]:
    from mwaa.aws_facts.containers import DAGS_FOLDER, PLUGINS_FOLDER

    places = {DAGS_FOLDER: dags, PLUGINS_FOLDER: plugins}
    return {place: folder for place, folder in places.items() if folder}


def _text(chosen: _Chosen) -> str:
    from mwaa.process import ToolError

    try:
        return chosen.file.read_text(encoding="utf-8")
    except OSError as error:
        raise ToolError(f"{chosen.shown} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ToolError(f"{chosen.shown} is not UTF-8", "save it as UTF-8") from None


@contextmanager
def _translate_errors(chosen: _Chosen) -> Iterator[None]:
    """Turn requirements that cannot be resolved into an error that a person can fix."""
    from mwaa.process import ToolError
    from mwaa.requirements import Unresolvable

    try:
        yield
    except Unresolvable as error:
        at = f":{error.lines[0]}" if error.lines else ""
        text = f"{chosen.shown}{at}: cannot be resolved for Airflow {chosen.airflow_version}\n{error.explanation}"
        raise ToolError(text, "mwaa requirements check") from None


def _relative(path: Path, root: Path) -> str:
    path = path.absolute()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
