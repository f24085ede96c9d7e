"""The CDKTF app: one stack for each workspace of each team."""

import sys
from pathlib import Path

from mwaa import synthesize

sys.exit(synthesize(Path(__file__).parent))
