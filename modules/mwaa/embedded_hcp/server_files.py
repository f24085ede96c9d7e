"""The files through which commands and the server process of the embedded HCP Terraform share settings and its token.

Light on purpose: every command that makes an environment for child processes reads the token.
"""

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mwaa import files

DEFAULT_HOST = "app.terraform.io"
_TOKEN = "hcp-token"
_SETTINGS = "hcp.json"


@dataclass(frozen=True)
class RunTerraform:
    """The `terraform` that runs, and the variables that every run gets: proxy, authorities, provider mirror."""

    binary: Path
    version: str
    environ: Mapping[str, str]


def make_token(folder: Path) -> str:
    """Make the token of a new server, which only its user can read, and return it."""
    token = secrets.token_urlsafe(32)
    files.write(folder / _TOKEN, token, private=True)
    return token


def read_token(folder: Path) -> str | None:
    """Return the token of the server whose folder this is, or None."""
    try:
        return (folder / _TOKEN).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def hosts(folder: Path) -> tuple[str, ...]:
    """Return the hosts that the server answers for as HCP Terraform."""
    return (DEFAULT_HOST, *_read_settings(folder).get("hosts", ()))


def configure(folder: Path, terraform: RunTerraform, more_hosts: Iterable[str] = ()) -> None:
    """Set the `terraform` of the runs, and the hosts of Terraform Enterprise to answer for beside the default one."""
    known = {*hosts(folder), *more_hosts} - {DEFAULT_HOST}
    document = {
        "binary": str(terraform.binary),
        "version": terraform.version,
        "environ": dict(terraform.environ),
        "hosts": sorted(known),
    }
    files.write(folder / _SETTINGS, json.dumps(document, indent=2) + "\n", private=True)


def token_variable(host: str) -> str:
    """Return the variable in which Terraform looks for the token of a host.

    Source: developer.hashicorp.com/terraform/cli/config/config-file, "Environment Variable Credentials".
    """
    return f"TF_TOKEN_{host.replace('-', '__').replace('.', '_')}"


def _read_settings(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))
        return found
    except FileNotFoundError:
        return {}


def read_terraform(folder: Path) -> RunTerraform:
    """Return the `terraform` of the runs. Raises ValueError where none is set."""
    found = _read_settings(folder)
    if not found:
        raise ValueError("no terraform is set for remote runs; deploy with `mwaa local up`, which sets it")
    return RunTerraform(Path(str(found["binary"])), str(found["version"]), found["environ"])
