"""The life of the server, and environments in which nothing can reach the real AWS."""

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mwaa.embedded_aws import Embedded, EmbeddedError, EmbeddedSettings, child_environ, find, server_state, start
from mwaa.embedded_aws import control as module

IDENTITY = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
SETTINGS = EmbeddedSettings(create_seconds=0)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Embedded]:
    embedded = start(tmp_path, settings=SETTINGS)
    yield embedded
    embedded.stop()


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that ended and was not yet reaped does not."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until_ended(pid: int) -> None:
    deadline = time.monotonic() + 10
    while is_alive(pid):
        assert time.monotonic() < deadline, f"{pid} still runs"
        time.sleep(0.02)


def test_a_server_is_found_started_once_and_stopped(tmp_path: Path) -> None:
    assert find(tmp_path) is None
    first = start(tmp_path, settings=SETTINGS)
    assert first.folder == tmp_path / ".mwaa" / "local"
    assert first.settings == SETTINGS
    assert first.ca_bundle.read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert start(tmp_path, settings=EmbeddedSettings(create_seconds=9)) == first
    assert find(tmp_path) == first
    first.stop()
    assert not is_alive(first.pid)
    assert find(tmp_path) is None
    assert not first.folder.exists()
    first.stop()  # once more does no harm


def test_two_starts_at_once_give_one_server(tmp_path: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        started = list(pool.map(lambda _: start(tmp_path, settings=SETTINGS), range(3)))
    started[0].stop()
    assert started == [started[0]] * 3


def test_the_server_outlives_the_process_that_started_it(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from mwaa.embedded_aws import *; "
        "print(start(Path(sys.argv[1]), settings=EmbeddedSettings()).pid)"
    )
    root = Path(module.__file__).resolve().parents[2]
    asked = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], cwd=root, capture_output=True, text=True, check=True
    )
    found = find(tmp_path)
    assert found is not None
    assert found.pid == int(asked.stdout)
    found.stop()


def test_a_server_that_died_is_replaced_and_its_folder_emptied(tmp_path: Path) -> None:
    dead = start(tmp_path, settings=SETTINGS)
    (dead.folder / "terraform.tfstate").write_text("{}")
    os.kill(dead.pid, signal.SIGKILL)
    wait_until_ended(dead.pid)
    assert find(tmp_path) is None
    new = start(tmp_path, settings=SETTINGS)
    try:
        assert new.instance != dead.instance
        assert not (new.folder / "terraform.tfstate").exists()
    finally:
        new.stop()


def test_another_process_with_the_recorded_pid_is_neither_taken_for_the_server_nor_ended(tmp_path: Path) -> None:
    folder = tmp_path / ".mwaa" / "local"
    folder.mkdir(parents=True)
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        recorded = server_state.ServerState("gone", bystander.pid, 1, datetime.now(UTC), SETTINGS)
        server_state.write(folder, recorded)
        assert find(tmp_path) is None
        Embedded(folder, "gone", bystander.pid, 1, recorded.started_at, SETTINGS).stop()
        assert bystander.poll() is None
        assert not folder.exists()
    finally:
        bystander.kill()
        bystander.wait()


def test_the_port_of_another_server_is_not_taken_for_this_one(running: Embedded, tmp_path: Path) -> None:
    server_state.write(
        running.folder, server_state.ServerState("another", 1, running.port, running.started_at, SETTINGS)
    )
    assert find(tmp_path) is None
    wait_until_ended(running.pid)  # its state was taken from it: nobody could stop it any more


def test_a_broken_state_file_is_no_server(tmp_path: Path) -> None:
    folder = tmp_path / ".mwaa" / "local"
    folder.mkdir(parents=True)
    (folder / server_state.STATE).write_text('{"pid": 1')
    assert find(tmp_path) is None


def test_a_server_whose_folder_is_removed_ends(tmp_path: Path) -> None:
    embedded = start(tmp_path, settings=SETTINGS)
    (embedded.folder / server_state.STATE).unlink()
    wait_until_ended(embedded.pid)


def test_ctrl_c_while_starting_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spawned: list[subprocess.Popen[bytes]] = []
    spawn = module._spawn

    def spawn_and_note(folder: Path, settings: EmbeddedSettings) -> subprocess.Popen[bytes]:
        spawned.append(spawn(folder, settings))
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
        return spawned[0]

    monkeypatch.setattr(module, "_spawn", spawn_and_note)
    with pytest.raises(KeyboardInterrupt):
        start(tmp_path, settings=SETTINGS)
    assert spawned[0].poll() is not None
    assert not (tmp_path / ".mwaa" / "local").exists()


