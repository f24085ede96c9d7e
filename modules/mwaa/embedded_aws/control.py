"""Starts, finds and stops the embedded AWS, and makes environments in which no process can reach the real one.

The server is a process of its own (`mwaa.embedded_aws.server`) and outlives the command that started it. Its state lies
in `<root>/.mwaa/local/`. What belongs to its resources (a Terraform state) should lie there too: the server keeps its
resources in memory, so `stop` removes the folder, and so does the next `start` when the server died.
"""

import http.client
import json
import os
import shlex
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

from mwaa.config.synthesis_target import EMBEDDED
from mwaa.embedded_aws import accounts, state
from mwaa.embedded_aws.settings import EmbeddedSettings
from mwaa.failure import Failure
from mwaa.files import lock
from mwaa.project_layout import EMBEDDED as EMBEDDED_FOLDER

_START_SECONDS = 60
_STOP_SECONDS = 5
_HERE = Path(__file__).resolve().parents[2]

_HARMLESS = {"AWS_PAGER", "AWS_DEFAULT_OUTPUT", "AWS_CLI_AUTO_PROMPT"}
"""The variables of AWS's tools that say nothing about who calls whom."""
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy")
_ALWAYS_REMOVED = (
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_DEFAULT_PROFILE",
    "AWS_ENDPOINT_URL",
    "AWS_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_TOKEN",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "BOTO_CONFIG",
)
"""Named although `AWS_*` covers them: the printed exports also clean a shell other than the one that asked."""


class EmbeddedError(Failure):
    """The embedded AWS does not run as it should; the text says what was found and what to do."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """A running embedded AWS."""

    folder: Path
    """Where its state lies. `stop` removes it with everything in it."""
    instance: str
    pid: int
    port: int
    started_at: datetime
    settings: EmbeddedSettings
    """What it was started with."""

    @property
    def proxy(self) -> str:
        """The address that HTTPS_PROXY is set to."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ca_bundle(self) -> Path:
        """The certificate authority to trust, in this server's lifetime only."""
        return self.folder / state.AUTHORITY

    @property
    def log(self) -> Path:
        """What the server did: one line for each request, a traceback for each bug."""
        return self.folder / state.LOG

    def environ(self, account: str, region: str, base: Mapping[str, str]) -> dict[str, str]:
        """The whole environment for a child process: `base`, changed so that AWS is this server, seen from `account`.

        Every variable of AWS's tools is removed first (profiles, tokens, roles, endpoints, configuration files), and
        only then ours are set. Raises ValueError unless `account` is twelve digits.
        """
        removed = set(self._removed(base))
        kept = {name: value for name, value in base.items() if name not in removed}
        return kept | self._settings(account, region)

    def exports(self, account: str, region: str, base: Mapping[str, str] = os.environ) -> list[str]:
        """The shell lines that do to the environment `base` what `environ` does, for `eval`."""
        settings = self._settings(account, region)
        unset = sorted({*self._removed(base), *_ALWAYS_REMOVED, *_PROXIES} - settings.keys())
        return [
            *(f"unset {name}" for name in unset),
            *(f"export {name}={shlex.quote(value)}" for name, value in sorted(settings.items())),
        ]

    def verify(self, environ: Mapping[str, str]) -> str:
        """Asks, in a child process with exactly this environment, who answers as AWS; gives the account.

        To be called before anything is applied. Raises EmbeddedError unless this very server answers
        sts:GetCallerIdentity, for the account that the environment's access key names.
        """
        account = accounts.account_of(environ.get("AWS_ACCESS_KEY_ID", ""))
        if account is None:
            raise EmbeddedError("AWS_ACCESS_KEY_ID is not a key of the embedded AWS: nothing was applied")
        asked = subprocess.run(
            [sys.executable, "-I", "-c", _WHO_AM_I],
            env=dict(environ),
            capture_output=True,
            text=True,
            timeout=_START_SECONDS,
            check=False,
        )
        if asked.returncode != 0:
            said = asked.stderr.strip().splitlines()[-1:] or ["no message"]
            raise EmbeddedError(f"the embedded AWS did not answer sts:GetCallerIdentity: {said[0]}; see {self.log}")
        answer = json.loads(asked.stdout)
        if answer["instance"] != self.instance:
            raise EmbeddedError(
                f"sts:GetCallerIdentity was not answered by the embedded AWS but by account {answer['account']} of "
                "another AWS: nothing was applied"
            )
        if answer["account"] != account:
            raise EmbeddedError(f"the embedded AWS answered for account {answer['account']} instead of {account}")
        return account

    def client(self, service: str, account: str, region: str) -> Any:
        """A boto3 client of this server for use in this process.

        Reads neither the variables nor the files that configure the user's AWS access, and changes none.
        """
        import boto3
        from botocore.config import Config
        from botocore.session import Session

        core = Session()
        core.register_component("data_loader", _loader())
        # An instance variable wins over the environment; the profile named must exist in the file named.
        core.set_config_variable("config_file", str(self.folder / state.CONFIG))
        core.set_config_variable("credentials_file", str(self.folder / state.CONFIG))
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
        """Ends the server and removes its folder. Does nothing to a process that is not this server."""
        with _locked(self.folder):
            if _identity(self.port) == (self.instance, self.pid):
                _end(self.pid, self.port, self.instance)
            shutil.rmtree(self.folder, ignore_errors=True)

    def _settings(self, account: str, region: str) -> dict[str, str]:
        nothing = str(self.folder / state.CONFIG)
        return {
            "HTTP_PROXY": self.proxy,
            "HTTPS_PROXY": self.proxy,
            "http_proxy": self.proxy,
            "https_proxy": self.proxy,
            # This machine only: no pattern here can match a host of AWS.
            "NO_PROXY": "localhost,127.0.0.1,::1",
            "no_proxy": "localhost,127.0.0.1,::1",
            "AWS_CA_BUNDLE": str(self.ca_bundle),
            # What AWS's samples for the webserver of MWAA are written with: Python's requests, and curl.
            "REQUESTS_CA_BUNDLE": str(self.folder / state.BUNDLE),
            "CURL_CA_BUNDLE": str(self.folder / state.BUNDLE),
            "AWS_ACCESS_KEY_ID": accounts.access_key(account),
            "AWS_SECRET_ACCESS_KEY": accounts.SECRET,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_CONFIG_FILE": nothing,
            "AWS_SHARED_CREDENTIALS_FILE": nothing,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
            EMBEDDED: self.instance,
        }

    @staticmethod
    def _removed(base: Mapping[str, str]) -> list[str]:
        return [
            name
            for name in base
            if (name.upper().startswith("AWS_") and name not in _HARMLESS) or name == "BOTO_CONFIG" or name in _PROXIES
        ]


