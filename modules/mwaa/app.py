"""The CDKTF app of a project: what its `main.py` runs."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from mwaa.config import ConfigurationError, Discovery, SynthesisTarget, discover_all
from mwaa.config.errors import Problem, did_you_mean, show
from mwaa.config.synthesis_target import WORKSPACES
from mwaa.files import write
from mwaa.operations import replaced_fields


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
        everything = discover_all(root)
        wanted = _wanted(everything, target)
        problems = list(wanted.problems)
        synthesized = _write_stacks(wanted, everything.names, root, target, problems) if wanted.definitions else []
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    if problems:
        print(ConfigurationError(dict.fromkeys(problems)), file=sys.stderr)
        return 1 if synthesized else 2
    return 0


def _wanted(found: Discovery, target: SynthesisTarget) -> Discovery:
    if unknown := target.unknown(found.names):
        expected = f"names or patterns of {', '.join(sorted(found.names))}"
        fixes = {pattern: did_you_mean(pattern, found.names) or f"remove it from {WORKSPACES}" for pattern in unknown}
        raise ConfigurationError(Problem(WORKSPACES, show(one), expected, fix) for one, fix in fixes.items())
    definitions = {name: one for name, one in found.definitions.items() if target.wants(name)}
    return Discovery(definitions, tuple(one for one in found.broken if target.wants(one.name)))


def _write_stacks(
    found: Discovery, names: frozenset[str], root: Path, target: SynthesisTarget, problems: list[Problem]
) -> list[str]:
    """Write the stacks, add what goes wrong in one of them to `problems`, and return the names of the others.

    `names` are those of all workspaces of the project.
    """
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
        _keep(manifest, {name: one for name, one in earlier.items() if name in names})
        for name in synthesized:
            replaced = replaced_fields.report(found.definitions[name].workspace, Path(app.outdir, "stacks", name))
            if replaced:
                print(replaced, file=sys.stderr)
    return synthesized


def _stacks(manifest: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(manifest.read_text("utf-8"))["stacks"])
    except (OSError, ValueError, KeyError):
        return {}


def _keep(manifest: Path, earlier: dict[str, Any]) -> None:
    """List also the stacks that an earlier synthesis wrote of workspaces which this one left out.

    The `cdktf` command deletes the folder, with its provider lock, of each stack that is not listed (cdktf-cli 0.21,
    synth-stack.js). That is right for a workspace whose file was removed.
    """
    document = json.loads(manifest.read_text("utf-8"))
    kept = {name: one for name, one in earlier.items() if (manifest.parent / one["synthesizedStackPath"]).is_file()}
    if kept.keys() - document["stacks"].keys():
        document["stacks"] = kept | document["stacks"]
        write(manifest, json.dumps(document, indent=2))
