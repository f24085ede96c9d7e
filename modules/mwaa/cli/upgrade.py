"""`mwaa upgrade-test`: what another Airflow release changes for a workspace."""

from typing import TYPE_CHECKING, Annotated

import typer

from mwaa.cli.arguments import Json, Name, picked_with_content
from mwaa.cli.content_options import valid
from mwaa.cli.progress_view import watching

if TYPE_CHECKING:
    from mwaa.checks.upgrade import Change, Upgrade

To = Annotated[str, typer.Option("--to", metavar="VERSION", help="An Airflow release that MWAA supports.")]


def upgrade_test(to: To, workspace: Name = None, json: Json = False) -> None:
    """Try a workspace under another Airflow release.

    Reports whether MWAA takes the step, what changes in the requirements, and what would not run. No file of the
    project is changed. Exit status 1 if MWAA does not take the step, or if an error was found.

    \b
    Example:
      mwaa upgrade-test dev --to 3.3.1
    """
    from mwaa.checks.upgrade import upgrade
    from mwaa.cli import output

    root, definition = picked_with_content(workspace)
    release = valid("--to", to, "AirflowVersion")
    if release == definition.workspace.airflow_version:
        raise typer.BadParameter(f"{definition.name} is on Airflow {release} already", param_hint="--to")
    with watching(quiet=json) as say:
        found = upgrade(root, definition, release, say)
    if json:
        output.as_json({"ok": found.fine} | _as_data(found))
    else:
        _show(found)
    if not found.fine:
        raise typer.Exit(1)


def _show(found: "Upgrade") -> None:
    from mwaa.cli import findings_view, output

    step = found.step
    sign, style = ("✓", "green") if step.allowed else ("✗", "red")
    takes = "takes this step in place" if step.allowed else "does not take this step"
    output.say(f"{sign} Airflow {step.before} -> {step.after}: MWAA {takes}", style=style)
    if step.through:
        output.say(f"  go through {', '.join(step.through)}")
    for note in step.notes:
        output.say(f"  {note}")
    output.say("\nRequirements", style="bold")
    for number, line in found.rewritten:
        output.say(f"  line {number} must become  {line}")
    for change in found.packages:
        output.say(f"  {_change(change)}")
    if not found.rewritten and not found.packages:
        output.say("  nothing changes")
    if found.image:
        output.say(f"  in the image, of another major version: {', '.join(map(_change, found.image))}")
    output.say(f"\nUnder Airflow {step.after}", style="bold")
    findings = (*found.settings, *found.report.findings)
    findings_view.show(findings)
    style = "red" if not found.fine else "green"
    output.say(f"{findings_view.counted(findings)} under Airflow {step.after}; nothing was changed", style=style)
    if found.fine:
        output.say(f'Next: airflow_version="{step.after}" in {found.report.file}, then {output.command()} check')


def _change(change: "Change") -> str:
    line = f" (line {change.line})" if change.line else ""
    if change.before is None:
        return f"{change.name} {change.after} comes along{line}"
    if change.after is None:
        return f"{change.name} {change.before} goes{line}"
    return f"{change.name} {change.before} -> {change.after}{line}"


def _as_data(found: "Upgrade") -> dict[str, object]:
    from dataclasses import asdict

    from mwaa.cli.findings_view import as_data

    return {
        "workspace": found.workspace,
        "step": asdict(found.step),
        "requirements": {
            "lines": [{"line": number, "text": text} for number, text in found.rewritten],
            "packages": [asdict(change) for change in found.packages],
            "image": [asdict(change) for change in found.image],
        },
        "findings": as_data((*found.settings, *found.report.findings)),
    }
