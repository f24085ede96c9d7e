"""`mwaa check`: finds before a deployment what would fail in it or after it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mwaa.cli.arguments import Json
from mwaa.cli.content_options import (
    Airflow,
    Class,
    Dags,
    MakeSubject,
    Plugins,
    Requirements,
    StartupScript,
    elsewhere,
)
from mwaa.cli.progress_view import watching

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mwaa.checks.finding import Finding
    from mwaa.checks.running import CheckReport
    from mwaa.config import Definition, Problem

Workspaces = Annotated[
    list[str] | None, typer.Argument(metavar="WORKSPACE", help="Default: all of them.", show_default=False)
]
Sarif = Annotated[
    Path | None, typer.Option("--sarif", metavar="FILE", help="Write SARIF 2.1.0 for code hosts.", show_default=False)
]
Rules = Annotated[bool, typer.Option("--rules", help="List all rules, and check nothing.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with 1 on warnings too.")]


def check(
    workspaces: Workspaces = None,
    json: Json = False,
    sarif: Sarif = None,
    rules: Rules = False,
    strict: Strict = False,
    dags: Dags = None,
    plugins: Plugins = None,
    requirements: Requirements = None,
    startup_script: StartupScript = None,
    airflow: Airflow = None,
    environment_class: Class = None,
) -> None:
    """Check workspaces and their content with real Airflow.

    Exit status 1 on errors, 2 if a workspace file is invalid. Content outside of a workspace is named by --dags,
    --plugins, --requirements and --startup-script, and its Airflow release by --airflow.

    \b
    Examples:
      mwaa check dev
      mwaa check --dags ../other/dags --airflow 2.11.2
    """
    if rules:
        _list_rules(json)
        return
    paths = {"dags": dags, "plugins": plugins, "requirements": requirements, "startup_script": startup_script}
    problems: tuple[Problem, ...] = ()
    if any(paths.values()) or airflow or environment_class:
        subjects = [elsewhere(workspaces or [], paths, airflow, environment_class)]
        root = Path.cwd()
    else:
        root, subjects, problems = _of_workspaces(workspaces or [])

    from mwaa.checks.running import findings_of_problems, run
    from mwaa.cli import findings_view, output
    from mwaa.config.workspace_file import find_workspace_file

    of_files = findings_of_problems(problems)
    if not json:
        findings_view.show(of_files)
        if of_files:
            counted, rest = findings_view.counted(of_files), "" if subjects else "; nothing else was checked"
            output.say(f"{counted} in the workspaces{rest}", style="red")
    reports = []
    for make in subjects:
        with watching(quiet=json) as say, make(say) as subject:
            report = run(subject)
        reports.append(report)
        if not json:
            _show(report, content_alone=find_workspace_file(root) is not None)
    if sarif:
        _write_sarif(sarif, reports, root)
    failed = any(report.count("error") or (strict and report.count("warning")) for report in reports)
    if json:
        _print_json(of_files, reports, failed or bool(problems))
    if problems:
        raise typer.Exit(2)
    if failed:
        raise typer.Exit(1)


def _of_workspaces(names: list[str]) -> tuple[Path, list[MakeSubject], "tuple[Problem, ...]"]:
    """Return the root, the named workspaces or all, and the problems in the files of those that are broken.

    Raises ConfigurationError.
    """
    from functools import partial

    from mwaa.checks.content_layout import subject_of_workspace
    from mwaa.config import discover_all, find_root

    root = find_root(Path.cwd())
    found = discover_all(root)
    broken = [one for one in found.broken if one.name in names or not names]
    without = {one.name for one in broken} - found.definitions.keys()
    chosen = [found.pick(name) for name in dict.fromkeys(names or found.definitions) if name not in without]
    here = [definition for definition in chosen if not _is_elsewhere(definition)]
    problems = dict.fromkeys(problem for one in broken for problem in one.problems)
    return root, [partial(subject_of_workspace, root, definition) for definition in here], tuple(problems)


def _is_elsewhere(definition: "Definition") -> bool:
    """Return whether the content has a repository of its own, and say so on standard error."""
    from mwaa.cli import output

    if definition.has_content_elsewhere:
        text = f"{definition.name}: the content has a repository of its own, whose pipeline checks it"
        output.console(stderr=True).print(text)
    return definition.has_content_elsewhere


def _show(report: "CheckReport", *, content_alone: bool) -> None:
    """Print the findings, one line that sums them up, and the next step: another one in a repository of content."""
    from mwaa.cli import findings_view, output

    findings_view.show(report.findings)
    for one in report.suppressed:
        place = ":".join(str(part) for part in (one.finding.file, one.finding.line) if part)
        output.say(f"suppressed  {place} [{one.finding.rule}] {one.finding.found}", style="dim")
        output.say(f"            because {one.reason}", style="dim")
    counted = findings_view.counted(report.findings)
    dags = "" if report.dags is None else f", {report.dags} DAG{'s' * (report.dags != 1)}"
    remembered = ", nothing changed since the last check" if report.remembered else ""
    style = "red" if report.count("error") else "yellow" if report.count("warning") else "green"
    text = f"{counted} in {report.subject} (Airflow {report.airflow_version}){dags}, {report.seconds:.1f} s{remembered}"
    output.say(text, style=style)
    if report.file and not report.count("error"):
        following = f"publish {report.subject} --dry-run" if content_alone else f"local up {report.subject}"
        output.say(f"Next: {output.command()} {following}")


def _print_json(of_files: "Sequence[Finding]", reports: "list[CheckReport]", failed: bool) -> None:
    from mwaa.cli import output
    from mwaa.cli.findings_view import as_data

    output.as_json(
        {
            "ok": not failed,
            "findings": as_data(of_files),
            "reports": [
                {
                    "name": report.subject,
                    "file": report.file,
                    "airflow_version": report.airflow_version,
                    "dags": report.dags,
                    "seconds": round(report.seconds, 3),
                    "remembered": report.remembered,
                    "findings": as_data(report.findings),
                    "suppressed": [one.finding.as_dict() | {"reason": one.reason} for one in report.suppressed],
                }
                for report in reports
            ],
        }
    )


def _write_sarif(path: Path, reports: "list[CheckReport]", root: Path) -> None:
    from mwaa.checks.running import all_rules
    from mwaa.checks.sarif import document
    from mwaa.config import ConfigurationError, Problem
    from mwaa.visible_text import visible_json

    text = visible_json(document(reports, all_rules(), root)) + "\n"
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        given = f"{path}, which cannot be written ({error.strerror})"
        raise ConfigurationError([Problem("--sarif", given, "a file that can be written")]) from None


def _list_rules(json: bool) -> None:
    from dataclasses import asdict

    from mwaa.checks.running import all_rules
    from mwaa.cli import output

    if json:
        output.as_json([asdict(rule) for rule in all_rules()])
        return
    output.table(("RULE", "FINDS"), [(rule.name, rule.finds) for rule in all_rules()])
