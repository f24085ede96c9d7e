"""An embedded HCP Terraform in this process, behind a proxy, with the real `terraform` as its client and its worker."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mwaa.embedded_aws.certificates import Authority
from mwaa.embedded_aws.proxy import Proxy, ServerIdentity
from mwaa.embedded_aws.upstream import Upstream
from mwaa.embedded_hcp.api import Api
from mwaa.embedded_hcp.identity import Issuer
from mwaa.embedded_hcp.records import HcpWorkspace, Run, Store
from mwaa.embedded_hcp.server_files import RunTerraform
from mwaa.embedded_hcp.service import Service
from mwaa.embedded_hcp.worker import Worker

HOST = "app.terraform.io"
TOKEN = "a-token-of-this-test"


@dataclass
class Hcp:
    """A server and what its clients need; `workspace()` makes a workspace with a client's folder."""

    service: Service
    folder: Path
    environ: dict[str, str]

    def client(self, name: str, configuration: dict[str, Any]) -> "Client":
        """A folder with this configuration and a `cloud` block that names the workspace."""
        folder = self.folder / f"client-{name}"
        folder.mkdir()
        cloud = {"organization": "acme", "workspaces": {"name": name, "project": "data"}}
        document = {"terraform": {"cloud": cloud}, **configuration}
        (folder / "main.tf.json").write_text(json.dumps(document))
        return Client(self, name, folder)


@dataclass
class Client:
    hcp: Hcp
    name: str
    folder: Path

    @property
    def workspace(self) -> HcpWorkspace:
        found = self.hcp.service.store.workspace("acme", self.name)
        assert found is not None
        return found

    @property
    def run(self) -> Run:
        """The newest run."""
        return self.workspace.runs[-1]

    def start(self, *arguments: str, **environ: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["terraform", *arguments],
            cwd=self.folder,
            env=self.hcp.environ | environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def terraform(self, *arguments: str, status: int = 0, answers: str = "", **environ: str) -> str:
        """Run `terraform` and return what it printed. Fails unless it ends with `status`."""
        process = self.start(*arguments, **environ)
        printed, _ = process.communicate(answers, timeout=120)
        assert process.returncode == status, printed
        return printed

    def on_disk(self) -> str:
        """Everything that stands in the client's folder, but its configuration."""
        files = (path for path in sorted(self.folder.rglob("*")) if path.is_file() and path.name != "main.tf.json")
        return "\n".join(path.read_text(errors="replace") for path in files)


@pytest.fixture(scope="session")
def hcp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hcp]:
    folder = tmp_path_factory.mktemp("hcp")
    authority = Authority()
    (folder / "ca.pem").write_bytes(authority.pem)
    binary = shutil.which("terraform")
    assert binary, "terraform is not on PATH"
    asked = subprocess.run([binary, "version", "-json"], capture_output=True, check=True)
    shared = {"SSL_CERT_FILE": str(folder / "ca.pem")}
    store, issuer = Store(), Issuer(HOST)
    version = json.loads(asked.stdout)["terraform_version"]
    terraform = RunTerraform(Path(binary), version, shared)
    worker = Worker(store, lambda: terraform, HOST, issuer)
    service = Service(store, worker, issuer)
    api = Api(service, HOST, TOKEN)

    proxy = Proxy(
        ServerIdentity("test", os.getpid()),
        authority,
        Upstream({}),
        lambda method, host, path, _headers, _body: (500, {}, f"{method} {host}{path}".encode()),
        {HOST: api.answer}.get,
    )
    shared["HTTPS_PROXY"] = f"http://127.0.0.1:{proxy.server_port}"
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "CHECKPOINT_DISABLE": "1",
        "TF_CLI_ARGS": "-no-color",
        "TF_TOKEN_app_terraform_io": TOKEN,
        **shared,
    }
    yield Hcp(service, folder, environ)
    proxy.shutdown()
    proxy.server_close()
