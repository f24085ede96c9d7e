"""Looks at this machine and this checkout: is everything there that a deployment needs, and in which version."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mwaa import embedded_aws
from mwaa.airflow import interpreter
from mwaa.config import ConfigurationError, discover_all
from mwaa.config.synthesis_target import EMBEDDED
from mwaa.local import deploy, terraform
from mwaa.local.errors import DeployError

OLDEST_PYTHON = (3, 11)
_DISK_NEEDED = 1 << 30  # an AWS provider of the 6 series is about 700 MB unpacked
_DISK_COMFORTABLE = 3 << 30


@dataclass(frozen=True, slots=True)
class MachineCheck:
    """One line of the doctor's answer. `fix` says how to fix a warning or a problem, or is empty."""

    subject: str
    status: Literal["ok", "warning", "problem"]
    found: str
    fix: str = ""


def tools(root: Path) -> list[MachineCheck]:
    """What `mwaa local up` needs. Nothing is raised: what cannot be found out is a problem."""
    return [
        _python(),
        _node(),
        *_terraform(root),
        _cdktf(root),
        _disk(root),
    ]


def examine(root: Path, environ: Mapping[str, str] = os.environ) -> list[MachineCheck]:
    """`tools`, the workspaces, what runs here, and who we are in AWS (which is asked, with a short timeout)."""
    return [*tools(root), _workspaces(root), *_airflow(root), _embedded(root), _aws_cli(), *_identities(root, environ)]


def _python() -> MachineCheck:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        return MachineCheck("Python", "problem", version, "make setup PYTHON=python3.12")
    return MachineCheck("Python", "ok", version)


def _node() -> MachineCheck:
    node = _beside("node")
    if node is None:
        return MachineCheck("Node", "problem", "not found", "make setup")
    status, said = _ask(node, "--version")
    return (
        MachineCheck("Node", "ok", said.removeprefix("v"))
        if status == 0
        else MachineCheck("Node", "problem", said, "make setup")
    )


def _terraform(root: Path) -> Iterator[MachineCheck]:
    try:
        binary = terraform.find_terraform(root)
    except DeployError as error:
        yield MachineCheck("Terraform", "problem", str(error), error.fix)
        return
    if binary.version < terraform.OLDEST_TERRAFORM:
        fix = f"install {terraform.OLDEST_TERRAFORM} or newer"
        yield MachineCheck(binary.product, "problem", str(binary.version), fix)
    else:
        yield MachineCheck(binary.product, "ok", str(binary.version))
    try:
        provider = terraform.find_provider(root, binary)
    except DeployError as error:
        yield MachineCheck("AWS provider", "problem", str(error), error.fix)
        return
    if provider.folder is None:
        yield MachineCheck("AWS provider", "ok", f"from {binary.registry}")
    else:
        yield MachineCheck("AWS provider", "ok", f"{provider.version} from the mirror {provider.folder}")


def _cdktf(root: Path) -> MachineCheck:
    subject = "CDKTF CLI"
    try:
        installed = _package_version(root / "node_modules/cdktf-cli/package.json")
        locked = json.loads((root / "package-lock.json").read_text(encoding="utf-8"))
        wanted = locked["packages"]["node_modules/cdktf-cli"]["version"]
    except (OSError, ValueError, KeyError) as error:
        return MachineCheck(subject, "problem", f"not installed here: {error}", "make setup")
    if installed != wanted:
        return MachineCheck(subject, "problem", f"{installed}, but package-lock.json says {wanted}", "make setup")
    node = _beside("node")
    # The CLI's one native module fits some releases of Node only, and its failure says little.
    if node and _ask(node, "-e", 'require("@cdktf/node-pty-prebuilt-multiarch")', folder=root)[0] != 0:
        fix = "remove node_modules, then make setup"
        return MachineCheck(subject, "problem", f"{installed}, but its native module does not load in this Node", fix)
    return MachineCheck(subject, "ok", installed)


def _disk(root: Path) -> MachineCheck:
    free = shutil.disk_usage(root).free
    text = f"{free / (1 << 30):.1f} GB free"
    if free < _DISK_NEEDED:
        return MachineCheck("Disk", "problem", text, f"{_DISK_NEEDED >> 30} GB is needed")
    if free < _DISK_COMFORTABLE:
        return MachineCheck("Disk", "warning", text, f"{_DISK_COMFORTABLE >> 30} GB leaves room for the AWS provider")
    return MachineCheck("Disk", "ok", text)


