"""Which local Airflow serves an environment: one file in the embedded AWS's folder for each that runs.

The process that runs the Airflow writes and removes it; the embedded AWS reads it for its data plane. The folder is
removed with the embedded AWS, and the files with it.
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
    """Its webserver or API server: `http://127.0.0.1:<port>`."""
    user: str
    password: str
    command_address: str
    """Its command server (`mwaa.airflow_link.command_server`): `http://127.0.0.1:<port>`."""
    key: str
    """The bearer token of the command server."""
    pid: int
    """The process that runs the Airflow and wrote the file."""
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
    """Write the file, readable by its owner alone because it holds a password."""
    files.write(folder / _FOLDER / registration._file, json.dumps(asdict(registration)), private=True)


def remove(folder: Path, registration: Registration) -> None:
    """Remove the file, unless another process has written it since."""
    path = folder / _FOLDER / registration._file
    written = _read(path)
    if written is not None and written.pid == registration.pid:
        path.unlink(missing_ok=True)


def find(folder: Path, account: str, region: str, environment: str) -> Registration | None:
    """Return the local Airflow of an environment; None if none runs, also if it was killed."""
    found = _read(folder / _FOLDER / f"{account}.{region}.{environment}.json")
    return found if found and _is_alive(found.pid) else None


def list_running(folder: Path) -> Iterator[Registration]:
    """Yield all local Airflows that run, in the order of their files' names."""
    for path in sorted((folder / _FOLDER).glob("*.json")):
        found = _read(path)
        if found and _is_alive(found.pid):
            yield found


def _read(path: Path) -> Registration | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Registration(**found | {"requirements": tuple(found["requirements"])})
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None  # no file, or that of another version of this program


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
