"""What the supervisor and the command that starts it exchange: its arguments, and the events that it prints."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from mwaa.embedded_aws import Embedded
from mwaa.project_layout import AIRFLOW


@dataclass(frozen=True, slots=True)
class SupervisorArguments:
    """Which Airflow to run."""

    root: str
    workspace: str
    environment: str
    account: str
    region: str
    port: int


@dataclass(frozen=True, slots=True)
class SupervisorEvent:
    """`kind` is `say` (text), `ready` (JSON of the registration) or `failed` (text, fix)."""

    kind: str
    text: str
    fix: str = ""

    def send(self) -> None:
        """Print the event as one line of JSON."""
        print(json.dumps(asdict(self)), flush=True)


def say(text: str) -> None:
    """Report progress to the command that started the supervisor."""
    SupervisorEvent("say", text).send()


def airflow_folder(embedded: Embedded, workspace: str) -> Path:
    """Return the folder of a workspace's Airflow: its metadata, its logs, and the content from the bucket."""
    return embedded.folder / AIRFLOW.name / workspace
