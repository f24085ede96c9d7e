"""`mwaa check`: finds before a deployment what would fail in it or after it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    from mwaa.checks.running import CheckReport

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
    if any(paths.values()) or airflow or environment_class:
        subjects = [elsewhere(workspaces or [], paths, airflow, environment_class)]
        root = Path.cwd()
    else:
        root, subjects = _of_workspaces(workspaces or [], json)

    from mwaa.checks.running import run

    reports = []
    for make in subjects:
        with watching(quiet=json) as say, make(say) as subject:
            report = run(subject)
        reports.append(report)
        if not json:
            _show(report)
    if sarif:
        _write_sarif(sarif, reports, root)
    failed = any(report.count("error") or (strict and report.count("warning")) for report in reports)
    if json:
        _print_json(reports, failed)
    if failed:
        raise typer.Exit(1)


def _of_workspaces(names: list[str], json: bool) -> tuple[Path, list[MakeSubject]]:
    """Return the named workspaces, or all. Problems in a workspace file are printed as findings.

    Raises ConfigurationError.
    """
    from functools import partial

    from mwaa.checks.content_layout import subject_of_workspace
    from mwaa.config import ConfigurationError, discover, find_root, pick

    root = find_root(Path.cwd())
    try:
        definitions = discover(root)
    except ConfigurationError as error:
        _print_problems(error, json)
        raise typer.Exit(2) from None
    chosen = [pick(definitions, name) for name in dict.fromkeys(names)] or list(definitions.values())
    return root, [partial(subject_of_workspace, root, definition) for definition in chosen]


def _show(report: "CheckReport") -> None:
    """Print the findings, one line that sums them up, and the next step."""
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
        output.say(f"Next: {output.command()} local up {report.subject}")


def _print_problems(error: Any, json: bool) -> None:
    from mwaa.checks.running import findings_of_problems
    from mwaa.cli import findings_view, output

    findings = findings_of_problems(error.problems)
    if json:
        output.as_json({"ok": False, "findings": findings_view.as_data(findings), "reports": []})
        return
    findings_view.show(findings)
    output.say(f"{findings_view.counted(findings)} in the workspaces; nothing else was checked", style="red")


def _print_json(reports: "list[CheckReport]", failed: bool) -> None:
    from mwaa.cli import output
    from mwaa.cli.findings_view import as_data

    output.as_json(
        {
            "ok": not failed,
            "findings": [],
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
    import json

    from mwaa.checks.running import all_rules
    from mwaa.checks.sarif import document
    from mwaa.config import ConfigurationError, Problem

    text = json.dumps(document(reports, all_rules(), root), indent=2, ensure_ascii=False) + "\n"
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
