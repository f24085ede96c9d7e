"""A publish in a process of its own, which kills itself at a given moment. Imported by that process."""

import os
import signal
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.loaders import Loader
from mwaa.config import Definition
from mwaa.operations import publish as publishing
from mwaa.operations.publish import roll as environment

_LOADER = Loader()
"""Read once, in the process from which each of these is forked."""
for _service in ("sts", "s3", "mwaa"):
    for _kind in ("service-2", "endpoint-rule-set-1"):
        _LOADER.load_service_model(_service, _kind)


def publish_until(definition: Definition, root: Path, environ: dict[str, str], moment: int) -> None:
    """Ends by SIGKILL at the `moment`-th event: a request is about to be sent, or its answer has just come."""
    os.environ.clear()
    os.environ.update(environ)
    environment._POLL_SECONDS = 0.02
    happened = 0

    def count(**_: Any) -> None:
        nonlocal happened
        happened += 1
        if happened == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    core = botocore.session.Session()
    core.register_component("data_loader", _LOADER)
    boto3.setup_default_session(botocore_session=core)
    assert boto3.DEFAULT_SESSION
    for event in ("before-send", "response-received"):
        boto3.DEFAULT_SESSION.events.register(event, count)
    publishing.publish(definition, root, report=lambda _: None)
