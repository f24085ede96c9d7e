"""Answers one AWS request with moto, or refuses it so that no client tries again."""

import logging
import re
import traceback
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from moto.moto_proxy.proxy3 import MotoRequestHandler
from werkzeug.exceptions import HTTPException

from mwaa.embedded_aws import accounts
from mwaa.embedded_aws.moto_fixes import find_issuing_account
from mwaa.embedded_aws.moto_lock import moto_lock
from mwaa.embedded_aws.mwaa import webserver
from mwaa.embedded_aws.refusal import BUG, UNSUPPORTED, Answer, refuse

_log = logging.getLogger(__name__)

_CREDENTIAL = re.compile(r"Credential=([A-Za-z0-9]+)/")

_moto = MotoRequestHandler(0)


def answer(method: str, host: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Answer a request to AWS; `path` includes the query. Never raises."""
    try:
        if webserver.is_webserver(host):
            return webserver.answer(method, host, path, headers, body)
        key = _signing_key(path, headers)
        sent = {name: value for name, value in headers.items() if name.lower() != "x-moto-account-id"}
        if key is not None:
            account = accounts.account_of(key) or find_issuing_account(key)
            if account is None:
                return _refuse_unknown_key(host, headers)
            sent["x-moto-account-id"] = account  # what moto asks before anything else
        with moto_lock():
            return _answer_with_moto(method, host, path, sent, body)
    except NotImplementedError as error:
        _log.warning("%s %s%s: %s", method, host, path, error)
        return refuse(host, headers, UNSUPPORTED, f"The embedded AWS cannot do this yet: {error} ({method} {host})")
    except Exception as error:
        _log.error("%s %s%s failed\n%s", method, host, path, traceback.format_exc())
        failure = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        message = f"The embedded AWS failed, not your configuration: {failure} ({method} {host}{path})"
        return refuse(host, headers, BUG, message)


def _answer_with_moto(method: str, host: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    origin = f"https://{host}"
    if _moto.get_handler_for_host(host=origin, path=path) is None:
        return refuse(
            host,
            headers,
            UNSUPPORTED,
            f"The embedded AWS has no service at {host}{urlsplit(path).path}. The request was not sent to AWS.",
        )
    try:
        answered = _moto.parse_request(method=method, host=origin, path=path, headers=headers, body=body)
    except HTTPException as error:
        answered = error.code, dict(error.get_headers()), error.get_body()
    status, answer_headers, content = answered if isinstance(answered, tuple) else (200, {}, answered)
    return int(status), {_text(name): _text(value) for name, value in answer_headers.items()}, _bytes(content)


def _signing_key(path: str, headers: Mapping[str, str]) -> str | None:
    """Return the access key that signed the request (header, or query of a presigned URL); None for an unsigned one."""
    authorization = next((value for name, value in headers.items() if name.lower() == "authorization"), "")
    if signed := _CREDENTIAL.search(authorization):
        return signed.group(1)
    query = parse_qs(urlsplit(path).query)
    credential = query.get("X-Amz-Credential") or query.get("AWSAccessKeyId")
    return credential[0].split("/")[0] if credential else None


def _refuse_unknown_key(host: str, headers: Mapping[str, str]) -> Answer:
    if "s3" in host.split("."):
        message = "The AWS Access Key Id you provided does not exist in our records."
        return refuse(host, headers, "InvalidAccessKeyId", message, 403)
    return refuse(host, headers, "InvalidClientTokenId", "The security token included in the request is invalid.", 403)


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _bytes(content: object) -> bytes:
    return content if isinstance(content, bytes) else str(content or "").encode()
