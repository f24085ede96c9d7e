"""The embedded HCP Terraform of a server process: a service for each host that it answers for.

Commands set hosts and the `terraform` of the runs in the server's folder (`server_files.configure`), before the server
starts or while it runs.
"""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mwaa.embedded_hcp.api import Answer, Api
from mwaa.embedded_hcp.identity import Issuer
from mwaa.embedded_hcp.records import Store
from mwaa.embedded_hcp.server_files import hosts, read_terraform
from mwaa.embedded_hcp.service import Service
from mwaa.embedded_hcp.worker import Worker


class Hosting:
    """The services of one server process, one for each host, each made when it is first asked for."""

    def __init__(self, folder: Path, token: str) -> None:
        self._folder = folder
        self._token = token
        self._issuers: dict[str, Issuer] = {}
        self._apis: dict[str, Api] = {}
        self._lock = threading.Lock()

    def find(self, host: str) -> Callable[[str, str, Mapping[str, str], bytes], Answer] | None:
        """Return what answers requests to `host`, or None for a host that is no HCP Terraform here."""
        if host not in hosts(self._folder):
            return None
        with self._lock:
            if host not in self._apis:
                self._apis[host] = self._make(host)
            return self._apis[host].answer

    def keys(self, issuer: str) -> dict[str, Any] | None:
        """Return the keys with which a host that is here signs workload identity tokens; None for any other issuer."""
        found = self._issuers.get(issuer.removeprefix("https://"))
        return found.keys() if found else None

    def _make(self, host: str) -> Api:
        store, issuer = Store(), Issuer(host)
        self._issuers[host] = issuer
        worker = Worker(store, lambda: read_terraform(self._folder), host, issuer)
        return Api(Service(store, worker, issuer), host, self._token)
