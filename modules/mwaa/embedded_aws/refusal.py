"""An error answer that any AWS client understands and none retries, whatever protocol its service speaks."""

import json
from collections.abc import Iterable, Mapping
from typing import Protocol
from xml.sax.saxutils import escape

BUG = "EmbeddedAwsBug"
"""Error code: the embedded AWS itself failed."""
UNSUPPORTED = "UnsupportedByEmbeddedAws"
"""Error code: the embedded AWS does not have this service or operation."""


class AnswerHeaders(Protocol):
    """The headers of an answer: a dictionary, or anything else that lists them (a cookie may be set twice)."""

    def items(self) -> Iterable[tuple[str, str]]: ...


Answer = tuple[int, AnswerHeaders, bytes]


def refuse(host: str, headers: Mapping[str, str], code: str, message: str, status: int = 400) -> Answer:
    """Return an error (status, headers, body) in the form of the caller's protocol.

    The status is a 4xx and the code one that no client knows, because the AWS provider retries 5xx for minutes.
    """
    sent = {name.lower(): value for name, value in headers.items()}
    content_type = sent.get("content-type", "")
    text = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    if content_type.startswith("application/x-www-form-urlencoded"):
        if host.startswith("ec2."):
            body = f"<Response><Errors><Error>{text}</Error></Errors><RequestID>embedded</RequestID></Response>"
        else:
            body = f"<ErrorResponse><Error><Type>Sender</Type>{text}</Error></ErrorResponse>"
        return status, {"Content-Type": "text/xml"}, body.encode()
    if "s3" in host.split("."):
        return status, {"Content-Type": "application/xml"}, f"<Error>{text}</Error>".encode()
    if host.startswith(("route53.", "cloudfront.")) or ".s3-control." in f".{host}":
        body = f"<ErrorResponse><Error><Type>Sender</Type>{text}</Error></ErrorResponse>"
        return status, {"Content-Type": "text/xml"}, body.encode()
    answer = {"__type": code, "code": code, "message": message}
    return status, {"Content-Type": "application/json", "X-Amzn-ErrorType": code}, json.dumps(answer).encode()
