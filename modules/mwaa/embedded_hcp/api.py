"""The HCP Terraform API, as far as `terraform`, pytfe and API-driven workflows ask for it. One request, one answer.

Sources: go-tfe 1.74, Terraform 1.11 (internal/cloud), pytfe 1.5. Unknown paths are answered with 404, as the real
service answers for what a subscription does not include. The addresses of uploads, states and logs need no token: they
cannot be guessed, as the real ones.
"""

import hmac
import json
import logging
import traceback
from collections.abc import Mapping
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs, urlsplit

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from mwaa.embedded_hcp import documents
from mwaa.embedded_hcp.routing import OPERATIONS, Refused, Request
from mwaa.embedded_hcp.service import Service

Answer = tuple[int, Mapping[str, str], bytes]

_JSON = {"Content-Type": "application/vnd.api+json"}
_VERSION = "2.6"
"""Of the API: import blocks need 2.6."""
_SNAPSHOT_SECONDS = "20"
"""How often Terraform uploads an unfinished state during an apply."""
_log = logging.getLogger(__name__)

for _name in ("organizations", "workspaces", "variables", "states", "runs"):
    import_module(f"mwaa.embedded_hcp.resources.{_name}")


class Api:
    """Answers the requests to one host of HCP Terraform."""

    def __init__(self, service: Service, host: str, token: str) -> None:
        self._service = service
        self._host = host
        self._token = token
        rules = [Rule(path, methods=[method], endpoint=name) for name, (method, path, _) in OPERATIONS.items()]
        self._routes = Map(rules).bind(host)

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Return status, headers and body. Never raises: a failure of ours is a 500 that says so."""
        try:
            return self._answer(method, path, {name.lower(): value for name, value in headers.items()}, body)
        except Refused as error:
            return self._json(error.status, documents.errors(error.status, error.title, error.detail))
        except HTTPException as error:
            return self._json(error.code or 404, documents.errors(error.code or 404, "not found"))
        except Exception as error:
            _log.error("%s %s%s failed\n%s", method, self._host, path, traceback.format_exc())
            said = f"The embedded HCP Terraform failed, not your configuration: {type(error).__name__}: {error}"
            return self._json(422, documents.errors(422, "embedded HCP Terraform", said))

    def _answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        split = urlsplit(path)
        name, arguments = self._routes.match(split.path, method)
        operation = OPERATIONS[name][2]
        public = split.path.startswith(("/.well-known/", "/_blobs/"))
        actor = self._actor(headers) if not public else ""
        is_json = "json" in headers.get("content-type", "") or split.path.startswith("/api/")
        query = {key: values[-1] for key, values in parse_qs(split.query).items()}
        document = json.loads(body) if body and is_json and not public else None
        request = Request(f"https://{self._host}", query, document, body, actor)
        with self._service.store.lock:
            answered = operation(self._service, request, **arguments)
        if isinstance(answered, bytes):
            return 200, {"Content-Type": "application/octet-stream"}, answered
        if answered is None:
            return 204, self._headers(), b""
        status, content = answered if isinstance(answered, tuple) else (200, answered)
        if split.path.startswith("/.well-known/"):
            return status, {"Content-Type": "application/json"}, json.dumps(content).encode()
        return self._json(status, content)

    def _actor(self, headers: Mapping[str, str]) -> str:
        given = headers.get("authorization", "").removeprefix("Bearer ").strip()
        if given and hmac.compare_digest(given.encode(), self._token.encode()):
            return "user"
        for run in self._service.store.runs.values():
            if given and not run.is_final and hmac.compare_digest(given.encode(), run.token.encode()):
                return run.id
        raise Refused(401, "unauthorized", "the token is not one of the embedded HCP Terraform")

    def _headers(self) -> dict[str, str]:
        return {
            **_JSON,
            "TFP-API-Version": _VERSION,
            "TFP-AppName": "HCP Terraform",
            "X-RateLimit-Limit": "30",
            "X-Terraform-Snapshot-Interval": _SNAPSHOT_SECONDS,
        }

    def _json(self, status: int, document: Any) -> Answer:
        return status, self._headers(), json.dumps(document).encode()
