"""The server process: `python -m mwaa.embedded_aws.server --folder FOLDER --settings JSON`.

Started by `mwaa.embedded_aws.control`; runs until SIGTERM, or until its state file is gone.
"""

import argparse
import logging
import os
import signal
import threading
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from mwaa.embedded_aws import server_state
from mwaa.embedded_aws.certificates import Authority
from mwaa.embedded_aws.proxy import Proxy, ServerIdentity
from mwaa.embedded_aws.settings import EmbeddedSettings
from mwaa.embedded_aws.upstream import Upstream
from mwaa.embedded_hcp import server_files

_CHECK_SECONDS = 1.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m mwaa.embedded_aws.server", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the state is written")
    parser.add_argument("--settings", type=EmbeddedSettings.from_json, required=True, help="settings as JSON")
    arguments = parser.parse_args()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    serve(arguments.folder, arguments.settings)


def serve(folder: Path, settings: EmbeddedSettings) -> None:
    """Serve until SIGTERM, or until the state file in `folder` is no longer this server's."""
    # moto is imported here: it takes half a second, and the arguments should be checked first
    from mwaa.embedded_aws import backends, dispatch, web_identity
    from mwaa.embedded_hcp.hosting import Hosting

    backends.install(settings, folder)
    authority = Authority()
    identity = ServerIdentity(uuid.uuid4().hex, os.getpid())
    hosting = Hosting(folder, server_files.make_token(folder))
    bundle = folder / server_state.BUNDLE
    web_identity.check_tokens(lambda issuer: hosting.keys(issuer) or web_identity.fetch_keys(issuer, bundle))
    proxy = Proxy(identity, authority, Upstream(os.environ), dispatch.answer, hosting.find)
    (folder / server_state.AUTHORITY).write_bytes(authority.pem)
    (folder / server_state.BUNDLE).write_bytes(_trusted_authorities(os.environ) + authority.pem)
    (folder / server_state.CONFIG).write_text("[default]\n")
    server_state.write(
        folder,
        server_state.ServerState(identity.instance, identity.pid, proxy.server_port, datetime.now(UTC), settings),
    )

    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    logging.info("embedded AWS %s on 127.0.0.1:%s", identity.instance, proxy.server_port)
    while not stopping.wait(_CHECK_SECONDS):
        # If somebody removes the folder, no server that nobody can find may stay behind.
        written = server_state.read(folder)
        if written is None or written.instance != identity.instance:
            logging.info("the state file is gone: ending")
            break
    os._exit(0)  # nothing is left to save, and taking moto's objects apart would take a second


def _trusted_authorities(environ: Mapping[str, str]) -> bytes:
    """Return the authorities that `requests` and curl trust on this machine: the user's own choice, else Mozilla's."""
    from botocore.httpsession import get_cert_path

    chosen = environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE") or ""
    path = Path(chosen) if Path(chosen).is_file() else Path(str(get_cert_path(True)))
    return path.read_bytes().rstrip() + b"\n"


if __name__ == "__main__":
    main()
