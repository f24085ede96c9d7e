"""Deploys a workspace onto the embedded AWS with the real `cdktf deploy`, and takes it down again.

Everything lies under `.mwaa/local/`: the synthesized stacks, Terraform's state, a log of each run. Nothing here touches
the `cdktf.out` or the state of a real deployment.
"""

import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mwaa import embedded_aws
from mwaa.config import Workspace
from mwaa.config.synthesis_target import WORKSPACES
from mwaa.embedded_aws import Embedded, EmbeddedSettings
from mwaa.files import LockHeld, try_lock
from mwaa.local import backends, terraform, terraform_state
from mwaa.local.errors import DeployError
from mwaa.local.progress import Failed, Finished, read
from mwaa.process_tree import running
from mwaa.progress import Report, Step
from mwaa.project_layout import DEPLOY_LOCK, EMBEDDED, EMBEDDED_LOG, EMBEDDED_OUTPUT, EMBEDDED_STATE

_LOCK_ID = re.compile(r"\bID:\s+(\S+)")


@dataclass(frozen=True, slots=True)
class SecondPlan:
    """What Terraform says of a workspace that was just applied: `text` is its plan, empty if nothing would change."""

    command: str
    text: str


def up(root: Path, workspace: Workspace, settings: EmbeddedSettings | None, report: Report) -> Embedded:
    """Starts the embedded AWS unless it runs, and deploys the workspace onto it.

    After a deployment that was killed, AWS may hold resources that the state does not know and that would collide. If
    no other workspace is deployed, the embedded AWS is thrown away and started again: it holds nothing that this
    deployment does not bring back. Without `settings` a running one keeps its own.

    Raises DeployError, EmbeddedError; KeyboardInterrupt once Terraform has ended.
    """
    with _alone(root):
        if not (root / "node_modules/.bin/cdktf").exists() or not shutil.which("npx", path=_path(os.environ)):
            raise DeployError("the CDKTF command line is not installed here", "make setup")
        binary = terraform.find_terraform(root)
        provider = terraform.find_provider(root, binary)
        here = embedded_aws.find(root)
        if here and settings not in (None, here.settings):
            raise DeployError("the embedded AWS runs already, with other settings", "mwaa local down")
        killed = here is not None and terraform_state.killed(state_file(root, workspace.name))
        others = [name for name in deployed(root) if name != workspace.name]
        if here and killed and not others:
            report(
                Step(f"the last deployment of {workspace.name} was killed half way: its embedded AWS is thrown away")
            )
            settings = here.settings
            here.stop()
            here = None
        if here is None:
            report(Step("starting the embedded AWS"))
            here = embedded_aws.start(root, settings=settings or EmbeddedSettings())
            killed = False
        environ = environ_of(root, here, workspace, binary, provider)
        here.verify(environ)
        backends.prepare(root, here, workspace, binary, environ, report)
        environ = environ_of(root, here, workspace, binary, provider)
        try:
            _run(root, workspace, "deploy", environ, report)
        except DeployError as error:
            if not killed:
                raise
            again = " && ".join(f"mwaa local up {name}" for name in (workspace.name, *others))
            raise DeployError(
                f"{error}\n\nAn earlier deployment of {workspace.name} was killed half way: "
                "the embedded AWS may hold resources that Terraform does not know.",
                f"mwaa local down && {again}",
            ) from None
        return here


def destroy(root: Path, workspace: Workspace, report: Report) -> None:
    """Destroys the workspace on the embedded AWS. Raises DeployError, and EmbeddedError if no embedded AWS
    runs."""
    with _alone(root):
        here, environ = _on_running(root, workspace)
        here.verify(environ)
        if terraform_state.killed(state_file(root, workspace.name)):
            report(
                Step(
                    "the last deployment was killed half way: what Terraform does not know stays until mwaa local down"
                )
            )
        _run(root, workspace, "destroy", environ, report)


def down(root: Path) -> bool:
    """Stops the embedded AWS and removes all that was deployed onto it; False if none ran.

    Raises DeployError while a deployment runs.
    """
    with _alone(root):
        here = embedded_aws.find(root)
        if here:
            here.stop()
        shutil.rmtree(root / EMBEDDED, ignore_errors=True)  # also that of a server that died
        return here is not None


