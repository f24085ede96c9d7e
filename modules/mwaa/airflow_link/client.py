"""Calls a local Airflow: its pages, its REST API as its admin, its command line."""

import base64
import html
import http.client
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

from mwaa.airflow_link.registration import Registration

_SECONDS = 30.0
_CLI_SECONDS = 120.0
_CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')

_tokens: dict[str, str] = {}
"""Tokens of Airflow 3, by the key of the Airflow that issued them."""


class AirflowLinkError(Exception):
    """The local Airflow is unreachable, or response with an error."""


class AirflowTimeout(AirflowLinkError):
    """The local Airflow did not answer in time."""


@dataclass(frozen=True, slots=True)
class AirflowResponse:
    """An HTTP response. `headers.items()` has every header, also repeated ones."""

    status: int
    headers: Message
    body: bytes

    def document(self) -> Any:
        """Return the JSON value of the body; its text if it is not JSON; an empty dict for an empty body."""
        if not self.body:
            return {}
        try:
            return json.loads(self.body)
        except ValueError:
            return self.body.decode(errors="replace")


def request(
    registration: Registration,
    method: str,
    target: str,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    *,
    seconds: float = _SECONDS,
) -> AirflowResponse:
    """Send a request for `target` (path and query) unchanged. Raises AirflowLinkError."""
    return _request(registration.address, method, target, headers or {}, body, seconds)


def call_api(
    registration: Registration,
    method: str,
    path: str,
    query: Mapping[str, Any] | None = None,
    body: Any = None,
    *,
    seconds: float = _SECONDS,
) -> AirflowResponse:
    """Call the REST API as an admin; `path` begins below its prefix: `/dags`. Raises AirflowLinkError."""
    pairs = [(name, one) for name, value in (query or {}).items() for one in _values(value)]
    target = f"{registration.api}{path}{'?' + urlencode(pairs) if pairs else ''}"
    headers = {"Accept": "application/json"}
    data = b""
    if body is not None:
        headers["Content-Type"] = "application/json"
        data = json.dumps(body).encode()
    for _attempt in range(2):
        response = request(registration, method, target, headers | _admin_headers(registration), data, seconds=seconds)
        # A token expires after a time, and with the Airflow that issued it.
        if response.status != 401 or not _tokens.pop(registration.key, None):
            break
    return response


def log_in(registration: Registration) -> tuple[str, str]:
    """Log in as the admin. Return the name and the value of the session cookie. Raises AirflowLinkError."""
    if registration.major == 2:
        return "session", _log_in_by_form(registration)
    return "_token", _new_token(registration)


def run_command(registration: Registration, arguments: list[str]) -> dict[str, Any]:
    """Run `airflow <arguments>`. Return its `status`, `stdout` and `stderr`. Raises AirflowLinkError."""
    headers = {"Authorization": f"Bearer {registration.key}", "Content-Type": "application/json"}
    body = json.dumps(arguments).encode()
    response = _request(registration.command_address, "POST", "/cli", headers, body, _CLI_SECONDS)
    if response.status != 200:
        raise AirflowLinkError(f"the process that runs Airflow response {response.status}")
    result: dict[str, Any] = response.document()
    return result


def _admin_headers(registration: Registration) -> dict[str, str]:
    if registration.major == 2:
        return {"Authorization": _basic(registration.user, registration.password)}
    if registration.key not in _tokens:
        _tokens[registration.key] = _new_token(registration)
    return {"Authorization": f"Bearer {_tokens[registration.key]}"}


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _new_token(registration: Registration) -> str:
    credentials = json.dumps({"username": registration.user, "password": registration.password}).encode()
    response = request(registration, "POST", "/auth/token", {"Content-Type": "application/json"}, credentials)
    if response.status != 201:
        raise AirflowLinkError(f"Airflow issued no token: {response.status} {response.body.decode(errors='replace')}")
    return str(response.document()["access_token"])


def _log_in_by_form(registration: Registration) -> str:
    """Submit the login form of Airflow 2 as a browser does. Return the value of the session cookie."""
    form = request(registration, "GET", "/login/")
    found = _CSRF.search(form.body.decode(errors="replace"))
    fields = {
        "username": registration.user,
        "password": registration.password,
        "csrf_token": html.unescape(found[1]) if found else "",
    }
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"session={_cookie(form, 'session')}",
        "Referer": f"{registration.address}/login/",
    }
    response = request(registration, "POST", "/login/", headers, urlencode(fields).encode())
    cookie = _cookie(response, "session")
    if response.status != 302 or not cookie:
        raise AirflowLinkError(f"Airflow's login response {response.status}")
    return cookie


def _cookie(response: AirflowResponse, name: str) -> str:
    for header in response.headers.get_all("Set-Cookie") or ():
        if name in (cookie := SimpleCookie(header)):
            return cookie[name].value
    return ""


def _values(value: Any) -> list[str]:
    """Return the values of a query parameter: true and false in lower case, a list as several values."""
    if isinstance(value, list):
        return [one for item in value for one in _values(item)]
    return [json.dumps(value) if isinstance(value, bool) else str(value)]


def _request(
    address: str, method: str, target: str, headers: Mapping[str, str], body: bytes, seconds: float
) -> AirflowResponse:
    to = urlsplit(address)
    connection = http.client.HTTPConnection(to.hostname or "", to.port, timeout=seconds)
    try:
        connection.request(method, target, body or None, dict(headers))
        answer = connection.getresponse()
        return AirflowResponse(answer.status, answer.headers, answer.read())
    except TimeoutError as error:
        raise AirflowTimeout(f"Airflow did not answer within {seconds:g} seconds: {method} {target}") from error
    except (OSError, http.client.HTTPException) as error:
        raise AirflowLinkError(f"Airflow does not answer: {error or type(error).__name__}") from error
    finally:
        connection.close()
