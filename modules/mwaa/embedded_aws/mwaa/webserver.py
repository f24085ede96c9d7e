"""The webserver of an environment, `<id>.c1.<region>.airflow.amazonaws.com`: MWAA's pages in front of a local Airflow.

Sources
  UG    call-mwaa-apis-web, call-mwaa-apis-cli, access-mwaa-apache-airflow-rest-api, airflow-cli-command-reference
  148   github.com/aws/amazon-mwaa-docker-images issue 148: a command that MWAA does not support is answered with 500

Airflow 3 has MWAA's pages below /pluginsv2; there the old address of the command line redirects (UG: `curl -L`). That a
failed command is answered with 400 is unverified.
"""

import base64
import json
import re
import shlex
from collections.abc import Mapping
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mwaa.airflow_link import client
from mwaa.airflow_link.registration import Registration
from mwaa.aws_facts import cli_commands
from mwaa.embedded_aws.moto_lock import moto_lock
from mwaa.embedded_aws.mwaa.emulated_environment import EmulatedEnvironment
from mwaa.embedded_aws.mwaa.models import mwaa_backends
from mwaa.embedded_aws.mwaa.rest_api import problem
from mwaa.embedded_aws.refusal import Answer

_HOST = re.compile(r"[0-9a-f-]{36}(-vpce)?\.c\d+\.([a-z0-9-]+)\.airflow\.amazonaws\.com")
_SESSION_SECONDS = 12 * 3600
"""How long a login is valid. UG access-mwaa-apache-airflow-rest-api."""
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-connection", "host"}
_HOME = {2: "/home", 3: "/"}


def is_webserver(host: str) -> bool:
    """Return whether a host name is that of an environment's webserver."""
    return _HOST.fullmatch(host) is not None


def no_airflow_problem(environment: str) -> dict[str, Any]:
    """Return the answer of an environment's API while no local Airflow serves it."""
    return problem(503, "Service Unavailable", f"No Airflow runs for {environment}. Start it: mwaa local airflow")


def answer(method: str, host: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Answer a request to a webserver."""
    with moto_lock():
        environment = _find_environment(host)
        airflow = environment.find_local_airflow() if environment else None
    if environment is None:
        return _json(404, problem(404, "Not Found", f"No environment has the webserver {host}."))
    if airflow is None:
        return _json(503, no_airflow_problem(environment.name))
    sent = {name.lower(): value for name, value in headers.items()}
    prefix = "" if airflow.major == 2 else "/pluginsv2"
    page = urlsplit(path).path
    try:
        match method, page.removeprefix(prefix):
            case "POST", "/aws_mwaa/login":
                return _log_in(environment, airflow, sent, body)
            case "POST", "/aws_mwaa/cli":
                if not page.startswith(prefix):
                    return 307, {"Location": f"{prefix}{page}"}, b""
                return _run_command(environment, airflow, sent, body)
            case "GET", "/aws_mwaa/aws-console-sso":
                return _console_page(f"{prefix}/aws_mwaa/login", _HOME[airflow.major])
        return _relay(airflow, method, host, path, headers, body)
    except client.AirflowLinkError as error:
        return _json(503, problem(503, "Service Unavailable", str(error)))


def _log_in(environment: EmulatedEnvironment, airflow: Registration, headers: Mapping[str, str], body: bytes) -> Answer:
    """Exchange a web login token for a session cookie."""
    if headers.get("content-type", "").startswith("application/json"):
        login = _document(body)
        token = str(login.get("token", "")) if isinstance(login, dict) else ""
    else:
        token = parse_qs(body.decode(errors="replace")).get("token", [""])[0]
    with moto_lock():
        valid = environment.accept_token(token, "login")
    if not valid:
        return _json(403, problem(403, "Forbidden", "The web login token is wrong, was used, or is older than 60 s."))
    name, value = client.log_in(airflow)
    cookie: SimpleCookie = SimpleCookie({name: value})
    cookie[name].update({"path": "/", "samesite": "Lax", "max-age": str(_SESSION_SECONDS)})
    cookie[name]["secure"] = True
    cookie[name]["httponly"] = airflow.major == 2  # the pages of Airflow 3 read theirs themselves
    return 200, {"Content-Type": "application/json", "Set-Cookie": cookie[name].OutputString()}, b"{}"


def _run_command(
    environment: EmulatedEnvironment, airflow: Registration, headers: Mapping[str, str], body: bytes
) -> Answer:
    """Run a command of Airflow's command line: the body, without the word `airflow`."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    with moto_lock():
        valid = scheme == "Bearer" and environment.accept_token(token.strip(), "cli")
    if not valid:
        return _json(403, problem(403, "Forbidden", "The CLI token is wrong or older than 60 s."))
    try:
        arguments = shlex.split(body.decode(errors="replace"))
    except ValueError as error:
        return _json(400, problem(400, "Bad Request", f"The command cannot be parsed: {error}"))
    if not cli_commands.is_supported(arguments, airflow.airflow_version):
        detail = f"MWAA does not support this command: {' '.join(arguments[:2])} (UG airflow-cli-command-reference)"
        return _json(500, problem(500, "Internal Server Error", detail))
    ended = client.run_command(airflow, arguments)
    texts = {stream: base64.b64encode(ended[stream].encode()).decode() for stream in ("stdout", "stderr")}
    return _json(400 if ended["status"] else 200, texts)


def _console_page(login: str, home: str) -> Answer:
    """Return the page that logs in with the token behind the # of its address, which only the browser sees.

    UG access-airflow-ui: "requires JavaScript on the aws-console-sso page to read the web token from the URL fragment,
    and make a POST call to login".
    """
    page = f"""<!doctype html>
<title>Airflow</title>
<p id="status">Logging in.</p>
<script>
fetch("{login}", {{method: "POST", body: new URLSearchParams({{token: location.hash.slice(1)}})}}).then(
  answer => {{
    if (answer.ok) location.replace("{home}");
    else document.getElementById("status").textContent = "The token is wrong, was used, or is older than 60 seconds.";
  }});
</script>
"""
    return 200, {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}, page.encode()


def _relay(airflow: Registration, method: str, host: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Pass any other request on to Airflow."""
    sent = {name: value for name, value in headers.items() if name.lower() not in _HOP_BY_HOP | {"content-length"}}
    response = client.request(airflow, method, path, sent, body)
    headers_back = response.headers
    if (location := headers_back.get("Location", "")).startswith(airflow.address):
        headers_back.replace_header("Location", f"https://{host}{location.removeprefix(airflow.address)}")
    for name in _HOP_BY_HOP:
        del headers_back[name]
    return response.status, headers_back, response.body


def _find_environment(host: str) -> EmulatedEnvironment | None:
    found = _HOST.fullmatch(host)
    assert found  # the caller asked `is_webserver`
    for regions in mwaa_backends.values():
        if found[2] in regions and (environment := regions[found[2]].find_by_hostname(host)):
            return environment
    return None


def _document(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _json(status: int, document: Any) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(document).encode()
