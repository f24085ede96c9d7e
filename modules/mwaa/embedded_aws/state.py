"""What a running server tells about itself in its folder; written by the server, read by whoever looks for it."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mwaa import files
from mwaa.embedded_aws.settings import EmbeddedSettings

STATE = "server.json"
AUTHORITY = "ca.pem"
BUNDLE = "ca-bundle.pem"
"""The same authority beside those that this machine trusts: for clients that reach hosts beside AWS with one bundle."""
LOG = "server.log"
CONFIG = "aws-config"
"""An AWS configuration with nothing in it: the files of the user's home are never read."""

IDENTITY_PATH = "/embedded-aws"
"""Asked of the proxy itself (not through it): answers with the server's instance id and process id."""
IDENTITY_HEADER = "x-mwaa-embedded"
"""On every answer of the server: the instance id. The real AWS cannot send it."""


@dataclass(frozen=True, slots=True)
class State:
    """`instance` is new with each server: it tells a server from another process with the same pid or port."""

    instance: str
    pid: int
    port: int
    started_at: datetime
    settings: EmbeddedSettings


def write(folder: Path, state: State) -> None:
    """Atomic: a reader sees the whole file or none."""
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


def read(folder: Path) -> State | None:
    """None when there is no file, or one that this version cannot read (then it is no server of ours)."""
    try:
        told = json.loads((folder / STATE).read_text())
        return State(
            instance=str(told["instance"]),
            pid=int(told["pid"]),
            port=int(told["port"]),
            started_at=datetime.fromisoformat(told["started_at"]),
            settings=EmbeddedSettings(**told["settings"]),
        )
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None
