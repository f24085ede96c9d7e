"""`mwaa state`: where Terraform keeps a workspace's state."""

from typing import Annotated

import typer

from mwaa.cli.arguments import Json, Name, picked

state = typer.Typer(
    help="Make the S3 bucket that holds Terraform's state.", no_args_is_help=True, rich_markup_mode=None
)

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]


@state.callback()
def _options() -> None:
    """Keep `create` a command of its own, although it is the only one."""


@state.command()
def create(workspace: Name = None, dry_run: DryRun = False, json: Json = False) -> None:
    """Make the state bucket of a workspace whose backend is S3.

    Versioned, encrypted, private, TLS only; earlier states expire. If the bucket exists already, only what it lacks is
    added.

    \b
    Examples:
      mwaa state create prod --dry-run
      mwaa state create prod
    """
    from mwaa.cli import output
    from mwaa.config import S3Backend
    from mwaa.failure import Failure
    from mwaa.operations import access, state_bucket

    chosen = picked(workspace)[1].workspace
    backend = chosen.backend
    if not isinstance(backend, S3Backend):
        raise Failure(
            f"the state of {chosen.name} is not in S3: its backend is {type(backend).__name__}(...)",
            f'set backend=S3Backend(bucket="...") in the file of {chosen.name}',
        )
    client = access.client("s3", chosen, region=backend.region)
    with access.translate_errors(backend.region or chosen.region):
        found = (state_bucket.inspect if dry_run else state_bucket.create)(backend, client, chosen.account)
    if json:
        output.as_json(
            {"bucket": backend.bucket, "missing": found.missing, "changed": bool(found.missing) and not dry_run}
        )
        return
    place = f"the bucket {backend.bucket} ({backend.region})"
    if not found.missing:
        output.say(f"Nothing to do: {place} exists and has every setting.")
    elif dry_run:
        output.say(f"Would make in {place}: {', '.join(found.missing)}.")
    else:
        output.say(f"Made in {place}: {', '.join(found.missing)}.")
        output.say(f"Next: npx cdktf deploy {chosen.name}")
