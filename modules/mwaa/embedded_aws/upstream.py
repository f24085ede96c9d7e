"""The way out for everything that is not AWS: directly, or through the proxy of the user's environment."""

import base64
import http.client
import socket
import ssl
import urllib.request
from collections.abc import Mapping
from urllib.parse import SplitResult, unquote, urlsplit

_CONNECT_SECONDS = 20


class Upstream:
    """Connects to hosts on the internet as the environment's proxy variables say (HTTP and HTTPS proxies)."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        lowered = {name.lower(): value for name, value in environ.items() if value}
        self._proxies = {
            scheme: lowered.get(f"{scheme}_proxy") or lowered.get("all_proxy", "") for scheme in ("http", "https")
        }
        self._no_proxy = lowered.get("no_proxy", "")

    def tunnel(self, host: str, port: int) -> socket.socket:
        """Connect to host and port. Raises OSError if there is no connection."""
        proxy = self._proxy("https", host)
        if proxy is None:
            connection = socket.create_connection((host, port), timeout=_CONNECT_SECONDS)
            connection.settimeout(None)
            return connection
        through = _connect(proxy)
        authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}", *_authorization(proxy), "", ""]
        through.sendall("\r\n".join(lines).encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            # byte by byte: what follows the empty line belongs to the tunnel
            byte = through.recv(1)
            if not byte:
                raise OSError(f"the proxy {proxy.hostname} closed the connection")
            head += byte
        status = head.split(b"\r\n")[0].decode(errors="replace")
        if status.split(" ")[1:2] != ["200"]:
            through.close()
            raise OSError(f"the proxy {proxy.hostname} answered {status}")
        through.settimeout(None)
        return through

    def request(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> http.client.HTTPResponse:
        """Send a plain HTTP request. Raises OSError or http.client.HTTPException if there is no answer."""
        target = urlsplit(url)
        proxy = self._proxy("http", target.hostname or "")
        path = target._replace(scheme="", netloc="").geturl() or "/"
        if proxy is None:
            connection = http.client.HTTPConnection(target.hostname or "", target.port or 80, timeout=_CONNECT_SECONDS)
        else:
            connection = http.client.HTTPConnection(proxy.hostname or "", proxy.port or 80, timeout=_CONNECT_SECONDS)
            path = url
            headers = {**headers, **dict(line.split(": ", 1) for line in _authorization(proxy))}
        connection.request(method, path, body or None, dict(headers))
        return connection.getresponse()

    def _proxy(self, scheme: str, host: str) -> SplitResult | None:
        if not self._proxies[scheme] or urllib.request.proxy_bypass_environment(  # type: ignore[attr-defined]
            host, {"no": self._no_proxy}
        ):
            return None
        value = self._proxies[scheme]
        proxy = urlsplit(value if "://" in value else f"http://{value}")
        if proxy.scheme not in ("http", "https"):
            raise OSError(f"a proxy of the kind {proxy.scheme}:// cannot be used; http:// and https:// can")
        return proxy


def _connect(proxy: SplitResult) -> socket.socket:
    host = proxy.hostname or ""
    port = proxy.port or (443 if proxy.scheme == "https" else 80)
    connection = socket.create_connection((host, port), timeout=_CONNECT_SECONDS)
    if proxy.scheme == "https":
        return ssl.create_default_context().wrap_socket(connection, server_hostname=host)
    return connection


def _authorization(proxy: SplitResult) -> list[str]:
    if proxy.username is None:
        return []
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return [f"Proxy-Authorization: Basic {base64.b64encode(pair.encode()).decode()}"]
