"""`mwaa publish`, `mwaa releases`, `mwaa rollback`: publish content to MWAA, release by release, and restore it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from mwaa.cli.arguments import Json, Name, picked, picked_with_content


class Strategy(StrEnum):
    """As MWAA names them."""

    FORCED = "FORCED"
    GRACEFUL = "GRACEFUL"


DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done; write nothing.")]
Replacement = Annotated[
    Strategy | None,
    typer.Option(
        "--strategy",
        help="In an update of the environment, end running tasks or wait for them. Default: that of the workspace.",
        show_default=False,
    ),
]
NoWait = Annotated[
    bool,
    typer.Option("--no-wait", help="Exit once MWAA has accepted an update. Run the command again to upload the DAGs."),
]
Revision = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT", help="The revision that the release records. Default: MWAA_REVISION, else the git commit."
    ),
]
ReleaseId = Annotated[
    str | None,
    typer.Argument(
        metavar="RELEASE", help="A release that `mwaa releases` lists. Default: the one before the current."
    ),
]


def publish(
    workspace: Name = None,
    dry_run: DryRun = False,
    strategy: Replacement = None,
    no_wait: NoWait = False,
    revision: Revision = None,
    json: Json = False,
) -> None:
    """Publish the project's content to MWAA.

    What changed is uploaded to the source bucket. The environment is updated if plugins, requirements or startup script
    changed.

    \b
    Examples:
      mwaa publish dev
      mwaa publish dev --dry-run
    """
    from mwaa.cli import publish_view
    from mwaa.cli.progress_view import watching
    from mwaa.operations import publish as publishing

    root, definition = picked_with_content(workspace)
    with watching() as report:
        if dry_run:
            outcome = publishing.preview(definition, root, report=report)
        else:
            outcome = publishing.publish(
                definition,
                root,
                revision=revision,
                strategy=strategy.value if strategy else None,
                wait=not no_wait,
                report=report,
            )
    chosen = strategy.value if strategy else definition.workspace.worker_replacement_strategy
    publish_view.show(definition.name, outcome, chosen, json_wanted=json)


def releases(workspace: Name = None, json: Json = False) -> None:
    """List the published releases, newest first.

    The first one is current.

    \b
    Example:
      mwaa releases dev
    """
    from mwaa.cli import output, publish_view
    from mwaa.operations import publish as publishing

    chosen = picked(workspace)[1].workspace
    found = publishing.releases(chosen)
    if json:
        output.as_json([publish_view.record_as_data(record) | {"current": record is found[0]} for record in found])
    elif not found:
        output.say(f"Nothing was published to {chosen.name} yet. Next: {output.command()} publish {chosen.name}")
    else:
        rows = [
            (
                record.id,
                f"{record.at:%Y-%m-%d %H:%M} UTC",
                record.author or record.caller,
                record.revision or "-",
                publish_view.describe_changes(record),
                "current" if record is found[0] else "",
            )
            for record in found
        ]
        output.table(("RELEASE", "PUBLISHED", "BY", "REVISION", "CHANGES", ""), rows)


def rollback(
    workspace: Name = None,
    release: ReleaseId = None,
    dry_run: DryRun = False,
    strategy: Replacement = None,
    no_wait: NoWait = False,
    json: Json = False,
) -> None:
    """Restore an earlier release.

    DAGs, plugins, requirements and startup script become exactly what they were.

    \b
    Examples:
      mwaa rollback dev --dry-run
      mwaa rollback dev 20261130-120000-4f2a91
    """
    from mwaa.cli import publish_view
    from mwaa.cli.progress_view import watching
    from mwaa.operations import publish as publishing

    root, definition = picked(workspace)
    with watching() as report:
        if dry_run:
            outcome = publishing.preview_rollback(definition, release)
        else:
            outcome = publishing.rollback(
                definition,
                root,
                release,
                strategy=strategy.value if strategy else None,
                wait=not no_wait,
                report=report,
            )
    chosen = strategy.value if strategy else definition.workspace.worker_replacement_strategy
    publish_view.show(definition.name, outcome, chosen, json_wanted=json)
