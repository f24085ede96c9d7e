"""Which variables a startup script exports, found without running any program."""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mwaa.aws_facts.containers import AIRFLOW_HOME, is_reserved
from mwaa.process import ToolError, ask

_LIMIT_SECONDS = 10.0

# Read by bash before the script (BASH_ENV), for bash 3.2 of macOS as well. At the end of the shell, wherever that is,
# it prints the exported variables between NUL bytes. A program that is not run counts as one that did its work: so no
# failure may end the script, whatever `set -e` it says.
_DRIVER = r"""
unset BASH_ENV
command_not_found_handle() { printf 'not run here: %s\n' "$1" 1>&2; }
trap '
builtin trap - DEBUG
builtin printf "\n%s" "$_MWAA_MARK"
for _mwaa_name in $(builtin compgen -e); do builtin printf "%s=%s\0" "$_mwaa_name" "${!_mwaa_name}"; done
' EXIT
builtin set -T
trap 'builtin set +eu' DEBUG
"""
_OF_THE_SHELL = frozenset(("PWD", "OLDPWD", "SHLVL", "_", "PATH", "BASH_ENV", "_MWAA_MARK", "HOME"))


@dataclass(frozen=True, slots=True)
class StartupExports:
    """`variables` that the script exports and MWAA takes; `said` is its output on both streams, which also names the
    programs that were not run."""

    variables: Mapping[str, str]
    said: str


def run_for_exports(script: Path | None, component: str) -> StartupExports:
    """Return what `script` exports on a `component`: worker, scheduler, webserver, or hybrid (the worker of mw1.micro).

    The real bash runs it, restricted (no path as a command, no writing into files, no exec) with an empty PATH: it
    runs no other program. What a program would have printed is missing from the values; variables left empty are
    left out, as MWAA does, and those that MWAA reserves.

    Raises ToolError when there is no bash.
    """
    if script is None:
        return StartupExports({}, "")
    bash = shutil.which("bash")
    if bash is None:
        raise ToolError("bash is not on PATH; startup scripts are bash scripts", "install bash")
    mark = secrets.token_hex(16)
    given = {"MWAA_AIRFLOW_COMPONENT": component, "AIRFLOW_HOME": AIRFLOW_HOME, "HOME": AIRFLOW_HOME}
    with tempfile.TemporaryDirectory(prefix="mwaa-startup-") as folder:
        driver, nothing = Path(folder) / "driver", Path(folder) / "nothing"
        driver.write_text(_DRIVER, encoding="utf-8")
        nothing.mkdir()
        environ = given | {"PATH": str(nothing), "BASH_ENV": str(driver), "_MWAA_MARK": mark}
        command = [bash, "--noprofile", "--norc", "-r", os.path.realpath(script)]
        try:
            ended = ask(command, Path(folder), environ, seconds=_LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            return StartupExports({}, f"the script did not end within {_LIMIT_SECONDS:g} seconds")
    said, _, dump = ended.stdout.partition(f"\n{mark}")
    pairs = dict(pair.partition("=")[::2] for pair in dump.split("\0") if pair)
    kept = {
        name: value
        for name, value in pairs.items()
        if value and given.get(name) != value and name not in _OF_THE_SHELL and not is_reserved(name)
    }
    return StartupExports(kept, "\n".join(text for text in (said.strip(), ended.stderr.strip()) if text))
