"""The `mwaa` command: parses, calls, prints.

Imports stand inside the commands, so that each starts with what it needs and none imports CDKTF.
Exit status: 0 fine; 1 a finding or a failure; 2 wrong usage, configuration or credentials; 130 interrupted.
"""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from modules.config import ConfigurationError, Definition, discover, find_root, pick


class _Group(TyperGroup):
    """Turns the errors that a person can mend into words and an exit status. Our own bugs keep their traceback."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.meta["json"] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise typer.Exit(130) from None
        except Exception as error:
            status = _status_of(error)
            if status is None:
                raise
            from modules.cli.output import fail

            fail(error, json_wanted=ctx.meta["json"])
            raise typer.Exit(status) from None


def _status_of(error: Exception) -> int | None:
    """By name for those whose modules cost time to import: if one was raised, its module is there."""
    if isinstance(error, ConfigurationError):
        return 2
    return {"AccessError": 2, "DeployError": 1, "EmbeddedError": 1}.get(type(error).__name__)


app = typer.Typer(
    cls=_Group,
    help="Amazon MWAA as code: look at workspaces, run them on this machine, ask AWS about them.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
local = typer.Typer(
    help="Run workspaces on this machine: real Terraform, embedded AWS, no account.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(local, name="local")

Name = Annotated[
    str | None, typer.Argument(metavar="WORKSPACE", help="Not needed if there is only one.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
CreateSeconds = Annotated[
    float | None,
    typer.Option(min=0, metavar="SECONDS", help="How long the embedded MWAA takes to create an environment."),
]
Quotas = Annotated[
    list[str] | None,
    typer.Option("--quota", metavar="NAME=NUMBER", help="A service quota of the embedded AWS; may be repeated."),
]


@app.command()
def workspaces(json: Json = False) -> None:
    """List the workspaces of this project.

    Example: mwaa workspaces --json
    """
    from modules.cli import output
    from modules.operations.describe import summary

    lines = [summary(definition) for definition in discover(find_root(Path.cwd())).values()]
    if json:
        output.as_json(lines)
        return
    heads = {
        "name": "NAME",
        "region": "REGION",
        "account": "ACCOUNT",
        "airflow_version": "AIRFLOW",
        "environment_class": "CLASS",
        "network": "NETWORK",
        "pipeline": "PIPELINE",
    }
    output.table(list(heads.values()), [[line[key] for key in heads] for line in lines])


@app.command()
def show(workspace: Name = None, json: Json = False) -> None:
    """Show a workspace with every default, and the names that follow from it.

    Example: mwaa show dev
    """
    from modules.cli import output
    from modules.operations import describe

    definition = _pick(workspace)[1]
    chosen = definition.workspace
    fields, names, release = describe.fields(chosen), describe.names(chosen), describe.release(chosen)
    if json:
        output.as_json({"file": definition.file, "fields": fields, "names": names, "release": release})
        return
    output.say(definition.file, style="bold")
    rows = [(field.path, output.short(field.value), "written" if field.written else "default") for field in fields]
    output.table(("FIELD", "VALUE", ""), rows)
    output.say("")
    output.table(("DERIVED", "NAME"), names.items())
    output.say("")
    ends = release["end_of_support"] or "no end of support announced"
    output.say(
        f"Airflow {release['airflow_version']} on Python {release['python']}, in MWAA since {release['since']}, {ends}"
    )


@app.command()
def status(workspace: Name = None, json: Json = False) -> None:
    """Ask AWS how a workspace's environment is. Exit status 1 if it does not exist or has failed.

    Example: mwaa status dev
    """
    from modules.cli import output
    from modules.config import Names
    from modules.operations import access
    from modules.operations.status import status as ask

    chosen = _pick(workspace)[1].workspace
    names = Names(chosen)
    found = ask(names, access.client("mwaa", chosen))
    if json:
        output.as_json(found)
    elif found is None:
        output.say(f"There is no environment {names.environment} in {chosen.region} of account {chosen.account}.")
    else:
        output.status(found)
    if found is None or found.failed:
        raise typer.Exit(1)


@app.command()
def doctor(json: Json = False) -> None:
    """Look at this machine: is everything there, in which version, and how to mend what is not.

    Example: mwaa doctor
    """
    from modules.cli import output
    from modules.local.doctor import examine

    findings = examine(find_root(Path.cwd()))
    if json:
        output.as_json(findings)
    else:
        output.findings(findings)
    if any(finding.status == "problem" for finding in findings):
        raise typer.Exit(1)


@local.command()
def up(workspace: Name = None, create_seconds: CreateSeconds = None, quota: Quotas = None) -> None:
    """Start the embedded AWS and deploy a workspace onto it, with the real `cdktf deploy`.

    Example: mwaa local up dev --quota elastic_ips=0
    """
    from modules.cli import output
    from modules.cli.progress_view import watching
    from modules.local import deploy

    root, definition = _pick(workspace)
    settings = _settings(create_seconds, quota or [])
    with watching() as report:
        deploy.up(root, definition.workspace, settings, report)
    output.next_steps(definition.workspace)


@local.command()
def destroy(workspace: Name = None) -> None:
    """Destroy a workspace on the embedded AWS, with the real `cdktf destroy`.

    Example: mwaa local destroy dev
    """
    from modules.cli.progress_view import watching
    from modules.local import deploy

    root, definition = _pick(workspace)
    with watching() as report:
        deploy.destroy(root, definition.workspace, report)


@local.command()
def down() -> None:
    """Stop the embedded AWS and remove all that was deployed onto it.

    Example: mwaa local down
    """
    from modules.cli import output
    from modules.local import deploy

    ran = deploy.down(find_root(Path.cwd()))
    output.say("The embedded AWS is stopped, and what was deployed onto it is gone." if ran else "No embedded AWS ran.")


@local.command("status")
def local_status(json: Json = False) -> None:
    """Tell whether the embedded AWS runs, and what is deployed onto it. Exit status 1 if it does not run.

    Example: mwaa local status
    """
    from modules.cli import output
    from modules.local import deploy, embedded

    root = find_root(Path.cwd())
    here = embedded.find(root)
    if json:
        output.as_json(output.running(here, deploy.deployed(root)) if here else None)
    elif here is None:
        output.say(f"No embedded AWS runs. Start it: {output.command()} local up")
    else:
        output.say(
            f"The embedded AWS runs since {here.started_at:%Y-%m-%d %H:%M} on port {here.port} (process {here.pid})."
        )
        output.table(("DEPLOYED", "RESOURCES"), [(name, str(count)) for name, count in deploy.deployed(root).items()])
        output.say(f"log: {here.log}")
    if here is None:
        raise typer.Exit(1)


@local.command()
def env(workspace: Name = None) -> None:
    """Print the shell lines that point any AWS tool at the embedded AWS, in a workspace's account and region.

    Example: eval "$(mwaa local env dev)"
    """
    from modules.local import deploy, embedded
    from modules.local.errors import DeployError

    root, definition = _pick(workspace)
    here = embedded.find(root)
    if here is None:
        raise DeployError("no embedded AWS runs for this checkout", f"mwaa local up {definition.name}")
    for line in deploy.exports(root, here, definition.workspace):
        print(line)


@local.command()
def demo(
    workspace: Annotated[
        str | None, typer.Argument(metavar="WORKSPACE", help="Default: dev, or the only one.", show_default=False)
    ] = None,
) -> None:
    """Deploy a workspace onto the embedded AWS and prove that it stands: what `make demo` runs.

    Example: mwaa local demo dev
    """
    from modules.cli import output
    from modules.cli.progress_view import watching
    from modules.config import Names
    from modules.local import deploy, doctor
    from modules.operations.status import status as ask

    root = find_root(Path.cwd())
    definitions = discover(root)
    chosen = pick(definitions, "dev" if workspace is None and "dev" in definitions else workspace).workspace
    tools = doctor.tools(root)
    if any(finding.status == "problem" for finding in tools):
        output.findings(tools)
        raise typer.Exit(1)
    output.say(" · ".join(f"{finding.subject} {finding.found}" for finding in tools))
    with watching() as report:
        here = deploy.up(root, chosen, None, report)
        plan = deploy.second_plan(root, chosen, report)
    names = Names(chosen)
    found = ask(names, here.client("mwaa", chosen.account, chosen.region))
    state = found.status if found else "not there"
    count = deploy.deployed(root).get(chosen.name, 0)
    proofs = [
        (count > 0, f"{count} resources in Terraform's state"),
        (state == "AVAILABLE", f"environment {names.environment} is {state}, read back with boto3"),
        (not plan.text, f"a second plan has changes:\n{plan.text}" if plan.text else "a second plan has no changes"),
    ]
    for holds, text in proofs:
        output.say(f"{'✓' if holds else '✗'} {text}", style="green" if holds else "red")
    if not all(holds for holds, _ in proofs):
        raise typer.Exit(1)
    output.next_steps(chosen)


def _pick(name: str | None) -> tuple[Path, Definition]:
    root = find_root(Path.cwd())
    return root, pick(discover(root), name)


def _settings(create_seconds: float | None, quotas: list[str]) -> Any:
    """None if nothing was asked for. Raises typer.BadParameter."""
    from modules.local.embedded import Settings

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
        return Settings(**given) if given else None
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def main() -> None:
    """The entry point."""
    app(prog_name="mwaa")
