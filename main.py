"""The CDKTF app: `python main.py` writes cdktf.out/, one stack per workspace, which `cdktf deploy dev` applies."""

import sys
from pathlib import Path

try:
    from mwaa import synthesize

    status = synthesize(Path(__file__).parent)
except ImportError as error:
    print(f"main.py: the Python environment is not set up ({error})\n  fix: make setup", file=sys.stderr)
    status = 2
sys.exit(status)
