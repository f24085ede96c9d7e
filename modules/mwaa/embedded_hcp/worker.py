"""The life of a run: it waits for its workspace, plans, waits to be confirmed, applies; `terraform` does the work."""

import logging
import platform
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Literal

from mwaa.embedded_hcp.container import Container, new_container
from mwaa.embedded_hcp.identity import Issuer
from mwaa.embedded_hcp.records import HcpWorkspace, Run, RunPhase, RunStatus, Store, now, stamp
from mwaa.embedded_hcp.server_files import RunTerraform

_SUMMARY = re.compile(r"(\d+) (?:to )?(import|add|change|destroy)")
_COUNTERS = {"import": "imports", "add": "additions", "change": "changes", "destroy": "destructions"}
_log = logging.getLogger(__name__)


class _RunEnded(Exception):
    """The run ended early, with this status."""

    def __init__(self, status: Literal["canceled", "errored"]) -> None:
        super().__init__(status)
        self.status: Literal["canceled", "errored"] = status


class Worker:
    """Runs the plans and applies of a server: of each workspace one at a time, in the order in which they came."""

    def __init__(self, store: Store, terraform: Callable[[], RunTerraform], host: str, issuer: Issuer) -> None:
        self._store = store
        self._terraform = terraform
        self._host = host
        self._issuer = issuer
        self._processes: dict[str, subprocess.Popen[str]] = {}
        self._canceled: set[str] = set()

    @property
    def version(self) -> str:
        """The version of the `terraform` that runs. Raises ValueError where none is set."""
        return self._terraform().version

    def queue(self, run: Run) -> None:
        """Begin the run now if its workspace is free; else it waits until the runs before it are final."""
        with self._store.lock:
            if run.plan_only:
                self._start(run, run.plan, self._plan)
            else:
                self.release(self._store.workspaces[run.workspace])

    def release(self, workspace: HcpWorkspace) -> None:
        """Begin the next run of a workspace that is free."""
        with self._store.lock:
            run = workspace.current_run
            if run is not None and run.status == "pending" and workspace.locked_by is None:
                workspace.locked_by, workspace.lock_reason = run.id, f"locked by {run.id}"
                self._start(run, run.plan, self._plan)

    def confirm(self, run: Run) -> None:
        """Apply a planned run."""
        with self._store.lock:
            run.move("confirmed")
            self._start(run, run.apply, self._apply)

    def discard(self, run: Run) -> None:
        """Give up a planned run, or one that still waits."""
        with self._store.lock:
            self._finish(run, "discarded")

    def cancel(self, run: Run, *, force: bool) -> None:
        """Ask Terraform to stop (it finishes what it has begun and saves the state), or kill it."""
        with self._store.lock:
            self._canceled.add(run.id)
            process = self._processes.get(run.id)
            if process is not None:
                process.send_signal(signal.SIGKILL if force else signal.SIGINT)
            elif run.status not in ("planning", "applying"):
                self._finish(run, "canceled")

    def _start(self, run: Run, phase: RunPhase, work: Callable[[Run], None]) -> None:
        def target() -> None:
            try:
                work(run)
            except _RunEnded as ended:
                self._end(run, phase, ended.status)
            except Exception as error:
                _log.exception("run %s failed", run.id)
                phase.log.write(f"\nError: {error}\n")
                self._end(run, phase, "errored")

        threading.Thread(target=target, daemon=True, name=run.id).start()

    def _plan(self, run: Run) -> None:
        run.move("planning")
        with self._container(run, run.plan, "plan") as container:
            self._run(run, run.plan, container, "init", quiet=True)
            options = ["-detailed-exitcode", "-out=tfplan"]
            options += ["-lock=false"] if run.plan_only else []
            options += ["-destroy"] if run.is_destroy else []
            options += ["-refresh-only"] if run.refresh_only else []
            options += [] if run.refresh else ["-refresh=false"]
            options += [f"-target={one}" for one in run.targets] + [f"-replace={one}" for one in run.replaces]
            run.has_changes = self._run(run, run.plan, container, "plan", *options, fine=(0, 2)) == 2
            run.plan_json = container.plan_json()
            run.plan_file = (container.folder / "tfplan").read_bytes()
        with self._store.lock:
            _close(run.plan, "finished")
            if run.plan_only or not run.has_changes:
                self._finish(run, "planned_and_finished")
            elif run.save_plan:
                run.move("planned_and_saved")
            else:
                run.move("planned")
                if run.auto_apply:
                    self.confirm(run)

    def _apply(self, run: Run) -> None:
        run.move("applying")
        with self._container(run, run.apply, "apply") as container:
            (container.folder / "tfplan").write_bytes(run.plan_file or b"")
            self._run(run, run.apply, container, "init", quiet=True)
            self._run(run, run.apply, container, "apply", "tfplan")
        self._end(run, run.apply, "applied")

    @contextmanager
    def _container(self, run: Run, phase: RunPhase, kind: str) -> Iterator[Container]:
        phase.status = "running"
        phase.timestamps["started-at"] = stamp(now())
        # Three lines, as every log of HCP Terraform has them: the client leaves them out of an apply's.
        system = f"{platform.system()}_{platform.machine()}".lower()
        phase.log.write(f"Terraform v{self.version}\non {system}\nInitializing plugins and modules...\n")
        workspace = self._store.workspaces[run.workspace]
        archive = self._store.configurations[run.configuration].archive or b""
        with new_container(self._terraform(), workspace, run, archive, self._host) as container:
            project = self._store.projects[workspace.project].name
            credentials = self._issuer.aws_credentials(workspace, project, run, kind, container)
            yield replace(container, environ={**container.environ, **credentials})

    def _run(
        self,
        run: Run,
        phase: RunPhase,
        container: Container,
        *arguments: str,
        quiet: bool = False,
        fine: tuple[int, ...] = (0,),
    ) -> int:
        """Run `terraform` and return its status; its output goes to the phase's log (quiet: only if it fails).

        Raises _RunEnded when it was canceled, or ended with a status that is not `fine`.
        """
        lines: list[str] = []
        with self._store.lock:
            if run.id in self._canceled:
                raise _RunEnded("canceled")
            process = container.start([arguments[0], "-input=false", "-no-color", *arguments[1:]])
            self._processes[run.id] = process
        assert process.stdout
        for line in process.stdout:
            lines.append(line)
            if not quiet:
                phase.log.write(line)
        status = process.wait()
        with self._store.lock:
            del self._processes[run.id]
            if run.id in self._canceled:
                raise _RunEnded("canceled")
        if status in fine:
            return status
        if quiet:
            phase.log.write("".join(lines))
        if status < 0:
            phase.log.write(f"\nOperation failed: terraform was killed by signal {-status}\n")
        raise _RunEnded("errored")

    def _end(self, run: Run, phase: RunPhase, status: Literal["applied", "canceled", "errored"]) -> None:
        with self._store.lock:
            _close(phase, "finished" if status == "applied" else status)
            self._finish(run, status)

    def _finish(self, run: Run, status: RunStatus) -> None:
        run.move(status)
        for phase in (run.plan, run.apply):
            if not phase.log.is_finished:
                _close(phase, "canceled" if status == "canceled" else "unreachable")
        workspace = self._store.workspaces.get(run.workspace)
        if workspace is not None:
            if workspace.locked_by == run.id:
                workspace.locked_by, workspace.lock_reason = None, ""
            self.release(workspace)


def _close(phase: RunPhase, status: str) -> None:
    """End a phase: its status, its time, the counts that its log ends with, and the log."""
    phase.status = status
    phase.timestamps[f"{status}-at"] = stamp(now())
    text = phase.log.read(0, 1 << 30).decode(errors="replace")
    summaries = [line for line in text.splitlines() if line.startswith(("Plan:", "Apply complete!"))]
    for number, word in _SUMMARY.findall(summaries[-1]) if summaries else ():
        setattr(phase, _COUNTERS[word], int(number))
    phase.log.finish()
