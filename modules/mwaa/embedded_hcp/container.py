"""Where a phase of a run works: an empty folder with what was uploaded, and `terraform` as the only program on PATH.

HCP Terraform starts a new container for each plan and each apply; here it is a new folder, an empty home and an
environment made from the server's settings, the workspace's variables and the run's. The state is reached through the
same API as the client's, as the run: TF_FORCE_LOCAL_BACKEND makes Terraform do the work itself
(internal/cloud/backend.go).
"""

import io
import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mwaa.embedded_hcp.records import HcpWorkspace, Run
from mwaa.embedded_hcp.server_files import RunTerraform, token_variable

_AGENT_VERSION = "1.22.0"
"""Terraform refuses import blocks under an agent older than 1.10."""


@dataclass(frozen=True)
class Container:
    """`folder` is where Terraform works; `environ` is all that it knows of its surroundings."""

    folder: Path
    home: Path
    binary: Path
    environ: Mapping[str, str]

    def start(self, arguments: Sequence[str]) -> subprocess.Popen[str]:
        """Start `terraform` in a process group of its own, with both outputs as one stream of text."""
        return subprocess.Popen(
            [self.binary, *arguments],
            cwd=self.folder,
            env=dict(self.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )

    def plan_json(self) -> bytes:
        """Return the plan as JSON: what run tasks and API-driven workflows read."""
        command = [str(self.binary), "show", "-json", "tfplan"]
        return subprocess.run(command, cwd=self.folder, env=dict(self.environ), capture_output=True, check=True).stdout


@contextmanager
def new_container(
    terraform: RunTerraform, workspace: HcpWorkspace, run: Run, archive: bytes, host: str
) -> Iterator[Container]:
    """A new container, removed at the end with all in it.

    It is in the system's folder for temporary files: providers listen on sockets in TMPDIR, whose paths must not be
    longer than 107 bytes (unix(7)).

    Raises ValueError if the upload is no archive, or lacks the workspace's working folder.
    """
    with tempfile.TemporaryDirectory(prefix="mwaa-run-") as name:
        upload, home, programs = (Path(name) / part for part in ("upload", "home", "bin"))
        for folder in (upload, home, programs):
            folder.mkdir()
        (programs / "terraform").symlink_to(terraform.binary)
        _unpack(archive, upload)
        folder = upload / workspace.settings.get("working-directory", "")
        if not folder.is_dir():
            raise ValueError(f"the upload has no folder {workspace.settings['working-directory']}")
        _write_variables(folder, workspace, run)
        environ = {
            **terraform.environ,
            **{one.key: one.value for one in workspace.variables.values() if one.category == "env"},
            "PATH": str(programs),
            "HOME": str(home),
            "TMPDIR": str(home),
            "CHECKPOINT_DISABLE": "1",
            "TF_FORCE_LOCAL_BACKEND": "1",
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            token_variable(host): run.token,
            "TFC_RUN_ID": run.id,
            "TFE_RUN_ID": run.id,
            "TFC_AGENT_VERSION": _AGENT_VERSION,
            "TFC_WORKSPACE_NAME": workspace.name,
            "TFC_WORKSPACE_SLUG": f"{workspace.organization}/{workspace.name}",
        }
        yield Container(folder, home, terraform.binary, environ)


def _unpack(archive: bytes, folder: Path) -> None:
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as members:
            members.extractall(folder, filter="data")
    except (tarfile.TarError, OSError, EOFError) as error:
        raise ValueError(f"the upload cannot be unpacked: {error}") from error
    shutil.rmtree(folder / ".terraform", ignore_errors=True)


def _write_variables(folder: Path, workspace: HcpWorkspace, run: Run) -> None:
    """Write the workspace's variables to terraform.tfvars, and those of this run where they win over them."""
    lines = [
        f"{one.key} = {one.value if one.hcl else json.dumps(one.value)}"
        for one in workspace.variables.values()
        if one.category == "terraform"
    ]
    if lines:
        (folder / "terraform.tfvars").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if run.variables:
        text = "".join(f"{key} = {value}\n" for key, value in run.variables)
        (folder / "run.auto.tfvars").write_text(text, encoding="utf-8")
