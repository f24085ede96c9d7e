"""Turns moto into the embedded AWS: adds the services that it lacks, fixes its mistakes, refuses what AWS refuses."""

import re
import sys
from pathlib import Path

from moto.backend_index import backend_url_patterns

from mwaa.embedded_aws import (
    codeconnections,
    conditional_requests,
    ec2_refusals,
    iam_simulation,
    moto_fixes,
    mwaa,
    quotas,
    shared_subnets,
)
from mwaa.embedded_aws.codeconnections import urls as codeconnections_urls
from mwaa.embedded_aws.mwaa import urls as mwaa_urls
from mwaa.embedded_aws.mwaa.models import MWAABackend
from mwaa.embedded_aws.settings import EmbeddedSettings


def install(settings: EmbeddedSettings, folder: Path) -> None:
    """Change moto in this process. Call it once, before the first request. `folder` is the server's."""
    # moto looks a backend up as the module `moto.<name>`, its attribute `<name>_backends`, for a host in this index.
    for name, backend, urls in (("mwaa", mwaa, mwaa_urls), ("codeconnections", codeconnections, codeconnections_urls)):
        sys.modules[f"moto.{name}"] = backend
        backend_url_patterns[:0] = [(name, re.compile(base)) for base in urls.url_bases]
    MWAABackend.settings = settings
    MWAABackend.folder = folder
    moto_fixes.apply()
    conditional_requests.apply()
    quotas.enforce(settings)
    ec2_refusals.enforce()
    shared_subnets.show()
    iam_simulation.answer()
