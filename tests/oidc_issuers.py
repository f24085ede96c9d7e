"""The issuers of GitHub Actions, GitLab CI and others, as AWS reaches them: by HTTPS, through a proxy of this process.

They publish their configuration and keys as OpenID Connect Discovery says, and sign any token that a test asks for.
"""

import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from mwaa.embedded_aws.certificates import Authority
from mwaa.embedded_aws.proxy import Proxy, ServerIdentity
from mwaa.embedded_aws.upstream import Upstream


class Issuers:
    """Issuers, by their addresses without https://. `environ` leads a process to them; all else is relayed."""

    def __init__(self, folder: Path, *issuers: str) -> None:
        self._keys = {issuer: rsa.generate_private_key(public_exponent=65537, key_size=2048) for issuer in issuers}
        authority = Authority()
        ca = folder / "issuers.pem"
        ca.write_bytes(authority.pem)
        self._proxy = Proxy(
            ServerIdentity("issuers", os.getpid()),
            authority,
            Upstream(os.environ),
            lambda method, host, path, _headers, _body: (500, {}, f"{method} {host}{path}".encode()),
            self._find,
        )
        threading.Thread(target=self._proxy.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{self._proxy.server_port}"
        self.environ = {"HTTPS_PROXY": address, "https_proxy": address, "REQUESTS_CA_BUNDLE": str(ca)}

    def token(self, issuer: str, audience: str, subject: str, *, signed_by: str = "", seconds: int = 300) -> str:
        """A token that lasts some seconds; `signed_by` is another issuer, for a forged one."""
        now = int(time.time())
        claims = {"iss": f"https://{issuer}", "aud": audience, "sub": subject, "iat": now, "exp": now + seconds}
        return jwt.encode(claims, self._keys[signed_by or issuer], algorithm="RS256", headers={"kid": "one"})

    def stop(self) -> None:
        self._proxy.shutdown()
        self._proxy.server_close()

    def _find(self, host: str) -> Callable[[str, str, Mapping[str, str], bytes], Any] | None:
        return self._answer if any(issuer.split("/")[0] == host for issuer in self._keys) else None

    def _answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Any:
        asked = f"{headers['Host']}{urlsplit(path).path}"
        for issuer, key in self._keys.items():
            if asked == f"{issuer}/.well-known/openid-configuration":
                document: dict[str, Any] = {"issuer": f"https://{issuer}", "jwks_uri": f"https://{issuer}/keys"}
            elif asked == f"{issuer}/keys":
                public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
                document = {"keys": [public | {"kid": "one", "use": "sig", "alg": "RS256"}]}
            else:
                continue
            return 200, {"Content-Type": "application/json"}, json.dumps(document).encode()
        return 404, {}, b""
