"""Starts, finds and stops the embedded AWS.

The server is a process of its own (`mwaa.embedded_aws.server`) and outlives the command that started it. Its folder is
`<root>/.mwaa/local/`. What belongs to its resources (a Terraform state) should be there too: the server keeps its
resources in memory, so `stop` removes the folder, and so does the next `start` after the server died.
"""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from mwaa.embedded_aws import accounts, child_environ, server_state
from mwaa.embedded_aws.settings import EmbeddedSettings
from mwaa.failure import Failure
from mwaa.files import lock
from mwaa.project_layout import EMBEDDED as EMBEDDED_FOLDER

_START_SECONDS = 60
_STOP_SECONDS = 5
_HERE = Path(__file__).resolve().parents[2]


class EmbeddedError(Failure):
    """The embedded AWS cannot be started, or another AWS answers in its place."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """A running embedded AWS."""

    folder: Path
    """The folder of its state. `stop` removes it with everything in it."""
    instance: str
    pid: int
    port: int
    started_at: datetime
    settings: EmbeddedSettings
    """The settings that it was started with."""

    @property
    def proxy(self) -> str:
        """The value of HTTPS_PROXY for its clients."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ca_bundle(self) -> Path:
        """The file of its certificate authority, which exists as long as the server."""
        return self.folder / server_state.AUTHORITY

    @property
    def log(self) -> Path:
        """The server's log: one line for each request, a traceback for each bug."""
        return self.folder / server_state.LOG

    def environ(self, account: str, region: str, base: Mapping[str, str]) -> dict[str, str]:
        """Return the whole environment for a child process: `base`, with this server as AWS, seen from `account`.

        Every variable of AWS's tools (profiles, tokens, roles, endpoints, configuration files) is removed before ours
        are set. Raises ValueError unless `account` is twelve digits.
        """
        return child_environ.seal(base, self._variables(account, region))

    def exports(self, account: str, region: str, base: Mapping[str, str] = os.environ) -> list[str]:
        """Return the shell lines, for `eval`, that do to the environment `base` what `environ` does."""
        return child_environ.shell_lines(base, self._variables(account, region))

    def verify(self, environ: Mapping[str, str]) -> str:
        """Ask, in a child process with exactly this environment, which AWS answers. Return the account.

        Call it before anything is applied. Raises EmbeddedError unless this very server answers
        sts:GetCallerIdentity, for the account that the environment's access key names.
        """
        account = accounts.account_of(environ.get("AWS_ACCESS_KEY_ID", ""))
        if account is None:
            raise EmbeddedError("AWS_ACCESS_KEY_ID is not a key of the embedded AWS: nothing was applied")
        asked = subprocess.run(
            [sys.executable, "-I", "-c", _CALLER_IDENTITY_SCRIPT],
            env=dict(environ),
            capture_output=True,
            text=True,
            timeout=_START_SECONDS,
            check=False,
        )
        if asked.returncode != 0:
            (message,) = asked.stderr.strip().splitlines()[-1:] or ["no message"]
            raise EmbeddedError(f"the embedded AWS did not answer sts:GetCallerIdentity: {message}; see {self.log}")
        answer = json.loads(asked.stdout)
        if answer["instance"] != self.instance:
            raise EmbeddedError(
                f"sts:GetCallerIdentity was answered by account {answer['account']} of another AWS, not by the "
                "embedded AWS: nothing was applied"
            )
        if answer["account"] != account:
            raise EmbeddedError(f"the embedded AWS answered for account {answer['account']} instead of {account}")
        return account

    def client(self, service: str, account: str, region: str) -> Any:
        """Return a boto3 client of this server for use in this process.

        It reads neither the variables nor the files that configure the user's AWS access.
        """
        import boto3
        from botocore.config import Config
        from botocore.session import Session

        core = Session()
        core.register_component("data_loader", _loader())
        # An instance variable wins over the environment; the profile named must exist in the file named.
        core.set_config_variable("config_file", str(self.folder / server_state.CONFIG))
        core.set_config_variable("credentials_file", str(self.folder / server_state.CONFIG))
        core.set_config_variable("profile", "default")
        session = boto3.Session(
            botocore_session=core,
            aws_access_key_id=accounts.access_key(account),
            aws_secret_access_key=accounts.SECRET,
            region_name=region,
        )
        config = Config(
            proxies={"http": self.proxy, "https": self.proxy},
            ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]  # the stubs lag behind
            use_fips_endpoint=False,
            use_dualstack_endpoint=False,
            defaults_mode="standard",  # type: ignore[arg-type]  # "auto" would ask for instance metadata
        )
        return session.client(service, config=config, verify=str(self.ca_bundle))  # type: ignore[call-overload]

    def stop(self) -> None:
        """End the server and remove its folder. A process that is not this server is left alone."""
        with _hold_lock(self.folder):
            if _ask_identity(self.port) == (self.instance, self.pid):
                _end(self.pid, self.port, self.instance)
            shutil.rmtree(self.folder, ignore_errors=True)

    def _variables(self, account: str, region: str) -> dict[str, str]:
        return child_environ.child_variables(self.folder, self.instance, self.proxy, account, region)


