"""The CDKTF app of a project: what its `main.py` runs."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from mwaa.config import ConfigurationError, Discovery, SynthesisTarget, discover_all
from mwaa.config.errors import Problem, show
from mwaa.config.synthesis_target import WORKSPACES
from mwaa.files import write


def synthesize(root: Path) -> int:
    """Write the Terraform of every workspace below `root`, and return the exit status.

    One stack per workspace, in `cdktf.out/` or where CDKTF_OUTDIR says; MWAA_WORKSPACES limits them to some. A
    workspace whose file or content is wrong does not stop the others: the status is then 1, or 2 if nothing could be
    synthesized, and standard error lists every problem. What an earlier synthesis wrote of a workspace that this one
    does not synthesize stays as it is.
    """
    root = root.resolve()
    try:
        target = SynthesisTarget.from_environ(os.environ)
        found = _wanted(discover_all(root), target)
        problems = list(found.problems)
        synthesized = _write_stacks(found, root, target, problems) if found.definitions else []
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    if problems:
        print(ConfigurationError(dict.fromkeys(problems)), file=sys.stderr)
        return 1 if synthesized else 2
    return 0


def _wanted(found: Discovery, target: SynthesisTarget) -> Discovery:
    definitions = {name: one for name, one in found.definitions.items() if target.wants(name)}
    broken = tuple(one for one in found.broken if target.wants(one.name))
    if not definitions and not broken:
        names = ", ".join(sorted({*found.definitions, *(one.name for one in found.broken)}))
        got = show(",".join(target.workspaces))
        raise ConfigurationError([Problem(WORKSPACES, got, f"names or patterns of {names}", "unset MWAA_WORKSPACES")])
    return Discovery(definitions, broken)


def _write_stacks(found: Discovery, root: Path, target: SynthesisTarget, problems: list[Problem]) -> list[str]:
    """Write the stacks, add what goes wrong in one of them to `problems`, and return the names of the others."""
    from mwaa.provider import cdktf  # starts Node: only after some workspaces are known to be right
    from mwaa.stack import WorkspaceStack

    if outdir := os.environ.get("CDKTF_OUTDIR"):
        Path(outdir).mkdir(parents=True, exist_ok=True)  # CDKTF creates one level only
    app = cdktf.App(skip_validation=True)
    synthesized = []
    for name, definition in found.definitions.items():
        try:
            WorkspaceStack(app, definition, root=root, target=target)
            synthesized.append(name)
        except ConfigurationError as error:
            problems += error.problems
            app.node.try_remove_child(name)
    if synthesized:
        manifest = Path(app.outdir, "manifest.json")
        earlier = _stacks(manifest)
        app.synth()
        if target.workspaces:
            _keep(manifest, earlier)
    return synthesized


def _stacks(manifest: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(manifest.read_text("utf-8"))["stacks"])
    except (OSError, ValueError, KeyError):
        return {}


def _keep(manifest: Path, earlier: dict[str, Any]) -> None:
    """List the stacks of earlier syntheses too: the `cdktf` command deletes the folder of each that is not listed.

    Without MWAA_WORKSPACES there is nothing to keep: a folder of a removed workspace should go, and the command ends
    before it deletes anything if the app's status is not 0 (cdktf-cli 0.21, synth-stack.js).
    """
    document = json.loads(manifest.read_text("utf-8"))
    kept = {name: one for name, one in earlier.items() if (manifest.parent / one["synthesizedStackPath"]).is_file()}
    document["stacks"] = kept | document["stacks"]
    write(manifest, json.dumps(document, indent=2))
