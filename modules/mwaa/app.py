"""The CDKTF app of a project: what its `main.py` runs."""

import os
import sys
from pathlib import Path

from mwaa.config import ConfigurationError, SynthesisTarget, discover


def synthesize(root: Path) -> int:
    """Write the Terraform of every workspace below `root`, and return the exit status.

    One stack per workspace, in `cdktf.out/` or where CDKTF_OUTDIR says. The status is 2 if a workspace file or its
    content is wrong; standard error then lists every problem.
    """
    root = root.resolve()
    try:
        target = SynthesisTarget.from_environ(os.environ)
        definitions = discover(root)
        from mwaa.provider import cdktf  # starts Node: only after the workspaces are known to be right
        from mwaa.stack import WorkspaceStack

        if outdir := os.environ.get("CDKTF_OUTDIR"):
            Path(outdir).mkdir(parents=True, exist_ok=True)  # CDKTF creates one level only
        app = cdktf.App(skip_validation=True)
        for definition in definitions.values():
            WorkspaceStack(app, definition, root=root, target=target)
        app.synth()
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    return 0