def start(root: Path, *, settings: EmbeddedSettings) -> Embedded:
    """The embedded AWS of the checkout `root`: the one that runs, else a new one with these settings.

    A server that runs keeps the settings it was started with (`Embedded.settings`). Raises EmbeddedError when it cannot
    be started; then, and when interrupted, nothing is left behind.
    """
    folder = _folder(root)
    with _locked(folder):
        running = find(root)
        if running is not None:
            return running
        shutil.rmtree(folder, ignore_errors=True)  # of a server that died, with all its resources
        folder.mkdir(parents=True)
        process = None
        try:
            process = _spawn(folder, settings)
            return _await(process, root)
        except BaseException:
            if process is not None:
                process.kill()
                process.wait()
            shutil.rmtree(folder, ignore_errors=True)
            raise


def find(root: Path) -> Embedded | None:
    """The embedded AWS that runs for the checkout `root`, or None. A recorded process id that is another's is none."""
    folder = _folder(root)
    recorded = state.read(folder)
    if recorded is None or _identity(recorded.port) != (recorded.instance, recorded.pid):
        return None
    return Embedded(folder, recorded.instance, recorded.pid, recorded.port, recorded.started_at, recorded.settings)


def _folder(root: Path) -> Path:
    return root.resolve() / EMBEDDED_FOLDER


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Only one process at a time starts or stops. The lock lies beside the folder, which comes and goes."""
    with lock(folder.parent / f"{folder.name}.lock"):
        yield


def _spawn(folder: Path, settings: EmbeddedSettings) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "mwaa.embedded_aws.server"]
    command += ["--folder", str(folder), "--settings", settings.to_json()]
    with (folder / state.LOG).open("wb") as log:
        return subprocess.Popen(
            command,
            cwd=_HERE,
            env=_server_environ(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # outlives this command, its terminal and Ctrl-C
        )


def _server_environ(base: Mapping[str, str]) -> dict[str, str]:
    """The user's environment without AWS (moto asks botocore for regions) and without settings of moto.

    The user's proxy stays: the server relays through it. Unless it is an embedded AWS, which would relay to itself.
    """
    removed = {name for name in base if name.upper().startswith(("AWS_", "MOTO_", "BOTO_"))}
    if EMBEDDED in base:
        removed |= {EMBEDDED, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", *_PROXIES}
    return {name: value for name, value in base.items() if name not in removed}


def _await(process: subprocess.Popen[bytes], root: Path) -> Embedded:
    """Waits until the server answers a real request of AWS."""
    log = _folder(root) / state.LOG
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            said = log.read_text(errors="replace").strip().splitlines()[-5:]
            raise EmbeddedError("the embedded AWS ended while starting:\n" + "\n".join(said))
        running = find(root)
        if running is not None:
            running.client("sts", "000000000000", "us-east-1").get_caller_identity()
            return running
        time.sleep(0.05)
    raise EmbeddedError(f"the embedded AWS did not answer within {_START_SECONDS} seconds")


@cache
def _loader() -> Any:
    """One for all clients: reading the model of EC2 takes a third of a second."""
    from botocore.loaders import Loader

    return Loader()


def _identity(port: int) -> tuple[str, int] | None:
    """What the process that listens on this port says it is; None when none listens or it is no embedded AWS."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", state.IDENTITY_PATH)
        answer = json.loads(connection.getresponse().read())
        return str(answer["instance"]), int(answer["pid"])
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None
    finally:
        connection.close()


def _end(pid: int, port: int, instance: str) -> None:
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while _identity(port) == (instance, pid):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            break
        time.sleep(0.05)
    with suppress(ChildProcessError):  # another command started it: the system's init reaps it
        os.waitpid(pid, 0)


_WHO_AM_I = f"""
import json, boto3
answer = boto3.client("sts").get_caller_identity()
headers = answer["ResponseMetadata"]["HTTPHeaders"]
print(json.dumps({{"account": answer["Account"], "instance": headers.get("{state.IDENTITY_HEADER}")}}))
"""
