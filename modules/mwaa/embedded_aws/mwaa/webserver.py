"""The webserver of an environment, `<id>.c1.<region>.airflow.amazonaws.com`: MWAA's own pages before a local Airflow.

Sources
  UG    call-mwaa-apis-web, call-mwaa-apis-cli, access-mwaa-apache-airflow-rest-api, airflow-cli-command-reference
  148   github.com/aws/amazon-mwaa-docker-images issue 148: a command that MWAA does not support is answered with 500

Airflow 3 has MWAA's pages below /pluginsv2; there the old address of the command line redirects (UG: `curl -L`). That a
command which fails is answered with 400 is unverified.
"""

import base64
import json
import re
import shlex
from collections.abc import Mapping
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mwaa.airflow_link import client as airflow_api
from mwaa.airflow_link.registration import Registration
from mwaa.aws_facts import cli_commands as commands
from mwaa.embedded_aws import moto_lock as turn
from mwaa.embedded_aws.mwaa.models import Environment, mwaa_backends
from mwaa.embedded_aws.mwaa.rest_api import problem
from mwaa.embedded_aws.refusal import Answer

_HOST = re.compile(r"[0-9a-f-]{36}(-vpce)?\.c\d+\.([a-z0-9-]+)\.airflow\.amazonaws\.com")
_SESSION_SECONDS = 12 * 3600
"""How long a login holds. UG access-mwaa-apache-airflow-rest-api."""
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-connection", "host"}
_HOME = {2: "/home", 3: "/"}


def is_webserver(host: str) -> bool:
    """Whether a host name is that of an environment's webserver."""
    return _HOST.fullmatch(host) is not None


def nothing_serves(environment: str) -> dict[str, Any]:
    """What an environment's API says while no local Airflow serves it."""
    return problem(503, "Service Unavailable", f"No Airflow runs for {environment}. Start it: mwaa local airflow")


def answer(method: str, host: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Answers a request to a webserver."""
    with turn.taken():
        environment = _environment(host)
        airflow = environment.local_airflow() if environment else None
    if environment is None:
        return _json(404, problem(404, "Not Found", f"No environment has the webserver {host}."))
    if airflow is None:
        return _json(503, nothing_serves(environment.name))
    sent = {name.lower(): value for name, value in headers.items()}
    prefix = "" if airflow.major == 2 else "/pluginsv2"
    page = urlsplit(path).path
    try:
        match method, page.removeprefix(prefix):
            case "POST", "/aws_mwaa/login":
                return _login(environment, airflow, sent, body)
            case "POST", "/aws_mwaa/cli":
                if not page.startswith(prefix):
                    return 307, {"Location": f"{prefix}{page}"}, b""
                return _command(environment, airflow, sent, body)
            case "GET", "/aws_mwaa/aws-console-sso":
                return _console(f"{prefix}/aws_mwaa/login", _HOME[airflow.major])
        return _relayed(airflow, method, host, path, headers, body)
    except airflow_api.NoAnswer as error:
        return _json(503, problem(503, "Service Unavailable", str(error)))


def _login(environment: Environment, airflow: Registration, headers: Mapping[str, str], body: bytes) -> Answer:
    """Changes a web login token into the cookie of a session."""
    if headers.get("content-type", "").startswith("application/json"):
        given = _document(body)
        token = str(given.get("token", "")) if isinstance(given, dict) else ""
    else:
        token = parse_qs(body.decode(errors="replace")).get("token", [""])[0]
    with turn.taken():
        good = environment.takes_token(token, "login")
    if not good:
        return _json(403, problem(403, "Forbidden", "The web login token is wrong, was used, or is older than 60 s."))
    name, value = airflow_api.session(airflow)
    cookie: SimpleCookie = SimpleCookie({name: value})
    cookie[name].update({"path": "/", "samesite": "Lax", "max-age": str(_SESSION_SECONDS)})
    cookie[name]["secure"] = True
    cookie[name]["httponly"] = airflow.major == 2  # the pages of Airflow 3 read theirs themselves
    return 200, {"Content-Type": "application/json", "Set-Cookie": cookie[name].OutputString()}, b"{}"


def _command(environment: Environment, airflow: Registration, headers: Mapping[str, str], body: bytes) -> Answer:
    """Runs a command of Airflow's command line, the body without the word `airflow`."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    with turn.taken():
        good = scheme == "Bearer" and environment.takes_token(token.strip(), "cli")
    if not good:
        return _json(403, problem(403, "Forbidden", "The CLI token is wrong or older than 60 s."))
    try:
        arguments = shlex.split(body.decode(errors="replace"))
    except ValueError as error:
        return _json(400, problem(400, "Bad Request", f"The command cannot be read: {error}"))
    if not commands.is_supported(arguments, airflow.airflow_version):
        detail = f"MWAA does not support this command: {' '.join(arguments[:2])} (UG airflow-cli-command-reference)"
        return _json(500, problem(500, "Internal Server Error", detail))
    ended = airflow_api.command(airflow, arguments)
    texts = {stream: base64.b64encode(ended[stream].encode()).decode() for stream in ("stdout", "stderr")}
    return _json(400 if ended["status"] else 200, texts)


def _console(login: str, home: str) -> Answer:
    """The page of a link to the web interface: the token stands behind its #, where only the browser sees it.

    UG access-airflow-ui: "requires JavaScript on the aws-console-sso page to read the web token from the URL fragment,
    and make a POST call to login".
    """
    page = f"""<!doctype html>
<title>Airflow</title>
<p id="said">Logging in.</p>
<script>
fetch("{login}", {{method: "POST", body: new URLSearchParams({{token: location.hash.slice(1)}})}}).then(
  answer => {{
    if (answer.ok) location.replace("{home}");
    else document.getElementById("said").textContent = "The token is wrong, was used, or is older than 60 seconds.";
  }});
</script>
"""
    return 200, {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}, page.encode()


def _relayed(
    airflow: Registration, method: str, host: str, path: str, headers: Mapping[str, str], body: bytes
) -> Answer:
    """Everything else is Airflow's own."""
    sent = {name: value for name, value in headers.items() if name.lower() not in _HOP_BY_HOP | {"content-length"}}
    answered = airflow_api.ask(airflow, method, path, sent, body)
    told = answered.headers
    if (location := told.get("Location", "")).startswith(airflow.address):
        told.replace_header("Location", f"https://{host}{location.removeprefix(airflow.address)}")
    for name in _HOP_BY_HOP:
        del told[name]
    return answered.status, told, answered.body


def _environment(host: str) -> Environment | None:
    found = _HOST.fullmatch(host)
    assert found  # asked for by `is_webserver`
    for regions in mwaa_backends.values():
        if found[2] in regions and (environment := regions[found[2]].by_hostname(host)):
            return environment
    return None


def _document(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _json(status: int, document: Any) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(document).encode()
