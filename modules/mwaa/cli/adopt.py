"""`mwaa adopt`: an environment that exists becomes a workspace of this project."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mwaa.cli.arguments import Json

if TYPE_CHECKING:
    from mwaa.operations.adopt.found_environment import FoundEnvironment

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
    """Write the workspace of an environment that exists, and what Terraform imports.

    Writes environments/NAME.py, environments/NAME.imports.json and the environment's content below content/, and
    overwrites nothing. Changes nothing in AWS. Prints what the first plan will change; it replaces nothing.

    \b
    Examples:
      mwaa adopt MyAirflowEnvironment --region eu-west-1 --name etl
      mwaa adopt etl-production --name data/etl
    """
    from mwaa.cli import output
    from mwaa.config import find_root
    from mwaa.operations.adopt import adoption

    root = find_root(Path.cwd())
    place = adoption.place(root, name or environment)
    found, s3 = _find(environment, region)
    adopted = adoption.write_adoption(found, s3, place)
    if json:
        output.as_json(
            {
                "workspace": place.name,
                "file": place.relative(place.file),
                "imports_file": place.relative(place.imports_file),
                "content": place.relative(place.content),
                "left_out": adopted.left_out,
                "imports": adopted.imports,
                "changes": adopted.changes,
            }
        )
        return
    output.say(
        f"Wrote {place.relative(place.file)}, {place.relative(place.imports_file)}, and the environment's content"
    )
    output.say(f"to {place.relative(place.content)}/. Nothing was changed in AWS.")
    for key in adopted.left_out:
        output.say(f"Left out, because a folder cannot hold it: {key}", style="yellow")
    output.say(f"\nThe first plan imports {len(adopted.imports)} resources, replaces and destroys none, and changes:\n")
    output.table(
        ("RESOURCE", "ATTRIBUTE", "CHANGE"), [(one.address, one.attribute, one.reason) for one in adopted.changes]
    )
    output.say(
        "\nNothing is replaced, because the workspace names the environment's own network, role, key and bucket, and "
        "refers to them.\nThe content in the bucket stays as it is until the first mwaa publish."
    )
    output.say(f"\nNext: npx cdktf deploy {place.name}, then delete {place.relative(place.imports_file)}")


def _find(environment: str, region: str | None) -> tuple["FoundEnvironment", object]:
    import boto3

    from mwaa.failure import Failure
    from mwaa.operations import access
    from mwaa.operations.adopt import found_environment

    region = region or boto3.Session().region_name
    if region is None:
        raise Failure("no AWS region is set", f"mwaa adopt {environment} --region us-east-1")
    me = access.who_am_i(region)
    with access.translate_errors(region):
        found = found_environment.find(
            environment, lambda service: boto3.client(service, region_name=region), me.account, region
        )
    return found, boto3.client("s3", region_name=region)