def test_a_server_that_cannot_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(folder: Path, settings: EmbeddedSettings) -> subprocess.Popen[bytes]:
        (folder / server_state.LOG).write_text("ImportError: no moto here\n")
        return subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])

    monkeypatch.setattr(module, "_spawn", broken)
    with pytest.raises(EmbeddedError, match=r"^the embedded AWS ended while starting:\nImportError: no moto here$"):
        start(tmp_path, settings=SETTINGS)


@pytest.fixture
def hostile(tmp_path: Path) -> dict[str, str]:
    """The environment of a person who is logged in to AWS in every way there is."""
    home = tmp_path / "home"
    (home / ".aws").mkdir(parents=True)
    trap = home / "credential_process_ran"
    process = shlex.join([sys.executable, "-c", f"open({str(trap)!r}, 'w').close()"])
    (home / ".aws" / "config").write_text(
        f"[default]\nregion = ap-south-1\ncredential_process = {process}\nendpoint_url = http://127.0.0.1:1\n"
        "[profile prod]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = us-east-1\n"
        "sso_account_id = 987654321098\nsso_role_name = Administrator\n"
        "role_arn = arn:aws:iam::987654321098:role/Administrator\nsource_profile = default\n"
    )
    (home / ".aws" / "credentials").write_text(
        "[default]\naws_access_key_id = AKIAREALREALREALREAL\naws_secret_access_key = real-secret-in-file\n"
    )
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "AWS_ACCESS_KEY_ID": "ASIAREALREALREALREAL",
        "AWS_SECRET_ACCESS_KEY": "real-secret-in-environment",
        "AWS_SESSION_TOKEN": "real-session-token",
        "AWS_SECURITY_TOKEN": "real-security-token",
        "AWS_PROFILE": "prod",
        "AWS_DEFAULT_PROFILE": "prod",
        "AWS_REGION": "ap-south-1",
        "AWS_DEFAULT_REGION": "ap-south-1",
        "AWS_CONFIG_FILE": str(home / ".aws" / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(home / ".aws" / "credentials"),
        "AWS_ROLE_ARN": "arn:aws:iam::987654321098:role/real",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(home / "real-web-identity"),
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.2/real",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/real",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "real-container-token",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1/real",
        "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1/real",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_USE_DUALSTACK_ENDPOINT": "true",
        "AWS_CA_BUNDLE": "/real/bundle.pem",
        "AWS_CREDENTIAL_EXPIRATION": "2030-01-01T00:00:00Z",
        "BOTO_CONFIG": str(home / "real-boto"),
        "HTTPS_PROXY": "http://127.0.0.1:1/real",
        "ALL_PROXY": "socks5://127.0.0.1:1/real",
        "NO_PROXY": "amazonaws.com,.amazonaws.com,real",
        "no_proxy": "*",
        "SSL_CERT_FILE": "/real/authorities.pem",
        "TF_TOKEN_app_terraform_io": "real-token",
        "TF_TOKEN_tfe_acme_com": "another-real-token",
        "TFE_TOKEN": "real-token",
        "EDITOR": "vi",
        "AWS_PAGER": "",
    }


