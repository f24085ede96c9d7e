"""`mwaa new`: a workspace file, from options or from the answers of a person."""

import sys
from pathlib import Path
from typing import Annotated

import typer

New = Annotated[str, typer.Argument(metavar="[TEAM/]NAME", help="Such as dev, or analytics/dev.")]
Account = Annotated[str | None, typer.Option(metavar="ID", help="The AWS account.")]
Region = Annotated[str | None, typer.Option(metavar="REGION", help="The region.")]
Airflow = Annotated[str | None, typer.Option(metavar="VERSION", help="Default: the newest release.")]
Class = Annotated[str | None, typer.Option("--class", metavar="CLASS", help="Default: mw1.small.")]
Cidr = Annotated[str | None, typer.Option(metavar="RANGE", help="Range of a new VPC. Default: a free one.")]
NetworkOf = Annotated[
    str | None, typer.Option(metavar="WORKSPACE", help="Use the network of this workspace, and its account and region.")
]
StateBucket = Annotated[
    str | None, typer.Option(metavar="BUCKET", help="Keep the state there. Default: where all others keep theirs.")
]
HcpOrganization = Annotated[
    str | None, typer.Option(metavar="NAME", help="Keep the state in HCP Terraform, and run there.")
]

_KINDS = {"account": "Account", "region": "Region", "airflow": "AirflowVersion", "class": "EnvironmentClassName"}


def new(
    name: New,
    account: Account = None,
    region: Region = None,
    airflow: Airflow = None,
    environment_class: Class = None,
    cidr: Cidr = None,
    network_of: NetworkOf = None,
    state_bucket: StateBucket = None,
    hcp_organization: HcpOrganization = None,
) -> None:
    """Write the file of a new workspace.

    What is not given is asked on a terminal. A file that exists is never overwritten.

    \b
    Examples:
      mwaa new analytics/dev
      mwaa new dev --account 111111111111 --region us-east-1
    """
    from mwaa.cli import output
    from mwaa.config import find_root, pick
    from mwaa.operations import new_workspace

    if network_of and cidr:
        raise typer.BadParameter("a network of another workspace has its range: leave out --cidr", param_hint="--cidr")
    if state_bucket and hcp_organization:
        raise typer.BadParameter("a state is in one place: leave out one of the two", param_hint="--state-bucket")
    root = find_root(Path.cwd())
    new_workspace.find_file(root, name)
    neighbours = new_workspace.find_neighbours(root, name)
    nearest = neighbours[0].workspace if neighbours else None
    likely = (nearest.account, nearest.region) if nearest else (None, None)
    if network_of:
        owner = pick({one.name: one for one in neighbours}, network_of).workspace
        account, region = account or owner.account, region or owner.region
    values = {
        "account": account or _ask("account", likely[0], required=True),
        "region": region or _ask("region", likely[1], required=True),
        "airflow_version": airflow or _ask("airflow", new_workspace.newest_release()),
        "environment_class": environment_class or _ask("class", "mw1.small"),
    }
    if network_of:
        network = new_workspace.write_call("NetworkOf", {"workspace": network_of})
    else:
        wanted = cidr or _ask("cidr", new_workspace.free_cidr(neighbours))
        network = new_workspace.write_call("Network", {"cidr": wanted})
    backend = new_workspace.shared_backend(neighbours)
    if state_bucket:
        backend = new_workspace.write_call("S3Backend", {"bucket": state_bucket})
    elif hcp_organization:
        backend = new_workspace.write_call("HcpTerraform", {"organization": hcp_organization})
    made = new_workspace.create(root, name, network=network, backend=backend, **values)
    output.say(f"Wrote {made.file}.")
    output.say(f"Next: {output.command()} check {made.name}")


def _ask(option: str, proposal: str | None, *, required: bool = False) -> str:
    """Ask a person until the answer is valid. Without a terminal, take the proposal unless the option is required."""
    if sys.stdin.isatty():
        return str(typer.prompt(option, default=proposal, value_proc=lambda given: _valid(option, given)))
    if proposal is None or required:
        raise typer.BadParameter("it is needed where nobody can be asked", param_hint=f"--{option}")
    return proposal


def _valid(option: str, given: str) -> str:
    from mwaa.cli.content_options import valid
    from mwaa.config import ConfigurationError

    if option not in _KINDS:
        return given
    try:
        return valid(f"--{option}", given, _KINDS[option])
    except ConfigurationError as error:
        raise typer.BadParameter(f"expected: {error.problems[0].expected}") from None
