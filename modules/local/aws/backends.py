"""Makes moto the embedded AWS: adds the services that it lacks, mends what it does wrong, enforces quotas."""

import re
import sys
from pathlib import Path

from moto.backend_index import backend_url_patterns

from modules.local.aws import moto_fixes, mwaa, quotas
from modules.local.aws.mwaa.models import MWAABackend
from modules.local.aws.mwaa.urls import url_bases
from modules.local.aws.settings import Settings


def install(settings: Settings, folder: Path) -> None:
    """To be called once in a process, before the first request. `folder` is the server's."""
    # moto looks a backend up as the module `moto.<name>`, its attribute `<name>_backends`, for a host in this index.
    sys.modules["moto.mwaa"] = mwaa
    backend_url_patterns[:0] = [("mwaa", re.compile(base)) for base in url_bases]
    MWAABackend.settings = settings
    MWAABackend.folder = folder
    moto_fixes.apply()
    quotas.enforce(settings)