def test_nothing_of_a_real_login_is_left(embedded: Embedded, hostile: dict[str, str]) -> None:
    environ = embedded.environ("111111111111", "eu-west-1", hostile)
    assert environ == {
        "PATH": hostile["PATH"],
        "HOME": hostile["HOME"],
        "EDITOR": "vi",
        "AWS_PAGER": "",
        "HTTP_PROXY": embedded.proxy,
        "HTTPS_PROXY": embedded.proxy,
        "http_proxy": embedded.proxy,
        "https_proxy": embedded.proxy,
        "NO_PROXY": "localhost,127.0.0.1,::1",
        "no_proxy": "localhost,127.0.0.1,::1",
        "AWS_CA_BUNDLE": str(embedded.folder / "ca.pem"),
        "REQUESTS_CA_BUNDLE": str(embedded.folder / "ca-bundle.pem"),
        "SSL_CERT_FILE": str(embedded.folder / "ca-bundle.pem"),
        "TF_TOKEN_app_terraform_io": (embedded.folder / "hcp-token").read_text(),
        "CURL_CA_BUNDLE": str(embedded.folder / "ca-bundle.pem"),
        "AWS_ACCESS_KEY_ID": "AKIAMWAA111111111111",
        "AWS_SECRET_ACCESS_KEY": "embedded-aws-has-no-secrets",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_CONFIG_FILE": str(embedded.folder / "aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(embedded.folder / "aws-config"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "MWAA_EMBEDDED": embedded.instance,
    }
    assert (embedded.folder / "aws-config").read_text() == "[default]\n"
    together = (embedded.folder / "ca-bundle.pem").read_text()
    assert together.endswith((embedded.folder / "ca.pem").read_text())
    assert together.count("BEGIN CERTIFICATE") > 100  # hosts beside AWS are reached with it too


def test_a_child_process_of_a_person_logged_in_sees_the_embedded_account(
    embedded: Embedded, hostile: dict[str, str]
) -> None:
    environ = embedded.environ("111111111111", "eu-west-1", hostile)
    seen = subprocess.run([sys.executable, "-c", IDENTITY], env=environ, capture_output=True, text=True, check=True)
    assert seen.stdout == "111111111111\n"
    assert embedded.verify(environ) == "111111111111"
    assert not (Path(hostile["HOME"]) / "credential_process_ran").exists()


def test_a_client_in_this_process_ignores_and_keeps_a_real_login(
    embedded: Embedded, hostile: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in hostile.items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ)
    identity = embedded.client("sts", "222222222222", "eu-west-1").get_caller_identity()
    assert identity["Account"] == "222222222222"
    assert identity["ResponseMetadata"]["HTTPHeaders"]["x-mwaa-embedded"] == embedded.instance
    assert dict(os.environ) == before
    assert not (Path(hostile["HOME"]) / "credential_process_ran").exists()


def test_the_printed_exports_do_what_environ_does(embedded: Embedded, hostile: dict[str, str]) -> None:
    lines = embedded.exports("111111111111", "eu-west-1", hostile)
    show = shlex.join([sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"])
    script = "\n".join([*lines, show])
    shell = subprocess.run(["/bin/sh", "-c", script], env=hostile, capture_output=True, text=True, check=True)
    seen = {name: value for name, value in json.loads(shell.stdout).items() if name not in ("PWD", "LC_CTYPE", "_")}
    assert seen == embedded.environ("111111111111", "eu-west-1", hostile)


def test_exports_also_clean_a_shell_that_has_more(embedded: Embedded) -> None:
    lines = embedded.exports("111111111111", "eu-west-1", {})
    assert {"unset AWS_PROFILE", "unset AWS_SESSION_TOKEN", "unset ALL_PROXY"} <= set(lines)


def test_exports_are_quoted(embedded: Embedded) -> None:
    awkward = replace(embedded, folder=Path("/home/a b/$(touch x)"))
    assert "export AWS_CA_BUNDLE='/home/a b/$(touch x)/ca.pem'" in awkward.exports("111111111111", "eu-west-1", {})


def test_verify_refuses_an_environment_that_is_not_ours(embedded: Embedded, hostile: dict[str, str]) -> None:
    with pytest.raises(EmbeddedError, match="AWS_ACCESS_KEY_ID is not a key of the embedded AWS: nothing was applied"):
        embedded.verify(hostile)


def test_verify_refuses_when_nobody_answers(embedded: Embedded) -> None:
    environ = embedded.environ("111111111111", "eu-west-1", {}) | {"AWS_MAX_ATTEMPTS": "1"}
    gone = {"HTTPS_PROXY": "http://127.0.0.1:1", "https_proxy": "http://127.0.0.1:1"}
    with pytest.raises(EmbeddedError, match=r"^the embedded AWS did not answer sts:GetCallerIdentity: "):
        embedded.verify(environ | gone)


def test_verify_refuses_the_answer_of_another_aws(embedded: Embedded) -> None:
    environ = embedded.environ("111111111111", "eu-west-1", {})
    another = replace(embedded, instance="another")
    with pytest.raises(
        EmbeddedError, match=r"was answered by account 111111111111 of another AWS, not by the embedded AWS"
    ):
        another.verify(environ)


def test_what_is_no_account_id_is_refused(embedded: Embedded) -> None:
    with pytest.raises(ValueError, match=r'^"dev" is not an AWS account id: expected twelve digits$'):
        embedded.environ("dev", "eu-west-1", {})


def test_the_server_s_own_environment_has_no_login_and_no_loop() -> None:
    proxied = {"HTTPS_PROXY": "http://office:3128", "AWS_PROFILE": "prod", "MOTO_ACCOUNT_ID": "1", "PATH": "/bin"}
    assert child_environ.server_environ(proxied) == {"HTTPS_PROXY": "http://office:3128", "PATH": "/bin"}
    assert child_environ.server_environ(proxied | {"MWAA_EMBEDDED": "x"}) == {"PATH": "/bin"}
