"""Runs a startup script as MWAA does, before Airflow: with bash, for each component, for at most five minutes."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from mwaa.aws_facts.containers import is_reserved
from mwaa.process import ToolError, started

SECONDS = 295.0
"""Five minutes without the five seconds that MWAA gives it to end. IMG setup_environment.py."""

# Of builtins alone: the script may have changed PATH.
_DRIVER = r"""
source "$1"
for _name in $(builtin compgen -e); do builtin printf '%s=%s\0' "$_name" "${!_name}"; done > "$2"
"""
_OF_THE_SHELL = {"PWD", "OLDPWD", "SHLVL", "_", "PATH"}
_NOT_HERE = """#!/bin/sh
echo "not run on this machine: {name} $*" >&2
exit 1
"""
_KEPT_OUT = ("sudo", "yum", "dnf", "microdnf", "rpm", "pip", "pip3")
"""They would change this machine, or a Python that others share, where on MWAA they change a container."""


def run(script: Path, component: str, environ: Mapping[str, str], folder: Path, log: Path) -> dict[str, str]:
    """Runs `script` as MWAA_AIRFLOW_COMPONENT `component` in `environ`; returns the variables that it exports.

    What it writes goes to `log`. `folder` is its working directory. `sudo`, package managers and `pip` are answered
    with an error. Raises ToolError where MWAA would not start the component: its variables could not be read, or time
    ran out.
    """
    bash = shutil.which("bash")
    if bash is None:
        raise ToolError("bash is not on PATH; startup scripts are bash scripts", "install bash")
    refused = folder / "not-here"
    refused.mkdir(exist_ok=True)
    for name in _KEPT_OUT:
        (refused / name).write_text(_NOT_HERE.format(name=name), encoding="utf-8")
        (refused / name).chmod(0o755)
    exported = folder / f"exported-{component}"
    exported.unlink(missing_ok=True)
    variables = dict(environ) | {
        "MWAA_AIRFLOW_COMPONENT": component,
        "PATH": os.pathsep.join((str(refused), environ.get("PATH", os.defpath))),
    }
    command = [bash, "--noprofile", "--norc", "-c", _DRIVER, "startup.sh", str(script), str(exported)]
    with (
        log.open("w", encoding="utf-8") as said,
        started(command, folder, variables, stdout=said, stderr=subprocess.STDOUT) as process,
    ):
        try:
            status = process.wait(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            raise ToolError(f"the startup script did not end within 5 minutes on {component}", f"see {log}") from None
    if not exported.exists():
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])
        text = f"the startup script ended the shell on {component} (status {status}): MWAA could not read its variables"
        raise ToolError(f"{text}\n{tail}".rstrip(), f"no exit and no set -e in it; see {log}")
    pairs = exported.read_bytes().decode(errors="replace").split("\0")
    after = dict(pair.partition("=")[::2] for pair in pairs if pair)
    return {
        name: value
        for name, value in after.items()
        if variables.get(name) != value and name not in _OF_THE_SHELL and not is_reserved(name)
    }
