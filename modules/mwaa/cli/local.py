"""`mwaa local`: workspaces on this machine."""

from pathlib import Path
from typing import Annotated, Any

import typer

from mwaa.cli.arguments import Json, Name, picked
from mwaa.config import discover_all, find_root

local = typer.Typer(
    help="Run workspaces on this machine, without an AWS account.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

CreateSeconds = Annotated[
    float | None,
    typer.Option(min=0, metavar="SECONDS", help="How long the embedded MWAA takes to create an environment."),
]
Quotas = Annotated[
    list[str] | None,
    typer.Option("--quota", metavar="NAME=NUMBER", help="A service quota of the embedded AWS; may be repeated."),
]


@local.command()
def up(workspace: Name = None, create_seconds: CreateSeconds = None, quota: Quotas = None) -> None:
    """Deploy a workspace onto the embedded AWS.

    Starts the embedded AWS if it does not run, and runs the real `cdktf deploy`.

    \b
    Examples:
      mwaa local up dev
      mwaa local up dev --quota elastic_ips=0
    """
    from mwaa.cli import output
    from mwaa.cli.progress_view import watching
    from mwaa.local import deploy

    root, definition = picked(workspace)
    settings = _settings(create_seconds, quota or [])
    with watching() as report:
        deploy.up(root, definition.workspace, settings, report)
    output.next_steps(definition.workspace)


@local.command()
def destroy(workspace: Name = None) -> None:
    """Destroy a workspace on the embedded AWS.

    Runs the real `cdktf destroy`.

    \b
    Example:
      mwaa local destroy dev
    """
    from mwaa.cli.progress_view import watching
    from mwaa.local import deploy

    root, definition = picked(workspace)
    with watching() as report:
        deploy.destroy(root, definition.workspace, report)


@local.command()
def down() -> None:
    """Stop the embedded AWS and remove all deployments.

    \b
    Example:
      mwaa local down
    """
    from mwaa.cli import output
    from mwaa.local import deploy

    ran = deploy.down(find_root(Path.cwd()))
    output.say("The embedded AWS is stopped, and what was deployed onto it is gone." if ran else "No embedded AWS ran.")


@local.command("status")
def local_status(json: Json = False) -> None:
    """Show the embedded AWS and what is deployed onto it.

    Exit status 1 if the embedded AWS does not run.

    \b
    Example:
      mwaa local status
    """
    from mwaa import embedded_aws
    from mwaa.cli import output
    from mwaa.local import deploy
    from mwaa.local_airflow import list_airflows

    root = find_root(Path.cwd())
    here = embedded_aws.find(root)
    airflows = list(list_airflows(here)) if here else []
    if json:
        output.as_json(output.running(here, deploy.deployed(root), airflows) if here else None)
    elif here is None:
        output.say(f"No embedded AWS runs. Start it: {output.command()} local up")
    else:
        output.say(
            f"The embedded AWS runs since {here.started_at:%Y-%m-%d %H:%M} on port {here.port} (process {here.pid})."
        )
        output.table(("DEPLOYED", "RESOURCES"), [(name, str(count)) for name, count in deploy.deployed(root).items()])
        for one in airflows:
            output.say(f"Airflow {one.airflow_version} serves {one.workspace} at {one.address} (process {one.pid}).")
        output.say(f"log: {here.log}")
    if here is None:
        raise typer.Exit(1)


@local.command()
def env(workspace: Name = None) -> None:
    """Print shell lines that point AWS tools at the embedded AWS.

    They set the account and the region of the workspace. On a failure the only line is `false`, so that a script
    with `set -e` stops.

    \b
    Example:
      eval "$(mwaa local env dev)"
    """
    from mwaa import embedded_aws
    from mwaa.local import deploy

    try:
        root, definition = picked(workspace)
        here = embedded_aws.require(root, definition.name)
        lines = deploy.exports(root, here, definition.workspace)
    except BaseException:
        print("false")
        raise
    print("\n".join(lines))


@local.command()
def demo(
    workspace: Annotated[
        str | None, typer.Argument(metavar="WORKSPACE", help="Default: dev, or the only one.", show_default=False)
    ] = None,
) -> None:
    """Deploy a workspace and run the example DAG.

    The workspace is deployed onto the embedded AWS, the DAG runs on real Airflow. `make demo` runs this command.

    \b
    Example:
      mwaa local demo dev
    """
    from mwaa.cli import output
    from mwaa.cli.progress_view import watching
    from mwaa.local import demo, doctor
    from mwaa.progress import Step

    root = find_root(Path.cwd())
    found = discover_all(root)
    chosen = found.pick("dev" if workspace is None and "dev" in found.definitions else workspace).workspace
    tools = doctor.tools(root)
    if any(check.status == "problem" for check in tools):
        output.machine_checks(tools)
        raise typer.Exit(1)
    output.say(" · ".join(f"{check.subject} {check.found}" for check in tools))
    with watching() as report:
        here, proofs = demo.deployed(root, chosen, report)
    if all(proof.holds for proof in proofs) and demo.has_example(root, chosen):
        with watching() as report:
            run, more = demo.ran(root, here, chosen, lambda text: report(Step(text)))
        for task in run.tasks:
            for line in task.said:
                output.say(f"  {task.name}: {line}")
        proofs += more
    elif all(proof.holds for proof in proofs):
        output.say(
            f"Airflow did not run: {chosen.content.dags}/{demo.EXAMPLE}.py, the example DAG, is not in the content."
        )
    for proof in proofs:
        output.say(f"{'✓' if proof.holds else '✗'} {proof.text}", style="green" if proof.holds else "red")
    if not all(proof.holds for proof in proofs):
        raise typer.Exit(1)
    output.next_steps(chosen)


def _settings(create_seconds: float | None, quotas: list[str]) -> Any:
    """None if nothing was asked for. Raises typer.BadParameter."""
    from mwaa.embedded_aws import EmbeddedSettings

    given: dict[str, Any] = {} if create_seconds is None else {"create_seconds": create_seconds}
    numbers: dict[str, int] = {}
    for quota in quotas:
        name, equals, number = quota.partition("=")
        if not equals or not number.isdecimal():
            raise typer.BadParameter(f'"{quota}" is not NAME=NUMBER, for example elastic_ips=0', param_hint="--quota")
        numbers[name] = int(number)
    if numbers:
        given["quotas"] = numbers
    try:
        return EmbeddedSettings(**given) if given else None
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