def _workspaces(root: Path) -> MachineCheck:
    try:
        found = discover_all(root)
        problems = found.problems
    except ConfigurationError as error:
        problems = error.problems
    if problems:
        text = f"{len(problems)} mistakes, the first in {problems[0].file}: {problems[0].field}"
        return MachineCheck("Workspaces", "problem", text, "mwaa workspaces")
    return MachineCheck("Workspaces", "ok", ", ".join(found.definitions))


def _airflow(root: Path) -> Iterator[MachineCheck]:
    """The Python of each release that the workspaces use."""
    try:
        workspaces = [definition.workspace for definition in discover_all(root).definitions.values()]
    except ConfigurationError:
        return  # reported already
    for release, python in sorted({(workspace.airflow_version, workspace.python_version) for workspace in workspaces}):
        subject = f"Airflow {release}"
        if found := interpreter.find_installed(python):
            yield MachineCheck(subject, "ok", f"runs on Python {python}, which is {found}")
        else:
            fix = f"uv python install {python}"
            yield MachineCheck(subject, "warning", f"runs on Python {python}, which is not on this machine", fix)


def _embedded(root: Path) -> MachineCheck:
    here = embedded_aws.find(root)
    if here is None:
        return MachineCheck("Embedded AWS", "ok", "does not run")
    names = ", ".join(deploy.deployed(root)) or "nothing"
    return MachineCheck("Embedded AWS", "ok", f"runs on port {here.port}; deployed: {names}")


def _aws_cli() -> MachineCheck:
    aws = shutil.which("aws")
    said = _ask(aws, "--version") if aws else (1, "")
    return MachineCheck("AWS CLI", "ok", said[1].split(" ")[0] if said[0] == 0 else "not found (nothing here needs it)")


def _identities(root: Path, environ: Mapping[str, str]) -> Iterator[MachineCheck]:
    """The caller, and each deploy role that the caller assumes for workspaces."""
    from mwaa.operations.access import who_am_i
    from mwaa.operations.errors import AccessError

    try:
        workspaces = [definition.workspace for definition in discover_all(root).definitions.values()]
    except ConfigurationError:
        workspaces = []
    region = workspaces[0].region if workspaces else environ.get("AWS_REGION", "us-east-1")
    where = "on the embedded AWS, " if environ.get(EMBEDDED) else ""
    try:
        me = who_am_i(region)
    except AccessError as error:
        yield MachineCheck("AWS identity", "warning", str(error), f"only for a real deployment: {error.fix}")
        return
    directly = [workspace for workspace in workspaces if not workspace.deploy_role]
    yield _caller(
        f"{where}{me.arn}",
        [one.name for one in directly if one.account == me.account],
        bool(directly) or not workspaces,
    )
    roles = [workspace.deploy_role for workspace in workspaces if workspace.deploy_role]
    for index, role in enumerate(roles):
        if role in roles[:index]:
            continue
        users = [workspace for workspace in workspaces if workspace.deploy_role == role]
        subject = f"Deploy role of {', '.join(one.name for one in users)}"
        try:
            found = f"{where}{who_am_i(users[0].region, role).arn}"
            yield MachineCheck(subject, "ok", found)
        except AccessError as error:
            fix = f"let {me.arn} assume {role.arn}" if "sts:AssumeRole" in str(error) else error.fix
            yield MachineCheck(subject, "warning", str(error), fix)


def _caller(found: str, own: list[str], is_needed: bool) -> MachineCheck:
    """Judge whose account the caller is in: one of workspaces that the caller deploys without another role."""
    if own:
        return MachineCheck("AWS identity", "ok", f"{found}: account of {', '.join(own)}")
    if not is_needed:
        return MachineCheck("AWS identity", "ok", f"{found}: assumes the deploy roles")
    fix = "choose another profile: AWS_PROFILE=..."
    return MachineCheck("AWS identity", "warning", f"{found}: the account of no workspace", fix)


def _beside(program: str) -> str | None:
    """The program of the lock, which lies beside this Python; else the one on PATH."""
    return shutil.which(program, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}")


def _ask(*command: str, folder: Path | None = None) -> tuple[int, str]:
    try:
        asked = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired) as error:
        return 1, str(error)
    return asked.returncode, (asked.stdout or asked.stderr).strip()


def _package_version(file: Path) -> str:
    return str(json.loads(file.read_text(encoding="utf-8"))["version"])