def start(root: Path, *, settings: EmbeddedSettings) -> Embedded:
    """Return the embedded AWS that runs for the checkout `root`, or start one with these settings.

    A server that runs keeps the settings it was started with (`Embedded.settings`). Raises EmbeddedError if it cannot
    be started. After a failure or an interrupt nothing is left behind.
    """
    folder = _folder(root)
    with _hold_lock(folder):
        running = find(root)
        if running is not None:
            return running
        shutil.rmtree(folder, ignore_errors=True)  # of a server that died, with all its resources
        folder.mkdir(parents=True)
        process = None
        try:
            process = _spawn(folder, settings)
            return _await_answer(process, root)
        except BaseException:
            if process is not None:
                process.kill()
                process.wait()
            shutil.rmtree(folder, ignore_errors=True)
            raise


def find(root: Path) -> Embedded | None:
    """Return the embedded AWS that runs for the checkout `root`, or None.

    A process that only has the recorded id or port is not taken for it.
    """
    folder = _folder(root)
    recorded = server_state.read(folder)
    if recorded is None or _ask_identity(recorded.port) != (recorded.instance, recorded.pid):
        return None
    return Embedded(folder, recorded.instance, recorded.pid, recorded.port, recorded.started_at, recorded.settings)


def require(root: Path, workspace: str) -> Embedded:
    """Return the embedded AWS that runs for the checkout `root`. Raises EmbeddedError, which names the command that
    starts one for `workspace`, if none runs."""
    running = find(root)
    if running is None:
        raise EmbeddedError("no embedded AWS runs for this checkout", f"mwaa local up {workspace}")
    return running


def _folder(root: Path) -> Path:
    return root.resolve() / EMBEDDED_FOLDER


@contextmanager
def _hold_lock(folder: Path) -> Iterator[None]:
    """Let one process at a time start or stop. The lock is beside the folder, because `stop` removes the folder."""
    with lock(folder.parent / f"{folder.name}.lock"):
        yield


def _spawn(folder: Path, settings: EmbeddedSettings) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "mwaa.embedded_aws.server"]
    command += ["--folder", str(folder), "--settings", settings.to_json()]
    with (folder / server_state.LOG).open("wb") as log:
        return subprocess.Popen(
            command,
            cwd=_HERE,
            env=child_environ.server_environ(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # outlives this command, its terminal and Ctrl-C
        )


def _await_answer(process: subprocess.Popen[bytes], root: Path) -> Embedded:
    """Wait until the server answers a real AWS request."""
    log = _folder(root) / server_state.LOG
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            last_lines = log.read_text(errors="replace").strip().splitlines()[-5:]
            raise EmbeddedError("the embedded AWS ended while starting:\n" + "\n".join(last_lines))
        running = find(root)
        if running is not None:
            running.client("sts", "000000000000", "us-east-1").get_caller_identity()
            return running
        time.sleep(0.05)
    raise EmbeddedError(f"the embedded AWS did not answer within {_START_SECONDS} seconds")


@cache
def _loader() -> Any:
    """Return one loader for all clients, because reading the model of EC2 takes a third of a second."""
    from botocore.loaders import Loader

    return Loader()


def _ask_identity(port: int) -> tuple[str, int] | None:
    """Return instance and process id of the embedded AWS on this port; None if there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", server_state.IDENTITY_PATH)
        answer = json.loads(connection.getresponse().read())
        return str(answer["instance"]), int(answer["pid"])
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None
    finally:
        connection.close()


def _end(pid: int, port: int, instance: str) -> None:
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while _ask_identity(port) == (instance, pid):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            break
        time.sleep(0.05)
    with suppress(ChildProcessError):  # another command started it: the system's init reaps it
        os.waitpid(pid, 0)


_CALLER_IDENTITY_SCRIPT = f"""
import json, boto3
answer = boto3.client("sts").get_caller_identity()
headers = answer["ResponseMetadata"]["HTTPHeaders"]
print(json.dumps({{"account": answer["Account"], "instance": headers.get("{server_state.IDENTITY_HEADER}")}}))
"""
