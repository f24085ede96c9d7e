"""Runs commands of a local Airflow's command line for the emulated MWAA: an HTTP server on loopback.

It is part of the process that runs the Airflow: commands have its variables, and end with it.
"""

import hmac
import json
import secrets
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from mwaa.process import Ended

_SECONDS = 100.0


@dataclass(frozen=True, slots=True)
class CommandServer:
    """A running command server: its address, and the bearer token of each request."""

    address: str
    key: str


@contextmanager
def serve_commands(run: Callable[[list[str], float], Ended]) -> Iterator[CommandServer]:
    """Call `run(arguments, seconds)` for each request with the key, until the block ends."""
    key = secrets.token_urlsafe(32)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            authorization = self.headers.get("Authorization", "")
            if not hmac.compare_digest(authorization.encode(), f"Bearer {key}".encode()):
                return self.send_error(403)
            arguments = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            try:
                ended = run(arguments, _SECONDS)
            except subprocess.TimeoutExpired:
                ended = Ended(1, "", f"The command did not end within {_SECONDS:.0f} seconds.\n")
            body = json.dumps({"status": ended.status, "stdout": ended.stdout, "stderr": ended.stderr}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return None

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing: the embedded AWS has its own log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield CommandServer(f"http://127.0.0.1:{server.server_port}", key)
    finally:
        server.shutdown()
        server.server_close()
