"""Where a release comes from: which revision, whose, and what publishes it."""

import os
import shutil
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from getpass import getuser
from pathlib import Path

from mwaa.process import ask

_GIT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a release comes from; each is empty where unknown."""

    revision: str
    author: str
    run: str


def find_origin(root: Path, revision: str | None, environ: Mapping[str, str] = os.environ) -> Origin:
    """Return what MWAA_REVISION, MWAA_AUTHOR and MWAA_RUN say (a pipeline sets them), else git and this machine.

    A commit whose working tree has changes is marked `+changes`: what is published is not what was committed.
    """
    commit, author = _git(root, environ)
    return Origin(
        revision or environ.get("MWAA_REVISION") or commit,
        environ.get("MWAA_AUTHOR") or author,
        environ.get("MWAA_RUN") or f"{_user()}@{socket.gethostname()}, process {os.getpid()}",
    )


def _git(root: Path, environ: Mapping[str, str]) -> tuple[str, str]:
    git = shutil.which("git")
    if git is None:
        return "", ""
    try:
        last = ask([git, "log", "-1", "--format=%H%n%an <%ae>"], root, environ, seconds=_GIT_SECONDS)
        if last.status != 0:  # no repository, or no commit yet
            return "", ""
        changes = ask([git, "status", "--porcelain", "--", "."], root, environ, seconds=_GIT_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return "", ""
    commit, author = last.stdout.splitlines()[:2]
    return f"{commit}+changes" if changes.stdout.strip() else commit, author


def _user() -> str:
    try:
        return getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return f"uid {os.getuid()}"
