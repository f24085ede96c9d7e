"""Downloads the pinned Terraform into `.mwaa/bin`, for a machine that has none; `make setup` runs this module."""

import hashlib
import http.client
import io
import os
import platform
import sys
import urllib.request
import zipfile
from pathlib import Path

from mwaa import files
from mwaa.local.errors import DeployError
from mwaa.project_layout import BIN

LOCK = Path("locks/terraform.txt")
"""A line for each machine: the SHA-256 and the name of HashiCorp's archive."""

MIRROR = "MWAA_TERRAFORM_MIRROR"
"""Replaces OFFICIAL: the address of a server that has the same paths."""

OFFICIAL = "https://releases.hashicorp.com"

_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_TIMEOUT_SECONDS = 60
_INSTALL = "install Terraform yourself: https://developer.hashicorp.com/terraform/install"


def download(root: Path, mirror: str, system: str, machine: str) -> Path:
    """Download Terraform for a machine, and return the program.

    `system` and `machine` are named as by `platform.system` and `platform.machine`. Raises DeployError if no archive
    is locked for them, if it cannot be downloaded, or if its checksum differs; then nothing is written.
    """
    name, expected = _locked(root / LOCK, system, machine)
    version = name.split("_")[1]
    address = f"{mirror.rstrip('/')}/terraform/{version}/{name}"
    try:
        with urllib.request.urlopen(address, timeout=_TIMEOUT_SECONDS) as response:
            archive = response.read()
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = str(error) or type(error).__name__
        fix = f"set {MIRROR} to the address of a server that has it, or {_INSTALL}"
        raise DeployError(f"Terraform could not be downloaded from {address}: {reason}", fix) from None
    if (got := hashlib.sha256(archive).hexdigest()) != expected:
        raise DeployError(f"{address} has the wrong SHA-256: got {got}, expected {expected}", _INSTALL)
    program = root / BIN / "terraform"
    files.write_bytes(program, zipfile.ZipFile(io.BytesIO(archive)).read("terraform"))
    program.chmod(0o755)
    return program


def _locked(lock: Path, system: str, machine: str) -> tuple[str, str]:
    """The name of the machine's archive and its SHA-256."""
    ending = f"_{system.lower()}_{_MACHINES.get(machine.lower())}.zip"
    for line in lock.read_text(encoding="utf-8").splitlines():
        if line.endswith(ending):
            digest, name = line.split()
            return name, digest
    raise DeployError(f"no Terraform is locked for this machine ({system} {machine})", _INSTALL)


def main() -> int:
    """Download into the current folder's project, and return the exit status."""
    mirror = os.environ.get(MIRROR) or OFFICIAL
    try:
        print(f"==> Terraform from {mirror}", flush=True)
        download(Path.cwd(), mirror, platform.system(), platform.machine())
    except DeployError as error:
        print(f"{error}\n  fix: {error.fix}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
