"""The lines of the programs' logs that a person should see."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from mwaa.local_airflow.supervisor_protocol import say

_OF_INTEREST = re.compile(
    r"\b(ERROR|CRITICAL)\b|\[(error|critical) +\]|Broken DAG|Failed to import|"
    r"Marking run <DagRun (?P<run>[^,]+),.*> (?P<state>successful|failed)"
)
"""Errors in the formats of MWAA's image, and how a DAG run ended."""


@dataclass(slots=True)
class LogReader:
    """Reports new lines of interest in the log files of a folder."""

    folder: Path
    _read: dict[Path, int] = field(default_factory=dict)
    """How many bytes of each file were read."""

    def report_new_lines(self) -> None:
        """Report the lines of interest since the last call."""
        for path in sorted(self.folder.glob("*.log")):
            if path.name.startswith(("startup-", "requirements")):
                continue
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                lines = file.read().splitlines(keepends=True)
            if lines and not lines[-1].endswith(b"\n"):
                lines.pop()
            self._read[path] = self._read.get(path, 0) + sum(map(len, lines))
            for line in lines:
                text = line.decode(errors="replace").rstrip()
                if found := _OF_INTEREST.search(text):
                    ended = f"run {found['run']} was {found['state']}" if found["run"] else text
                    say(f"{path.stem}: {ended}")
