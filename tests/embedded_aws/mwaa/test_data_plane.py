"""The data plane: what is passed on to the Airflow that serves an environment, and what is refused before."""

import base64
import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError
from mwaa.airflow_link import registration
from mwaa.airflow_link.registration import Registration
from mwaa.aws_facts import cli_commands as commands
from mwaa.embedded_aws import Embedded
from mwaa.embedded_aws.mwaa import emulated_environment, rest_api
from mwaa.embedded_aws.mwaa.emulated_environment import EmulatedEnvironment
from mwaa.embedded_aws.mwaa.webserver import is_webserver

REGION = "eu-west-1"
Clients = Callable[[str, str], Callable[[str], Any]]
Answer = tuple[int, dict[str, str], bytes]


class Airflow:
    """Answers as Airflow's REST API would, as far as that matters for passing on; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answers: dict[str, Answer] = {"/auth/token": (201, {}, b'{"access_token": "jwt"}')}
        self.before: Callable[[], None] = lambda: None
        self.port = 0

    @contextmanager
    def listening(self) -> Iterator[None]:
        airflow = self

        class Handler(BaseHTTPRequestHandler):
            def do_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                airflow.asked.append((self.command, self.path, dict(self.headers.items()), body))
                path = self.path.split("?")[0]
                if path != "/auth/token":
                    airflow.before()
                status, headers, content = airflow.answers.get(path, (404, {}, b'{"detail": "Not Found"}'))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PATCH = do_DELETE = do_any

            def log_message(self, format: str, *args: object) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.port = server.server_port
        yield
        server.shutdown()
        server.server_close()


@pytest.fixture
def airflow() -> Iterator[Airflow]:
    airflow = Airflow()
    with airflow.listening():
        yield airflow


@pytest.fixture(scope="module")
def mwaa(clients: Clients, account: str, prepare: Callable[..., dict[str, Any]]) -> Any:
    """MWAA of an account with the environment `dev`, which runs Airflow 3."""
    client = clients(account, REGION)
    client("mwaa").create_environment(**prepare(client, account, REGION))
    return client("mwaa")


@pytest.fixture
def serves(embedded: Embedded, account: str, mwaa: Any) -> Iterator[Callable[..., Registration]]:
    """`serves(airflow)` registers it as the one that serves `dev`."""
    written: list[Registration] = []

    def register(airflow: Airflow, version: str = "3.0.6") -> Registration:
        address = f"http://127.0.0.1:{airflow.port}"
        key = os.urandom(8).hex()
        written.append(
            Registration("dev", account, REGION, "dev", version, address, "admin", "pw", address, key, os.getpid())
        )
        registration.write(embedded.folder, written[-1])
        return written[-1]

    yield register
    for one in written:
        registration.remove(embedded.folder, one)


@pytest.fixture
def web(embedded: Embedded) -> Callable[..., requests.Response]:
    """`web(method, url, ...)` asks as `requests` does in a shell with `mwaa local env`."""
    environ = embedded.environ("111111111111", REGION, {})

    def ask(method: str, url: str, **more: Any) -> requests.Response:
        proxies, trusted = {"https": embedded.proxy}, environ["REQUESTS_CA_BUNDLE"]
        return requests.request(method, url, proxies=proxies, verify=trusted, timeout=30, allow_redirects=False, **more)

    return ask


def refused(call: Callable[..., Any], **given: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        call(Name="dev", **given)
    response: dict[str, Any] = dict(caught.value.response)
    return {
        "code": response["Error"]["Code"],
        "status": response.get("RestApiStatusCode"),
        "said": response.get("RestApiResponse"),
    }


def test_without_an_airflow_everything_says_how_to_start_one(mwaa: Any, web: Callable[..., Any]) -> None:
    detail = "No Airflow runs for dev. Start it: mwaa local airflow"
    said = {"title": "Service Unavailable", "status": 503, "detail": detail}
    error = refused(mwaa.invoke_rest_api, Path="/monitor/health", Method="GET")
    assert error == {"code": "RestApiServerException", "status": 503, "said": said}
    host = mwaa.create_web_login_token(Name="dev")["WebServerHostname"]
    answer = web("GET", f"https://{host}/home")
    assert (answer.status_code, answer.json()) == (503, said)


def test_an_airflow_that_died_without_a_word_is_none(
    mwaa: Any, embedded: Embedded, airflow: Airflow, serves: Callable[..., Registration]
) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    dead = replace(serves(airflow), pid=ended.pid)
    registration.write(embedded.folder, dead)
    assert refused(mwaa.invoke_rest_api, Path="/dags", Method="GET")["status"] == 503
    assert list(registration.list_running(embedded.folder)) == []
    registration.remove(embedded.folder, dead)


def test_method_path_query_and_body_are_passed_on_as_the_admin(mwaa: Any, airflow: Airflow, serves: Any) -> None:
    serves(airflow)
    airflow.answers["/api/v2/dags/a/dagRuns"] = (200, {}, b'{"dag_run_id": "r"}')
    answered = mwaa.invoke_rest_api(
        Name="dev",
        Path="/dags/a/dagRuns",
        Method="POST",
        QueryParameters={"paused": False, "tags": ["x", "y z"], "limit": 5},
        Body={"logical_date": None},
    )
    assert (answered["RestApiStatusCode"], answered["RestApiResponse"]) == (200, {"dag_run_id": "r"})
    method, target, headers, body = airflow.asked[-1]
    assert (method, target) == ("POST", "/api/v2/dags/a/dagRuns?paused=false&tags=x&tags=y+z&limit=5")
    assert (headers["Authorization"], headers["Content-Type"]) == ("Bearer jwt", "application/json")
    assert json.loads(body) == {"logical_date": None}


def test_airflow_2_is_asked_below_v1_with_user_and_password(mwaa: Any, airflow: Airflow, serves: Any) -> None:
    serves(airflow, "2.11.2")
    airflow.answers["/api/v1/health"] = (200, {}, b'{"scheduler": {}}')
    answered = mwaa.invoke_rest_api(Name="dev", Path="/health", Method="GET")
    assert answered["RestApiResponse"] == {"scheduler": {}}
    assert airflow.asked[-1][2]["Authorization"] == "Basic " + base64.b64encode(b"admin:pw").decode()


@pytest.mark.parametrize(
    ("status", "body", "code", "said"),
    [
        (404, b'{"detail": "gone"}', "RestApiClientException", {"detail": "gone"}),
        (409, b"", "RestApiClientException", {}),
        (500, b"Internal Server Error", "RestApiServerException", "Internal Server Error"),
    ],
)
def test_errors_of_airflow_are_those_of_the_api(
    mwaa: Any, airflow: Airflow, serves: Any, status: int, body: bytes, code: str, said: Any
) -> None:
    serves(airflow)
    airflow.answers["/api/v2/dags"] = (status, {}, body)
    error = refused(mwaa.invoke_rest_api, Path="/dags", Method="GET")
    assert error == {"code": code, "status": status, "said": said}


def test_a_path_over_64_characters_never_reaches_airflow(mwaa: Any, airflow: Airflow, serves: Any) -> None:
    serves(airflow)
    assert refused(mwaa.invoke_rest_api, Path="/dags/" + "a" * 59, Method="GET")["code"] == "ValidationException"
    assert airflow.asked == []


def test_a_token_that_airflow_no_longer_takes_is_renewed_once(mwaa: Any, airflow: Airflow, serves: Any) -> None:
    serves(airflow)
    airflow.answers["/api/v2/dags"] = (401, {}, b'{"detail": "Unauthorized"}')
    assert refused(mwaa.invoke_rest_api, Path="/dags", Method="GET")["status"] == 401
    assert [target for _, target, _, _ in airflow.asked] == [
        "/auth/token",
        "/api/v2/dags",
        "/auth/token",
        "/api/v2/dags",
    ]


def test_aws_answers_while_airflow_works_on_a_request(
    mwaa: Any, clients: Clients, account: str, airflow: Airflow, serves: Any
) -> None:
    serves(airflow)
    seen: list[str] = []
    airflow.answers["/api/v2/dags"] = (200, {}, b"{}")
    airflow.before = lambda: seen.append(clients(account, REGION)("sts").get_caller_identity()["Account"])
    mwaa.invoke_rest_api(Name="dev", Path="/dags", Method="GET")
    assert seen == [account]


def test_what_takes_too_long_or_is_too_big_is_a_server_error(airflow: Airflow, monkeypatch: pytest.MonkeyPatch) -> None:
    served = Registration("dev", "1", REGION, "dev", "2.11.2", f"http://127.0.0.1:{airflow.port}", "u", "p", "", "", 1)
    given = {"Path": "dags", "Method": "GET"}
    airflow.answers["/api/v1/dags"] = (200, {}, b"[" + b"1" * 20 + b"]")
    monkeypatch.setattr(rest_api, "_LIMIT_BYTES", 10)
    assert rest_api.invoke(served, given) == (
        502,
        {"title": "Bad Gateway", "status": 502, "detail": "The answer has 22 bytes; at most 6 MB are allowed."},
    )
    monkeypatch.setattr(rest_api, "_SECONDS", 0.2)
    waiting = threading.Event()

    def wait() -> None:
        waiting.wait(5)

    airflow.before = wait
    status, said = rest_api.invoke(served, given)
    waiting.set()
    detail = "Airflow did not answer within 0.2 seconds: GET /api/v1/dags"
    assert (status, said["detail"]) == (504, detail)


def test_the_webserver_changes_a_login_token_into_a_session_once(
    mwaa: Any, airflow: Airflow, serves: Any, web: Callable[..., requests.Response]
) -> None:
    serves(airflow)
    token = mwaa.create_web_login_token(Name="dev")
    url = f"https://{token['WebServerHostname']}/pluginsv2/aws_mwaa/login"
    cli = mwaa.create_cli_token(Name="dev")["CliToken"]
    assert web("POST", url, data={"token": cli}).status_code == 403
    answer = web("POST", url, data={"token": token["WebToken"]})
    assert (answer.status_code, answer.cookies["_token"]) == (200, "jwt")
    assert answer.headers["Set-Cookie"] == "_token=jwt; Max-Age=43200; Path=/; SameSite=Lax; Secure"
    assert web("POST", url, data={"token": token["WebToken"]}).status_code == 403


def test_the_console_s_link_reads_the_token_behind_the_hash(
    mwaa: Any, airflow: Airflow, serves: Any, web: Callable[..., requests.Response]
) -> None:
    serves(airflow)
    host = mwaa.create_web_login_token(Name="dev")["WebServerHostname"]
    page = web("GET", f"https://{host}/aws_mwaa/aws-console-sso?login=true").text
    assert 'fetch("/pluginsv2/aws_mwaa/login"' in page
    assert "location.hash.slice(1)" in page


def test_a_command_runs_with_a_cli_token_and_its_output_comes_in_base64(
    mwaa: Any, airflow: Airflow, serves: Any, web: Callable[..., requests.Response]
) -> None:
    served = serves(airflow)
    airflow.answers["/cli"] = (200, {}, json.dumps({"status": 0, "stdout": "3.0.6\n", "stderr": "grüße"}).encode())
    token = mwaa.create_cli_token(Name="dev")
    url, key = f"https://{token['WebServerHostname']}/pluginsv2/aws_mwaa/cli", f"Bearer {token['CliToken']}"
    for _ in range(2):  # within its 60 seconds it may be used again
        answer = web("POST", url, headers={"Authorization": key}, data="""dags trigger a --conf '{"b": 1}'""")
        assert answer.status_code == 200
    said = {stream: base64.b64decode(text).decode() for stream, text in answer.json().items()}
    assert said == {"stdout": "3.0.6\n", "stderr": "grüße"}
    assert airflow.asked[-1][2]["Authorization"] == f"Bearer {served.key}"
    assert json.loads(airflow.asked[-1][3]) == ["dags", "trigger", "a", "--conf", '{"b": 1}']

    asked = len(airflow.asked)
    assert web("POST", url, headers={"Authorization": "Bearer wrong"}, data="version").status_code == 403
    unsupported = web("POST", url, headers={"Authorization": key}, data="db reset")
    detail = "MWAA does not support this command: db reset (UG airflow-cli-command-reference)"
    assert (unsupported.status_code, unsupported.json()["detail"]) == (500, detail)
    assert web("POST", url, headers={"Authorization": key}, data="dags trigger 'a").status_code == 400
    old = web("POST", url.replace("/pluginsv2", ""), headers={"Authorization": key}, data="version")
    assert (old.status_code, old.headers["Location"]) == (307, "/pluginsv2/aws_mwaa/cli")
    assert len(airflow.asked) == asked


def test_everything_else_on_the_webserver_is_airflow_s_own(
    mwaa: Any, airflow: Airflow, serves: Any, web: Callable[..., requests.Response]
) -> None:
    serves(airflow)
    host = mwaa.create_web_login_token(Name="dev")["WebServerHostname"]
    airflow.answers["/go"] = (302, {"Location": f"http://127.0.0.1:{airflow.port}/there?a=b", "X-Own": "1"}, b"")
    answer = web("GET", f"https://{host}/go?c=d", headers={"Cookie": "_token=mine"})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"https://{host}/there?a=b")
    assert answer.headers["X-Own"] == "1"
    assert airflow.asked[-1][1] == "/go?c=d"
    assert airflow.asked[-1][2]["Cookie"] == "_token=mine"


def test_a_webserver_of_no_environment_is_not_found(web: Callable[..., requests.Response]) -> None:
    host = f"00000000-0000-0000-0000-000000000000.c1.{REGION}.airflow.amazonaws.com"
    answer = web("GET", f"https://{host}/")
    assert (answer.status_code, answer.json()["detail"]) == (404, f"No environment has the webserver {host}.")
    assert not is_webserver(f"api.airflow.{REGION}.amazonaws.com")
    assert not is_webserver(f"env.airflow.{REGION}.amazonaws.com")


def test_tokens_end_after_60_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(emulated_environment, "time", SimpleNamespace(time=lambda: clock.now))
    environment = object.__new__(EmulatedEnvironment)
    environment._tokens = {}
    login, cli = environment.new_token("login"), environment.new_token("cli")
    clock.now += 59.9
    assert [environment.accept_token(cli, "cli") for _ in range(2)] == [True, True]
    assert not environment.accept_token(login, "cli")
    clock.now += 0.1
    assert not environment.accept_token(cli, "cli")
    assert not environment.accept_token(login, "login")
    environment.new_token("cli")
    assert len(environment._tokens) == 1  # what ended is forgotten


@pytest.mark.parametrize(
    ("command", "version", "supported"),
    [
        ("dags trigger a", "2.10.3", True),
        ("dags backfill a", "2.11.2", True),
        ("dags backfill a", "3.0.6", False),
        ("backfill create", "2.11.2", False),
        ("backfill create", "3.0.6", True),
        ("tasks run a b", "3.2.1", False),
        ("providers notifications", "2.7.2", False),
        ("providers notifications", "2.8.1", True),
        ("version", "3.2.1", True),
        ("cheat-sheet --verbose", "3.2.1", True),
        ("db reset", "3.2.1", False),
        ("dags", "3.2.1", False),
        ("users create", "2.11.2", False),
        ("", "3.2.1", False),
    ],
)
def test_commands_are_those_of_the_user_guide(command: str, version: str, supported: bool) -> None:
    assert commands.is_supported(command.split(), version) is supported
