"""The HTTPS proxy that every AWS client of a child process uses.

A tunnel to a host of AWS ends here: TLS is terminated with a certificate of our own and the embedded AWS answers the
request. A tunnel to any other host is relayed byte by byte, through the user's own proxy if there is one. Nothing
that is AWS is ever relayed, and no host that hands out a machine's credentials.

moto's own proxy is not used: it relays listed hosts only and cuts a relay after five silent seconds, answers one
request for each connection, and answers 502 when a handler raises, which the AWS provider retries for minutes.
"""

import http.client
import json
import logging
import select
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import BinaryIO, cast
from urllib.parse import urlsplit

from mwaa.embedded_aws import server_state
from mwaa.embedded_aws.certificates import Authority
from mwaa.embedded_aws.hosts import is_aws, is_metadata
from mwaa.embedded_aws.refusal import Answer, AnswerHeaders
from mwaa.embedded_aws.upstream import Upstream

_log = logging.getLogger(__name__)

_HEADERS_NOT_PASSED_ON = {"status", "content-length", "connection", "transfer-encoding", "date", "server"}
_BODILESS = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
_RELAY_IDLE_SECONDS = 600


@dataclass(frozen=True)
class ServerIdentity:
    instance: str
    pid: int


class Proxy(ThreadingHTTPServer):
    """Listens on a free port of the loopback interface."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        identity: ServerIdentity,
        authority: Authority,
        upstream: Upstream,
        answer: Callable[[str, str, str, Mapping[str, str], bytes], Answer],
        find_other: Callable[[str], Callable[[str, str, Mapping[str, str], bytes], Answer] | None] = lambda _host: None,
    ) -> None:
        """`answer` answers for every host of AWS; `find_other` finds what answers for another host that ends here."""
        self.identity = identity
        self.authority = authority
        self.upstream = upstream
        self.answer = answer
        self.find_other = find_other
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Log a line when a client hangs up, instead of printing a traceback."""
        _log.debug("connection from %s ended", client_address, exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Proxy
    tunnel: str | None = None
    """The host of AWS whose TLS ends here, once there was a CONNECT."""

    def do_CONNECT(self) -> None:
        target = urlsplit(f"//{self.path}")
        host, port = target.hostname or "", target.port or 443
        if is_aws(host) or self.server.find_other(host):
            self._intercept(host)
        elif is_metadata(host):
            self._refuse_metadata(host)
        else:
            self._relay(host, port)

    def do_any(self) -> None:
        if self.tunnel is None and self.path.startswith("/"):
            return self._answer_identity()
        target = urlsplit(self.path)
        host = self.tunnel or target.hostname or ""
        if answer := self.server.find_other(host):
            return self._send(*answer(self.command, self.path, dict(self.headers.items()), self._read_body()))
        if is_aws(host):
            path = self.path if self.tunnel else target._replace(scheme="", netloc="").geturl() or "/"
            return self._answer_for_aws(host, path)
        if is_metadata(host):
            return self._refuse_metadata(host)
        return self._forward(target.scheme, host, target.port or 80)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_any

    def _intercept(self, host: str) -> None:
        self.send_response_only(HTTPStatus.OK, "Connection Established")
        self.end_headers()
        self.wfile.flush()
        self.connection = self.server.authority.context(host).wrap_socket(self.connection, server_side=True)
        self.rfile = cast(BinaryIO, self.connection.makefile("rb", self.rbufsize))  # type: ignore[assignment]
        self.wfile = cast(BinaryIO, self.connection.makefile("wb", self.wbufsize))  # type: ignore[assignment]
        self.tunnel = host
        self.close_connection = False

    def _answer_for_aws(self, host: str, path: str) -> None:
        # A client may ask for a virtual-hosted bucket through an open tunnel: the Host header names it.
        wanted = urlsplit("//" + self.headers.get("Host", host)).hostname or host
        if not is_aws(wanted):
            return self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
        status, headers, body = self.server.answer(
            self.command, wanted, path, dict(self.headers.items()), self._read_body()
        )
        _log.info("%s %s%s -> %s", self.command, wanted, path, status)
        self._send(status, headers, body)

    def _answer_identity(self) -> None:
        if self.path != server_state.IDENTITY_PATH or self.command != "GET":
            return self.send_error(HTTPStatus.NOT_FOUND, "This is a proxy; set HTTPS_PROXY to use it")
        identity = self.server.identity
        body = json.dumps({"instance": identity.instance, "pid": identity.pid}).encode()
        return self._send(HTTPStatus.OK, {"Content-Type": "application/json"}, body)

    def _send(self, status: int, headers: AnswerHeaders, body: bytes) -> None:
        self.send_response_only(status, http.client.responses.get(status))
        for name, value in headers.items():
            if name.lower() not in _HEADERS_NOT_PASSED_ON:
                self.send_header(name, value)
        self.send_header("Server", "embedded-aws")
        self.send_header("Date", self.date_time_string())
        self.send_header(server_state.IDENTITY_HEADER, self.server.identity.instance)
        if status not in _BODILESS:
            declared = {name.lower(): value for name, value in headers.items()}.get("content-length")
            length = declared if self.command == "HEAD" and declared else str(len(body))
            self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD" and status not in _BODILESS:
            self.wfile.write(body)
        self.wfile.flush()

    def _read_body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return b"".join(iter(self._read_chunk, b""))
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _read_chunk(self) -> bytes:
        size = int(self.rfile.readline().split(b";")[0], 16)
        chunk = self.rfile.read(size)
        self.rfile.readline()
        return chunk

    def _refuse_metadata(self, host: str) -> None:
        self.send_error(HTTPStatus.FORBIDDEN, f"{host} hands out real credentials; the embedded AWS blocks it")

    def _relay(self, host: str, port: int) -> None:
        try:
            remote = self.server.upstream.tunnel(host, port)
        except OSError as error:
            _log.warning("no connection to %s:%s: %s", host, port, error)
            return self.send_error(HTTPStatus.BAD_GATEWAY, f"No connection to {host}:{port}: {error}")
        with remote:
            self.send_response_only(HTTPStatus.OK, "Connection Established")
            self.end_headers()
            self.wfile.flush()
            self.close_connection = True
            _copy_both_ways(self.connection, remote)

    def _forward(self, scheme: str, host: str, port: int) -> None:
        """Forward plain HTTP to a host that is not AWS."""
        if scheme != "http" or not host:
            return self.send_error(HTTPStatus.BAD_REQUEST, "A proxy takes http:// addresses or CONNECT")
        body = self._read_body()
        sent = {name: value for name, value in self.headers.items() if not name.lower().startswith("proxy-")}
        try:
            answer = self.server.upstream.request(self.command, self.path, sent, body)
        except (OSError, http.client.HTTPException) as error:
            return self.send_error(HTTPStatus.BAD_GATEWAY, f"No answer from {host}:{port}: {error}")
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.headers.items():
            if name.lower() not in {"connection", "transfer-encoding", "content-length", "keep-alive"}:
                self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        while block := answer.read(65536):
            self.wfile.write(block)
        return None

    def handle_expect_100(self) -> bool:
        """Flush the buffered writer, because a client waits for this line before it sends a body."""
        proceed = super().handle_expect_100()
        self.wfile.flush()
        return proceed

    def finish(self) -> None:
        super().finish()
        if isinstance(self.connection, ssl.SSLSocket):
            self.connection.close()  # the server closes only the socket before it was wrapped

    def log_message(self, format: str, *args: object) -> None:
        _log.debug(format, *args)


def _copy_both_ways(one: socket.socket, other: socket.socket) -> None:
    peers = {one: other, other: one}
    open_ends = {one, other}
    while open_ends:
        readable, _, _ = select.select(list(open_ends), [], [], _RELAY_IDLE_SECONDS)
        if not readable:
            return
        for source in readable:
            data = source.recv(65536)
            if data:
                peers[source].sendall(data)
            else:
                open_ends.discard(source)
                try:
                    peers[source].shutdown(socket.SHUT_WR)
                except OSError:
                    return  # the other side went away first