def second_plan(root: Path, workspace: Workspace, report: Report) -> SecondPlan:
    """Synthesizes again and plans against what is deployed; Terraform's exit status says if anything would change.

    0: nothing, 2: something (developer.hashicorp.com/terraform/cli/commands/plan, -detailed-exitcode).
    Raises DeployError if it cannot be planned.
    """
    with _alone(root):
        _, environ = _on_running(root, workspace)
        binary = environ[terraform.BINARY_VARIABLE]
        plan = [binary, "plan", "-detailed-exitcode", "-input=false", "-no-color"]
        synth = [sys.executable, "main.py"]
        _output_of(
            synth,
            root,
            environ | {"CDKTF_OUTDIR": str(root / EMBEDDED_OUTPUT), WORKSPACES: workspace.name},
            {0},
            report,
        )
        command = " ".join([Path(binary).name, *plan[1:]])
        report(Step(command))
        status, text = _output_of(plan, root / EMBEDDED_OUTPUT / "stacks" / workspace.name, environ, {0, 2}, report)
        return SecondPlan(command, text if status == 2 else "")


def environ_of(
    root: Path, here: Embedded, workspace: Workspace, binary: terraform.Terraform, provider: terraform.Provider
) -> dict[str, str]:
    """The environment in which CDKTF and Terraform run for this workspace on the embedded AWS."""
    environ = terraform.environ_for(root, binary, provider, os.environ)
    environ = here.environ(workspace.account, workspace.region, environ)
    environ.pop("CDKTF_OUTDIR", None)
    return environ | {
        "PATH": _path(environ),
        "CI": "1",
        "DISABLE_VERSION_CHECK": "1",
        "FORCE_COLOR": "0",  # programs of Node do not know NO_COLOR, and colour what they write in CI
        "NO_COLOR": "1",
        "TF_IN_AUTOMATION": "1",
    }


def exports(root: Path, here: Embedded, workspace: Workspace) -> list[str]:
    """The shell lines that do to this process's environment what `environ_of` does, for `eval`.

    `cdktf deploy` in such a shell works on the same state as `mwaa local up`. Raises DeployError without Terraform.
    """
    binary = terraform.find_terraform(root)
    wanted = terraform.environ_for(root, binary, terraform.find_provider(root, binary), os.environ)
    changed = {name: value for name, value in wanted.items() if os.environ.get(name) != value}
    return [
        *here.exports(workspace.account, workspace.region),
        *(f"unset {name}" for name in sorted({"CDKTF_OUTDIR", *os.environ.keys() - wanted.keys()})),
        *(f"export {name}={shlex.quote(value)}" for name, value in sorted(changed.items())),
    ]


def deployed(root: Path) -> dict[str, int]:
    """Return the workspaces on the embedded AWS, and how many resources Terraform manages of each."""
    counts = {path.stem: terraform_state.managed(path) for path in (root / EMBEDDED_STATE).glob("*.tfstate")}
    here = embedded_aws.find(root)
    if here is not None:
        counts |= backends.count_shared(root, here)
    return {name: count for name, count in sorted(counts.items()) if count}


def state_file(root: Path, name: str) -> Path:
    """Terraform's state of a workspace on the embedded AWS."""
    return root / EMBEDDED_STATE / f"{name}.tfstate"


def _path(environ: Mapping[str, str]) -> str:
    """With node and npx of the lock first, which lie beside this Python."""
    return f"{Path(sys.executable).parent}{os.pathsep}{environ.get('PATH', os.defpath)}"


def _on_running(root: Path, workspace: Workspace) -> tuple[Embedded, dict[str, str]]:
    here = embedded_aws.require(root, workspace.name)
    binary = terraform.find_terraform(root)
    return here, environ_of(root, here, workspace, binary, terraform.find_provider(root, binary))


