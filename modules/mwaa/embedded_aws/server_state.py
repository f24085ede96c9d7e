"""The files in a running server's folder: the server writes them, the commands that look for it read them."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mwaa import files
from mwaa.embedded_aws.settings import EmbeddedSettings

STATE = "server.json"
AUTHORITY = "ca.pem"
BUNDLE = "ca-bundle.pem"
"""The same authority with those that this machine trusts: for clients that have one bundle for AWS and other hosts."""
LOG = "server.log"
CONFIG = "aws-config"
"""An empty AWS configuration, so that the files of the user's home are never read."""

IDENTITY_PATH = "/embedded-aws"
"""A path of the proxy itself, which answers with the server's instance id and process id."""
IDENTITY_HEADER = "x-mwaa-embedded"
"""The header of every answer with the server's instance id. The real AWS cannot send it."""


@dataclass(frozen=True, slots=True)
class ServerState:
    """`instance` is new with each server: it distinguishes it from another process with the same pid or port."""

    instance: str
    pid: int
    port: int
    started_at: datetime
    settings: EmbeddedSettings


def write(folder: Path, state: ServerState) -> None:
    """Write the state in one step: a reader sees the whole file or none."""
    text = json.dumps(
        {
            "instance": state.instance,
            "pid": state.pid,
            "port": state.port,
            "started_at": state.started_at.isoformat(),
            "settings": json.loads(state.settings.to_json()),
        },
        indent=2,
    )
    files.write(folder / STATE, text + "\n")


def read(folder: Path) -> ServerState | None:
    """Return the state; None without a file, or with one that this version cannot read."""
    try:
        found = json.loads((folder / STATE).read_text())
        return ServerState(
            instance=str(found["instance"]),
            pid=int(found["pid"]),
            port=int(found["port"]),
            started_at=datetime.fromisoformat(found["started_at"]),
            settings=EmbeddedSettings(**found["settings"]),
        )
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None
