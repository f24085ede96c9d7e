"""Asks a local Airflow: its pages as they are, its REST API as its admin, its command line."""

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
"""Tokens of Airflow 3 by the key of the Airflow that gave them."""


class NoAnswer(Exception):
    """The local Airflow did not answer as it should, or not at all."""


class TooSlow(NoAnswer):
    """It did not answer in time."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer over HTTP. `headers.items()` gives every header, also those that stand there twice."""

    status: int
    headers: Message
    body: bytes

    def document(self) -> Any:
        """The JSON value of the body; the text where it is none; nothing for an empty one."""
        if not self.body:
            return {}
        try:
            return json.loads(self.body)
        except ValueError:
            return self.body.decode(errors="replace")


def ask(
    registration: Registration,
    method: str,
    target: str,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    *,
    seconds: float = _SECONDS,
) -> Answered:
    """Sends a request for `target` (path and query) as it is. Raises NoAnswer."""
    return _request(registration.address, method, target, headers or {}, body, seconds)


def invoke(
    registration: Registration,
    method: str,
    path: str,
    query: Mapping[str, Any] | None = None,
    body: Any = None,
    *,
    seconds: float = _SECONDS,
) -> Answered:
    """Calls the REST API as an admin; `path` begins below its prefix: `/dags`. Raises NoAnswer."""
    pairs = [(name, one) for name, value in (query or {}).items() for one in _values(value)]
    target = f"{registration.api}{path}{'?' + urlencode(pairs) if pairs else ''}"
    headers = {"Accept": "application/json"}
    data = b""
    if body is not None:
        headers["Content-Type"] = "application/json"
        data = json.dumps(body).encode()
    for _attempt in range(2):
        answered = ask(registration, method, target, headers | _as_admin(registration), data, seconds=seconds)
        # A token ends after a time, and with the Airflow that gave it.
        if answered.status != 401 or not _tokens.pop(registration.key, None):
            break
    return answered


def session(registration: Registration) -> tuple[str, str]:
    """Logs in as the admin; gives the name and the value of the session's cookie. Raises NoAnswer."""
    if registration.major == 2:
        return "session", _logged_in(registration)
    return "_token", _new_token(registration)


def command(registration: Registration, arguments: list[str]) -> dict[str, Any]:
    """Runs `airflow <arguments>`; gives `status`, `stdout` and `stderr`. Raises NoAnswer."""
    headers = {"Authorization": f"Bearer {registration.key}", "Content-Type": "application/json"}
    body = json.dumps(arguments).encode()
    answered = _request(registration.door, "POST", "/cli", headers, body, _CLI_SECONDS)
    if answered.status != 200:
        raise NoAnswer(f"the process that runs Airflow answered {answered.status}")
    ended: dict[str, Any] = answered.document()
    return ended


def _as_admin(registration: Registration) -> dict[str, str]:
    if registration.major == 2:
        return {"Authorization": _basic(registration.user, registration.password)}
    if registration.key not in _tokens:
        _tokens[registration.key] = _new_token(registration)
    return {"Authorization": f"Bearer {_tokens[registration.key]}"}


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _new_token(registration: Registration) -> str:
    given = json.dumps({"username": registration.user, "password": registration.password}).encode()
    answered = ask(registration, "POST", "/auth/token", {"Content-Type": "application/json"}, given)
    if answered.status != 201:
        raise NoAnswer(f"Airflow gave no token: {answered.status} {answered.body.decode(errors='replace')}")
    return str(answered.document()["access_token"])


def _logged_in(registration: Registration) -> str:
    """The login form of Airflow 2, filled in as a browser does."""
    form = ask(registration, "GET", "/login/")
    found = _CSRF.search(form.body.decode(errors="replace"))
    given = {
        "username": registration.user,
        "password": registration.password,
        "csrf_token": html.unescape(found[1]) if found else "",
    }
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"session={_cookie(form, 'session')}",
        "Referer": f"{registration.address}/login/",
    }
    answered = ask(registration, "POST", "/login/", headers, urlencode(given).encode())
    cookie = _cookie(answered, "session")
    if answered.status != 302 or not cookie:
        raise NoAnswer(f"Airflow's login answered {answered.status}")
    return cookie


def _cookie(answered: Answered, name: str) -> str:
    for header in answered.headers.get_all("Set-Cookie") or ():
        if name in (cookie := SimpleCookie(header)):
            return cookie[name].value
    return ""


def _values(value: Any) -> list[str]:
    """A query parameter as HTTP knows it: true and false in lower case, a list as the parameter repeated."""
    if isinstance(value, list):
        return [one for item in value for one in _values(item)]
    return [json.dumps(value) if isinstance(value, bool) else str(value)]


def _request(
    address: str, method: str, target: str, headers: Mapping[str, str], body: bytes, seconds: float
) -> Answered:
    to = urlsplit(address)
    connection = http.client.HTTPConnection(to.hostname or "", to.port, timeout=seconds)
    try:
        connection.request(method, target, body or None, dict(headers))
        answer = connection.getresponse()
        return Answered(answer.status, answer.headers, answer.read())
    except TimeoutError as error:
        raise TooSlow(f"Airflow did not answer within {seconds:g} seconds: {method} {target}") from error
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(f"Airflow does not answer: {error or type(error).__name__}") from error
    finally:
        connection.close()
