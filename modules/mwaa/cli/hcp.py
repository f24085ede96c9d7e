"""`mwaa hcp`: workspaces in HCP Terraform or Terraform Enterprise."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mwaa.cli.arguments import Json, Name, picked

hcp = typer.Typer(
    help="Keep workspaces in HCP Terraform as their files say.", no_args_is_help=True, rich_markup_mode=None
)

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="[WORKSPACE]...", help="Default: every workspace that runs in HCP Terraform."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]


@hcp.command()
def sync(workspaces: Names = None, dry_run: DryRun = False, json: Json = False) -> None:
    """Make or update projects, workspaces and variables in HCP Terraform.

    Changes only what it made: workspaces with the tag managed-by = mwaa, and variables that it set. The token is that
    of `terraform login`'s variable, TF_TOKEN_app_terraform_io.

    \b
    Examples:
      mwaa hcp sync --dry-run
      mwaa hcp sync prod
    """
    from mwaa.cli import output
    from mwaa.config import ConfigurationError, HcpTerraform, discover_all, find_root
    from mwaa.failure import Failure
    from mwaa.operations import hcp as operations

    found = discover_all(find_root(Path.cwd()))
    if workspaces:
        chosen = [found.pick(name).workspace for name in workspaces]
    elif found.broken:
        raise ConfigurationError(found.problems)
    else:
        chosen = [
            one.workspace for one in found.definitions.values() if isinstance(one.workspace.backend, HcpTerraform)
        ]
    others = [one.name for one in chosen if not isinstance(one.backend, HcpTerraform)]
    if others or not chosen:
        raise Failure(
            f"not in HCP Terraform: {', '.join(others)}" if others else "no workspace runs in HCP Terraform",
            'set backend=HcpTerraform(organization="...") in the workspace\'s file',
        )
    done = {}
    for one in chosen:
        assert isinstance(one.backend, HcpTerraform)
        client = operations.connect(one.backend.hostname)
        done[one.name] = operations.sync(one, client, operations.variables_of(one), dry_run=dry_run)
    if json:
        output.as_json({name: [asdict(change) for change in changes] for name, changes in done.items()})
        return
    words = (
        {"create": "would create", "update": "would update"} if dry_run else {"create": "created", "update": "updated"}
    )
    for name, changes in done.items():
        for change in changes:
            action = words.get(change.action, "unchanged")
            detail = f" ({change.detail})" if change.detail else ""
            output.say(f"{name}: {action} {change.what}{detail}")


@hcp.command()
def run(
    workspace: Name = None,
    plan_only: Annotated[bool, typer.Option("--plan-only", help="Plan, and never apply.")] = False,
    auto_apply: Annotated[bool, typer.Option("--auto-apply", help="Apply without asking.")] = False,
    folder: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="The synthesized stack. Default: cdktf.out/stacks/WORKSPACE."),
    ] = None,
    message: Annotated[str, typer.Option(metavar="TEXT", help="Shown with the run.")] = "mwaa hcp run",
    json: Json = False,
) -> None:
    """Upload a synthesized stack to HCP Terraform, plan and apply it.

    Without --auto-apply the plan waits in HCP Terraform to be confirmed. Exit status 1 if the run fails.

    \b
    Examples:
      mwaa hcp run prod --plan-only
      mwaa hcp run prod --auto-apply
    """
    from mwaa.cli import output
    from mwaa.config import HcpTerraform
    from mwaa.failure import Failure
    from mwaa.operations import hcp as operations
    from mwaa.operations import hcp_run

    root, definition = picked(workspace)
    chosen = definition.workspace
    if not isinstance(chosen.backend, HcpTerraform):
        raise Failure(
            f"not in HCP Terraform: {chosen.name}",
            'set backend=HcpTerraform(organization="...") in the workspace\'s file',
        )
    client = operations.connect(chosen.backend.hostname)
    stack = folder or root / "cdktf.out" / "stacks" / chosen.name
    report = (lambda _line: None) if json else output.say
    ended = hcp_run.run(chosen, client, stack, message, report, plan_only=plan_only, auto_apply=auto_apply)
    if json:
        output.as_json(asdict(ended))
    elif ended.status in ("planned", "planned_and_saved"):
        output.say(f"The plan waits to be confirmed: {ended.url}")
    else:
        output.say(f"{chosen.name}: {ended.status.replace('_', ' ')}")
    if ended.failed:
        raise typer.Exit(1)
