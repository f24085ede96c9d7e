"""Which local Airflow serves an environment: a file in the embedded AWS's folder for each that runs.

Written and removed by the process that runs the Airflow, read by the server for its data plane. The folder goes with
the embedded AWS, and the files with it.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from mwaa import files

_FOLDER = "running"


@dataclass(frozen=True, slots=True)
class Registration:
    """A local Airflow that serves an environment of Amazon MWAA on the embedded AWS."""

    environment: str
    account: str
    region: str
    workspace: str
    airflow_version: str
    address: str
    """Of its webserver or API server: `http://127.0.0.1:<port>`."""
    user: str
    password: str
    door: str
    """Where its command line is asked for (`mwaa.local_airflow.command_server`): `http://127.0.0.1:<port>`."""
    key: str
    """What the door must be told."""
    pid: int
    """Of the process that runs the Airflow and wrote this."""
    requirements: tuple[str, ...] = ()
    """The packages of requirements.txt that are installed, such as `holidays==0.109`."""

    @property
    def major(self) -> int:
        """2 or 3."""
        return int(self.airflow_version.split(".")[0])

    @property
    def api(self) -> str:
        """The prefix of the paths of its REST API: UG access-mwaa-apache-airflow-rest-api."""
        return "/api/v1" if self.major == 2 else "/api/v2"

    @property
    def _file(self) -> str:
        return f"{self.account}.{self.region}.{self.environment}.json"


def write(folder: Path, registration: Registration) -> None:
    """Readable by its owner alone, for it holds a password; whole or not there at all."""
    files.write(folder / _FOLDER / registration._file, json.dumps(asdict(registration)), private=True)


def remove(folder: Path, registration: Registration) -> None:
    """Removes the file, unless another process has written it since."""
    path = folder / _FOLDER / registration._file
    written = _read(path)
    if written is not None and written.pid == registration.pid:
        path.unlink(missing_ok=True)


def find(folder: Path, account: str, region: str, environment: str) -> Registration | None:
    """The local Airflow of an environment; None when none runs, also when it died without a word."""
    found = _read(folder / _FOLDER / f"{account}.{region}.{environment}.json")
    return found if found and _is_alive(found.pid) else None


def list_running(folder: Path) -> Iterator[Registration]:
    """All local Airflows that run, in the order of their files' names."""
    for path in sorted((folder / _FOLDER).glob("*.json")):
        found = _read(path)
        if found and _is_alive(found.pid):
            yield found


def _read(path: Path) -> Registration | None:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return Registration(**told | {"requirements": tuple(told["requirements"])})
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None  # none, or that of another version of this program: then it is not one that can be asked


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