def _run(root: Path, workspace: Workspace, verb: str, environ: dict[str, str], report: Report) -> None:
    (root / EMBEDDED_OUTPUT).parent.mkdir(parents=True, exist_ok=True)  # CDKTF makes one level only
    (root / EMBEDDED_LOG).mkdir(parents=True, exist_ok=True)
    log = root / EMBEDDED_LOG / f"{workspace.name}-{verb}.log"
    arguments = [
        "cdktf",
        verb,
        workspace.name,
        "--auto-approve",
        "--skip-provider-lock",
        "--output",
        str(EMBEDDED_OUTPUT),
    ]
    report(Step(f"npx {' '.join(arguments)}"))
    errors: list[str] = []
    finished = False
    # The CDKTF command line may end before it has passed on Terraform's last words: Terraform keeps them here as well.
    own_log = log.with_suffix(".terraform.log")
    own_log.unlink(missing_ok=True)
    environ = {"TF_LOG_CORE": "ERROR", "TF_LOG_PATH": str(own_log)} | environ | {WORKSPACES: workspace.name}
    with (
        log.open("w", encoding="utf-8") as copy,
        running(["npx", *arguments], root, environ, _program(environ), _stopping(report)) as child,
    ):
        for event in read(_copied(child.lines(), copy), workspace.name):
            if isinstance(event, Failed):
                errors.append(event.text)
            finished |= isinstance(event, Finished)
            report(event)
    # CDKTF ends with status 0 also when Terraform was killed: only Terraform's last word counts.
    if child.status != 0 or not finished:
        tail = log.read_text(encoding="utf-8").strip().splitlines()[-30:]
        said = "\n\n".join(errors or logged_errors(own_log)) or "\n".join(tail)
        raise DeployError(
            f"cdktf {verb} did not finish (status {child.status}):\n{said}",
            _release_lock(said, environ, root / EMBEDDED_OUTPUT / "stacks" / workspace.name)
            or f"see {log.relative_to(root)}",
        )


def _release_lock(said: str, environ: Mapping[str, str], folder: Path) -> str:
    """Return the command that releases the lock on the state, if it is held: for a Terraform that was killed.

    It is typed in a shell of `mwaa local env`.
    """
    if "Error acquiring the state lock" not in said or not (held := _LOCK_ID.search(said)):
        return ""
    return f"{_program(environ)} -chdir={os.path.relpath(folder)} force-unlock {held[1]}"


def logged_errors(log: Path) -> list[str]:
    """What Terraform logged of the resources that it could not handle: `<address>: <summary>`, each once."""
    if not log.exists():
        return []
    found = re.findall(r'\[ERROR\] vertex "(.+)" error: (.+)', log.read_text(encoding="utf-8", errors="replace"))
    return list(dict.fromkeys(f"Error: {address}: {summary}" for address, summary in found))


def _copied(lines: Iterable[str], copy: IO[str]) -> Iterator[str]:
    for line in lines:
        copy.write(line)
        copy.flush()
        yield line


def _output_of(
    command: list[str], folder: Path, environ: dict[str, str], fine: set[int], report: Report
) -> tuple[int, str]:
    with running(command, folder, environ, _program(environ), _stopping(report)) as child:
        lines = list(child.lines())
    if child.status is None or child.status not in fine:
        raise DeployError(f"{' '.join(command)} ended with status {child.status}:\n{''.join(lines[-30:]).rstrip()}")
    return child.status, "".join(lines).strip()


def _program(environ: Mapping[str, str]) -> str:
    return Path(environ[terraform.BINARY_VARIABLE]).name


def _stopping(report: Report) -> Callable[[int], None]:
    words = {
        1: "stopping: Terraform finishes what it has begun (Ctrl-C again: at once)",
        2: "stopping now (Ctrl-C again: everything is killed)",
    }
    return lambda times: report(Step(words.get(times, "killed")))


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """One deployment of a checkout at a time; the lock lies outside the folder that `down` removes."""
    with ExitStack() as stack:
        try:
            stack.enter_context(try_lock(root / DEPLOY_LOCK))
        except LockHeld as error:
            raise DeployError(
                f"another deployment of this checkout runs (process {error.pid})", "wait for it, or end it with Ctrl-C"
            ) from None
        yield
