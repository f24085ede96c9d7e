"""`mwaa adopt`: an environment that exists becomes a workspace of this project."""

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mwaa.cli.arguments import Json

if TYPE_CHECKING:
    from mwaa.operations.adopt.adoption import Adoption, Place

Environment = Annotated[str, typer.Argument(metavar="ENVIRONMENT", help="Name of the environment in AWS.")]
Region = Annotated[
    str | None, typer.Option("--region", help="AWS region. Default: the one of the shell.", show_default=False)
]
WorkspaceName = Annotated[
    str | None,
    typer.Option(
        "--name", metavar="[TEAM/]NAME", help="Name of the workspace. Default: the environment's.", show_default=False
    ),
]


def adopt(environment: Environment, region: Region = None, name: WorkspaceName = None, json: Json = False) -> None:
    """Turn an environment that exists into a workspace.

    Writes environments/NAME.py, environments/NAME.imports.json and the environment's content below content/, and
    overwrites nothing. Changes nothing in AWS. Prints what the first plan will change; it replaces nothing.

    \b
    Examples:
      mwaa adopt MyAirflowEnvironment --region eu-west-1 --name etl
      mwaa adopt etl-production --name data/etl
    """
    from mwaa.cli import output
    from mwaa.cli.progress_view import watching
    from mwaa.config import find_root
    from mwaa.operations import access
    from mwaa.operations.adopt import adoption, found_environment
    from mwaa.progress import Step

    place = adoption.choose_place(find_root(Path.cwd()), environment, name, region)
    region = region or _region_of_shell(environment)
    account = access.who_am_i(region).account
    session: Any = access.session(region, None)
    clients = {service: session.client(service, region_name=region) for service in ("mwaa", "ec2", "logs", "s3")}
    with watching() as report, access.translate_errors(region):
        report(Step(f"reading the environment {environment}"))
        found = found_environment.find(environment, clients.__getitem__, account, region)
        adopted = adoption.write_adoption(found, clients["s3"], place, report)
    if json:
        output.as_json(_as_data(place, adopted))
    else:
        _show(place, adopted)


def _region_of_shell(environment: str) -> str:
    from mwaa.failure import Failure
    from mwaa.operations import access

    region = access.region_of_shell()
    if region is None:
        raise Failure("no AWS region is set", f"mwaa adopt {environment} --region us-east-1")
    return region


def _as_data(place: "Place", adopted: "Adoption") -> dict[str, Any]:
    return {
        "workspace": place.name,
        "file": place.relative(place.file),
        "imports_file": place.relative(place.imports_file),
        "content": place.relative(place.content),
        "left_out": adopted.left_out,
        "secrets": adopted.secrets,
        "imports": adopted.imports,
        "created": adopted.created,
        "changes": adopted.changes,
    }


def _show(place: "Place", adopted: "Adoption") -> None:
    from mwaa.cli import output

    file, imports_file = place.relative(place.file), place.relative(place.imports_file)
    output.say(f"Wrote {file}, {imports_file} and {place.relative(place.content)}/. Nothing was changed in AWS.")
    for key in adopted.left_out:
        output.say(f"Warning: not copied, because a folder cannot hold it: {key}", style="yellow")
    if adopted.secrets:
        output.say(f"Warning: {file} contains what looks like a secret: {', '.join(adopted.secrets)}", style="yellow")
        output.say("fix: move it to AWS Secrets Manager before you commit the file, and replace it in AWS")
    output.say(f"\nThe first plan imports {len(adopted.imports)} resources, replaces and destroys none.")
    if adopted.created:
        output.say("\nIt creates what the environment lacks:\n")
        for address in adopted.created:
            output.say(f"  {address}")
    output.say("\nIt changes in place:")
    width = max(len(one.attribute) for one in adopted.changes)
    for address, changes in groupby(adopted.changes, key=lambda one: one.address):
        output.say(f"\n  {address}")
        for one in changes:
            output.say(f"    {one.attribute:<{width}}  {one.reason}")
    output.say(
        "\nNothing is replaced, because the workspace names the environment's own network, role, key and bucket. Its "
        "content in the bucket stays until the first mwaa publish."
    )
    output.say(f"\nNext: npx cdktf deploy {place.name}, then delete {imports_file}")
