"""The CDKTF app: one stack per workspace. `python main.py` writes cdktf.out/, which `cdktf deploy dev` applies."""

import os
import sys
from pathlib import Path

from mwaa.config import ConfigurationError, SynthesisTarget, discover


def main() -> int:
    root = Path(__file__).resolve().parent
    try:
        target = SynthesisTarget.from_environ(os.environ)
        definitions = discover(root)
        from mwaa.provider import cdktf  # after the workspaces are known to be right: this starts Node
        from mwaa.stack import WorkspaceStack

        if outdir := os.environ.get("CDKTF_OUTDIR"):
            Path(outdir).mkdir(parents=True, exist_ok=True)  # CDKTF makes one level only
        app = cdktf.App(skip_validation=True)
        for definition in definitions.values():
            WorkspaceStack(app, definition, root=root, target=target)
        app.synth()
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
