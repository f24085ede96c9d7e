"""Terraform as `make setup` downloads it, from a server on this machine."""

import hashlib
import io
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from mwaa.local.errors import DeployError
from mwaa.local.terraform import find_terraform
from mwaa.local.terraform_download import LOCK, OFFICIAL, download

CHECKOUT = Path(__file__).parents[2]
NAME = "terraform_1.11.4_linux_amd64.zip"
PROGRAM = b"#!/bin/sh\nprintf 'Terraform v1.11.4\\non linux_amd64\\n'\n"


def _zip(program: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("LICENSE.txt", "BUSL")
        archive.writestr("terraform", program)
    return buffer.getvalue()


ARCHIVE = _zip(PROGRAM)


class _Releases(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        place, _, path = self.path.removeprefix("/").partition("/")
        if place == "absent" or path != f"terraform/1.11.4/{NAME}":
            self.send_error(404)
            return
        body = {"right": ARCHIVE, "wrong": _zip(b"something else"), "cut": ARCHIVE[:-10]}[place]
        self.send_response(200)
        self.send_header("Content-Length", str(len(ARCHIVE) if place == "cut" else len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), _Releases) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project whose lock names the archive of the server."""
    (tmp_path / LOCK).parent.mkdir()
    (tmp_path / LOCK).write_text(f"# a comment\n{hashlib.sha256(ARCHIVE).hexdigest()}  {NAME}\n")
    return tmp_path


def _left(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


@pytest.mark.parametrize(("machine", "ending"), [("x86_64", ""), ("amd64", "/")])
def test_the_locked_archive_becomes_a_program_that_is_found(root: Path, server: str, machine: str, ending: str) -> None:
    program = download(root, f"{server}/right{ending}", "Linux", machine)
    assert program == root / ".mwaa/bin/terraform"
    assert program.read_bytes() == PROGRAM
    assert _left(root) == [".mwaa/bin/terraform", "locks/terraform.txt"]
    assert find_terraform(root, {"PATH": "/nowhere"}).path == program


def test_a_wrong_checksum_leaves_nothing_behind(root: Path, server: str) -> None:
    with pytest.raises(DeployError) as caught:
        download(root, f"{server}/wrong", "Linux", "x86_64")
    got, expected = (hashlib.sha256(data).hexdigest() for data in (_zip(b"something else"), ARCHIVE))
    address = f"{server}/wrong/terraform/1.11.4/{NAME}"
    assert str(caught.value) == f"{address} has the wrong SHA-256: got {got}, expected {expected}"
    assert caught.value.fix.startswith("install Terraform yourself: https://")
    assert _left(root) == ["locks/terraform.txt"]


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("absent", "HTTP Error 404: Not Found"),
        ("cut", f"IncompleteRead({len(ARCHIVE) - 10} bytes read, 10 more expected)"),
    ],
)
def test_an_archive_that_cannot_be_downloaded_leaves_nothing_behind(
    root: Path, server: str, place: str, reason: str
) -> None:
    with pytest.raises(DeployError) as caught:
        download(root, f"{server}/{place}", "Linux", "x86_64")
    address = f"{server}/{place}/terraform/1.11.4/{NAME}"
    assert str(caught.value) == f"Terraform could not be downloaded from {address}: {reason}"
    assert caught.value.fix.startswith("set MWAA_TERRAFORM_MIRROR to the address of a server that has it")
    assert _left(root) == ["locks/terraform.txt"]


@pytest.mark.parametrize(("system", "machine"), [("Linux", "riscv64"), ("Windows", "AMD64"), ("Darwin", "arm64")])
def test_an_unknown_machine_is_reported_before_anything_is_downloaded(root: Path, system: str, machine: str) -> None:
    with pytest.raises(DeployError) as caught:
        download(root, "http://127.0.0.1:1", system, machine)
    assert str(caught.value) == f"no Terraform is locked for this machine ({system} {machine})"


def test_the_lock_of_this_project_names_the_four_machines() -> None:
    lines = [line.split() for line in (CHECKOUT / LOCK).read_text().splitlines() if not line.startswith("#")]
    platforms = ["linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64"]
    assert [name for _, name in lines] == [f"terraform_1.11.4_{platform}.zip" for platform in platforms]
    assert {len(digest) for digest, _ in lines} == {64}
    assert OFFICIAL == "https://releases.hashicorp.com"


def test_the_command_ends_with_status_1_and_a_fix_where_the_mirror_is_unreachable(tmp_path: Path) -> None:
    (tmp_path / LOCK).parent.mkdir()
    (tmp_path / LOCK).write_text((CHECKOUT / LOCK).read_text())
    command = [sys.executable, "-m", "mwaa.local.terraform_download"]
    environ = os.environ | {
        "MWAA_TERRAFORM_MIRROR": "http://127.0.0.1:1",
        "PYTHONPATH": str(CHECKOUT / "modules"),
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "==> Terraform from http://127.0.0.1:1\n")
    assert done.stderr.startswith("Terraform could not be downloaded from http://127.0.0.1:1/terraform/1.11.4/")
    assert "\n  fix: set MWAA_TERRAFORM_MIRROR " in done.stderr
    assert _left(tmp_path) == ["locks/terraform.txt"]


def test_a_terraform_on_path_wins_over_the_downloaded_one(root: Path, server: str) -> None:
    download(root, f"{server}/right", "Linux", "x86_64")
    own = root / "own" / "tofu"
    own.parent.mkdir()
    own.write_text("#!/bin/sh\nprintf 'OpenTofu v1.9.0\\non linux_amd64\\n'\n")
    own.chmod(0o755)
    assert find_terraform(root, {"PATH": f"{root / '.mwaa/bin'}{os.pathsep}{own.parent}"}).path == own
