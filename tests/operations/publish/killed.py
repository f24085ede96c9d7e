"""A publish in a process of its own, which stops or kills itself at a given moment. Imported by that process."""

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.awsrequest import AWSPreparedRequest
from botocore.loaders import Loader
from mwaa.config import Definition
from mwaa.operations import publish as publishing
from mwaa.operations.publish import lock
from mwaa.operations.publish import roll as environment

_LOADER = Loader()
"""Read once, in the process from which each of these is forked."""
for _service in ("sts", "s3", "mwaa"):
    for _kind in ("service-2", "endpoint-rule-set-1"):
        _LOADER.load_service_model(_service, _kind)


def publish_until(
    definition: Definition, root: Path, environ: dict[str, str], moment: int, end: signal.Signals = signal.SIGKILL
) -> None:
    """Sends itself a signal at the `moment`-th event: a request is about to be sent, or its answer has just come.

    For SIGSTOP, events count from the write of the lock, and a process that goes on has slept for an hour. The last
    event before a request is after the lock was checked.
    """
    os.environ.clear()
    os.environ.update(environ)
    environment._POLL_SECONDS = 0.02
    clock = lock._now
    happened, counting = 0, end is signal.SIGKILL

    def count(request: AWSPreparedRequest | None = None, **_: Any) -> None:
        nonlocal happened, counting
        counting |= request is not None and request.method == "PUT" and request.url.endswith("/publishing.json")
        happened += counting
        if happened == moment:
            os.kill(os.getpid(), end)
            lock._now = lambda: clock() + 3600

    core = botocore.session.Session()
    core.register_component("data_loader", _LOADER)
    boto3.setup_default_session(botocore_session=core)
    assert boto3.DEFAULT_SESSION
    for event in ("before-send", "response-received"):
        boto3.DEFAULT_SESSION.events.register_last(event, count)
    with suppress(publishing.PublishError):
        publishing.publish(definition, root, report=lambda _: None)
