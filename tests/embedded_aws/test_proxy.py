"""The proxy ends tunnels to AWS, relays everything else, and lets nobody at a machine's credentials."""

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from mwaa.embedded_aws.certificates import Authority
from mwaa.embedded_aws.proxy import Proxy, ServerIdentity
from mwaa.embedded_aws.refusal import Answer
from mwaa.embedded_aws.upstream import Upstream

Asked = tuple[str, str, str, Mapping[str, str], bytes]
AWS = "sts.eu-west-1.amazonaws.com"


class Site(BaseHTTPRequestHandler):
    """A web site that is not AWS: answers with what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = f"{self.command} {self.path} ".encode() + body
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def proxying(
    asked: list[Asked] | None = None, environ: Mapping[str, str] | None = None
) -> Iterator[tuple[int, ssl.SSLContext]]:
    """The port of a running proxy whose AWS answers with the body it was sent, and the trust in its authority."""
    seen: list[Asked] = [] if asked is None else asked

    def answer(method: str, host: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        seen.append((method, host, path, headers, body))
        return (204, {}, b"") if method == "DELETE" else (200, {"Content-Type": "text/plain", "status": "200"}, body)

    authority = Authority()
    proxy = Proxy(ServerIdentity("instance-1", 42), authority, Upstream(environ or {}), answer)
    with serving(proxy) as port:
        yield port, ssl.create_default_context(cadata=authority.pem.decode())


@pytest.fixture
def site() -> Iterator[tuple[int, ssl.SSLContext]]:
    """A TLS server on this machine, with a certificate that the proxy did not issue."""
    authority = Authority()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.socket = authority.context("localhost").wrap_socket(server.socket, server_side=True)
    with serving(server) as port:
        yield port, ssl.create_default_context(cadata=authority.pem.decode())


def tunnelled(proxy: int, host: str, port: int, trust: ssl.SSLContext) -> http.client.HTTPSConnection:
    connection = http.client.HTTPSConnection("127.0.0.1", proxy, context=trust, timeout=10)
    connection.set_tunnel(host, port)
    return connection


def test_a_request_to_aws_is_answered_here() -> None:
    asked: list[Asked] = []
    with proxying(asked) as (port, trust):
        connection = tunnelled(port, AWS, 443, trust)
        connection.request("POST", "/path?query=1", b"hello", {"X-Own": "1"})
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"hello")
        assert answer.headers["x-mwaa-embedded"] == "instance-1"
        assert answer.headers["status"] is None
        connection.close()
    [(method, host, path, headers, body)] = asked
    assert (method, host, path, headers["X-Own"], body) == ("POST", AWS, "/path?query=1", "1", b"hello")


def test_one_tunnel_carries_many_requests_of_every_shape() -> None:
    asked: list[Asked] = []
    large = b"x" * 3_000_000
    with proxying(asked) as (port, trust):
        connection = tunnelled(port, AWS, 443, trust)
        for method, body in (("PUT", large), ("GET", b""), ("DELETE", b""), ("POST", b"last")):
            connection.request(method, "/", body)
            answer = connection.getresponse()
            assert answer.read() == (b"" if method == "DELETE" else body)
        connection.request("HEAD", "/")
        assert connection.getresponse().read() == b""
        connection.request(
            "POST", "/", iter([b"in ", b"chunks"]), {"Transfer-Encoding": "chunked"}, encode_chunked=True
        )
        assert connection.getresponse().read() == b"in chunks"
        connection.close()
    assert [method for method, *_ in asked] == ["PUT", "GET", "DELETE", "POST", "HEAD", "POST"]


def test_a_client_that_waits_for_permission_to_send_gets_it() -> None:
    with proxying() as (port, trust):
        connection = tunnelled(port, AWS, 443, trust)
        connection.connect()
        head = f"PUT / HTTP/1.1\r\nHost: {AWS}\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
        connection.sock.sendall(head.encode())
        assert connection.sock.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sock.sendall(b"body")
        assert connection.sock.recv(1000).startswith(b"HTTP/1.1 200 OK")
        connection.close()


def test_plain_http_to_aws_is_answered_here_too() -> None:
    asked: list[Asked] = []
    with proxying(asked) as (port, _):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", f"http://{AWS}/a?b=c")
        assert connection.getresponse().status == 200
        connection.close()
    assert [one[:3] for one in asked] == [("GET", AWS, "/a?b=c")]


def test_a_host_that_is_not_aws_is_relayed_untouched(site: tuple[int, ssl.SSLContext]) -> None:
    asked: list[Asked] = []
    site_port, site_trust = site
    with proxying(asked) as (port, _):
        connection = tunnelled(port, "localhost", site_port, site_trust)  # trusts the site's authority only
        connection.request("POST", "/own", b"payload")
        assert connection.getresponse().read() == b"POST /own payload"
        connection.close()
    assert asked == []


def test_plain_http_is_forwarded() -> None:
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Site)) as site_port, proxying() as (port, _):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("POST", f"http://localhost:{site_port}/plain", b"payload")
        assert connection.getresponse().read() == b"POST /plain payload"
        connection.close()


def test_the_user_s_own_proxy_is_used_for_what_is_not_aws(
    site: tuple[int, ssl.SSLContext],
) -> None:
    site_port, site_trust = site
    through: list[tuple[str, int]] = []

    class Office(Upstream):
        def tunnel(self, host: str, port: int) -> socket.socket:
            through.append((host, port))
            return super().tunnel("127.0.0.1", site_port)

    office = Proxy(ServerIdentity("office", 1), Authority(), Office({}), lambda *_: (500, {}, b""))
    with (
        serving(office) as office_port,
        proxying(environ={"https_proxy": f"http://u:p@127.0.0.1:{office_port}"}) as (port, _),
    ):
        connection = tunnelled(port, "localhost", 8443, site_trust)
        connection.request("POST", "/", b"1")
        assert connection.getresponse().read() == b"POST / 1"
        connection.close()
    assert through == [("localhost", 8443)]


def test_the_user_s_exceptions_from_their_proxy_are_heeded(site: tuple[int, ssl.SSLContext]) -> None:
    site_port, site_trust = site
    environ = {"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "example.org,localhost"}
    with proxying(environ=environ) as (port, _):
        connection = tunnelled(port, "localhost", site_port, site_trust)
        connection.request("POST", "/", b"1")
        assert connection.getresponse().read() == b"POST / 1"
        connection.close()


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:1", "socks5://127.0.0.1:1"])
def test_a_proxy_of_the_user_that_does_not_work_is_told(proxy: str) -> None:
    with proxying(environ={"all_proxy": proxy}) as (port, trust), pytest.raises(OSError, match="502"):
        tunnelled(port, "localhost", 443, trust).connect()


@pytest.mark.parametrize("host", ["169.254.169.254", "169.254.170.2"])
def test_credentials_of_the_machine_are_out_of_reach(host: str) -> None:
    with proxying() as (port, trust):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", f"http://{host}/latest/meta-data/iam/security-credentials/")
        assert connection.getresponse().status == 403
        connection.close()
        with pytest.raises(OSError, match="403"):
            tunnelled(port, host, 443, trust).connect()


def test_a_tunnel_to_aws_cannot_ask_for_another_host() -> None:
    asked: list[Asked] = []
    with proxying(asked) as (port, trust):
        connection = tunnelled(port, AWS, 443, trust)
        connection.request("GET", "/", headers={"Host": "registry.terraform.io"})
        assert connection.getresponse().status == 421
        connection.close()
    assert asked == []


def test_a_host_that_does_not_answer_is_told() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, not listening
        with proxying() as (port, trust), pytest.raises(OSError, match="502"):
            tunnelled(port, "localhost", unused.getsockname()[1], trust).connect()


def test_the_proxy_says_who_it_is() -> None:
    with proxying() as (port, _):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/embedded-aws")
        assert json.loads(connection.getresponse().read()) == {"instance": "instance-1", "pid": 42}
        connection.request("GET", "/anything")
        assert connection.getresponse().status == 404
        connection.close()
