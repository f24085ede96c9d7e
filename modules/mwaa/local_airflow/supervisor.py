"""The process that runs an Airflow: `python -m mwaa.local_airflow.supervisor ARGUMENTS`, started by `run_airflow`.

It installs content and packages, starts Airflow's programs, syncs the DAG folder with the bucket, and restarts the
programs when the environment is updated. It reports on standard output, one JSON value a line (`SupervisorEvent`). It
ends with all its programs at SIGTERM, or when its standard input is closed, because the starting process is gone then.
"""

import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mwaa import embedded_aws
from mwaa.airflow_link import client, registration
from mwaa.airflow_link.command_server import serve_commands
from mwaa.airflow_link.registration import Registration
from mwaa.embedded_aws import Embedded
from mwaa.failure import Failure
from mwaa.files import LockHeld, try_lock
from mwaa.local_airflow import components
from mwaa.local_airflow.admin_user import create_admin, read_password
from mwaa.local_airflow.components import Component
from mwaa.local_airflow.environment_settings import EnvironmentSettings, read_settings
from mwaa.local_airflow.installation import AirflowInstallation, Installer
from mwaa.local_airflow.log_lines import LogReader
from mwaa.local_airflow.programs import Programs, kill_descendants
from mwaa.local_airflow.supervisor_protocol import SupervisorArguments, SupervisorEvent, airflow_folder, say
from mwaa.operations.bucket_content import DagFolder, DagFolderChanges
from mwaa.process import Ended, ToolError, ask

_LOOK_SECONDS = 2.0
_START_SECONDS = 240.0


@dataclass(frozen=True, slots=True)
class Supervisor:
    """Runs one workspace's Airflow on a running embedded AWS."""

    arguments: SupervisorArguments
    embedded: Embedded

    @property
    def folder(self) -> Path:
        """The folder of this Airflow, which is removed with the embedded AWS."""
        return airflow_folder(self.embedded, self.arguments.workspace)

    def run(self) -> None:
        """Run until it is interrupted. Raises ToolError, and what boto3 raises once the embedded AWS is gone."""
        mwaa, s3 = (
            self.embedded.client(service, self.arguments.account, self.arguments.region) for service in ("mwaa", "s3")
        )
        for name in ("dags", "log", "script"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            (self.folder / name).mkdir(parents=True)
        for old in self.folder.glob("plugins-*"):
            shutil.rmtree(old)
        wanted = read_settings(mwaa, self.arguments.environment)
        dags = DagFolder(s3, wanted.bucket, wanted.dags, self.folder / "dags")
        _report(dags.sync(), first=True)
        installer = Installer(self.arguments, self.embedded, s3)
        now = installer.install(wanted)
        with Programs() as programs:
            while True:
                after = self.serve(programs, mwaa, installer, dags, now)
                shutil.rmtree(now.plugins, ignore_errors=True)
                now = after

    def serve(
        self, programs: Programs, mwaa: Any, installer: Installer, dags: DagFolder, now: AirflowInstallation
    ) -> AirflowInstallation:
        """Run the programs of one installation until another is needed, and return that."""

        def command(arguments: list[str], seconds: float) -> Ended:
            return ask(now.environment.command(*arguments), now.home, now.environs["webserver"], seconds=seconds)

        with serve_commands(command) as command_server:
            served = Registration(
                environment=self.arguments.environment,
                account=self.arguments.account,
                region=self.arguments.region,
                workspace=self.arguments.workspace,
                airflow_version=now.settings.airflow_version,
                address=f"http://127.0.0.1:{self.arguments.port}",
                user="admin",
                password=read_password(now.home),
                command_address=command_server.address,
                key=command_server.key,
                pid=os.getpid(),
                requirements=now.requirements,
            )
            self.start(programs, now, served)
            registration.write(self.embedded.folder, served)
            try:
                SupervisorEvent("ready", json.dumps(asdict(served))).send()
                return self.watch(programs, mwaa, installer, dags, now)
            finally:
                registration.remove(self.embedded.folder, served)
                programs.end()

    def watch(
        self, programs: Programs, mwaa: Any, installer: Installer, dags: DagFolder, now: AirflowInstallation
    ) -> AirflowInstallation:
        """Keep DAGs in sync and programs running until the environment is updated. Return the new installation."""
        seen = now.settings
        logs = LogReader(self.folder / "log")
        while True:
            time.sleep(_LOOK_SECONDS)
            _report(dags.sync())
            logs.report_new_lines()
            for name, status in programs.pop_exited().items():
                say(f"{name} ended with status {status}: starting it again; see {self.log(name)}")
                self.start_one(programs, now, next(one for one in self.components(now.settings) if one.name == name))
            wanted = read_settings(mwaa, self.arguments.environment)
            if wanted == seen:
                continue
            say(f"the environment was updated: {wanted.changes(seen)}")
            seen = wanted
            try:
                after = installer.install(wanted)
            except ToolError as error:
                say(f"ERROR: {error}\nAirflow goes on as it was. MWAA would roll the environment back.")
                continue
            dags.bucket, dags.prefix = wanted.bucket, wanted.dags
            _report(dags.sync())
            say("restarting")
            return after

    def start(self, programs: Programs, now: AirflowInstallation, served: Registration) -> None:
        """Start the programs and wait until they are healthy. Raises ToolError."""
        for left in now.home.glob("*.pid"):  # of programs that were killed; gunicorn would not start
            left.unlink()
        *behind, in_front = self.components(now.settings)
        for component in behind:
            self.start_one(programs, now, component)
        create_admin(now, served)
        self.start_one(programs, now, in_front)
        say(f"waiting for the {in_front.name} of Airflow {now.settings.airflow_version}")
        deadline = time.monotonic() + _START_SECONDS
        while not _is_healthy(served):
            for name, status in programs.pop_exited().items():
                tail = "\n".join(self.log(name).read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
                raise ToolError(f"{name} of Airflow ended with status {status}:\n{tail}", f"see {self.log(name)}")
            if time.monotonic() > deadline:
                raise ToolError(
                    f"Airflow was not healthy within {_START_SECONDS:.0f} seconds", f"see {self.folder / 'log'}"
                )
            time.sleep(0.5)

    def start_one(self, programs: Programs, now: AirflowInstallation, component: Component) -> None:
        programs.start(
            component.name,
            now.environment.command(*component.arguments),
            now.home,
            now.environs[component.place],
            self.log(component.name),
        )

    def components(self, wanted: EnvironmentSettings) -> list[Component]:
        return components.components(wanted.major, wanted.environment_class, self.arguments.port)

    def log(self, name: str) -> Path:
        return self.folder / "log" / f"{name}.log"


def _is_healthy(served: Registration) -> bool:
    try:
        answered = client.request(served, "GET", components.HEALTH[served.major], seconds=10)
    except client.AirflowLinkError:
        return False
    if answered.status != 200:
        return False
    health = answered.document()
    return all(health.get(part, {}).get("status") == "healthy" for part in ("metadatabase", "scheduler"))


def _report(changes: DagFolderChanges, *, first: bool = False) -> None:
    if first:
        say(f"{len(changes.written)} files of the DAG folder")
    elif changes.written or changes.removed:
        words = [f"{key} synced" for key in changes.written] + [f"{key} removed" for key in changes.removed]
        say("DAGs: " + ", ".join(words[:5]) + (f" and {len(words) - 5} more" if len(words) > 5 else ""))
    for key in changes.refused:
        say(f"DAGs: {key} was left out: a folder cannot have such a file")


@contextmanager
def _hold_lock(folder: Path) -> Iterator[None]:
    """Let one Airflow at a time run for a workspace. Raises ToolError."""
    with ExitStack() as stack:
        try:
            stack.enter_context(try_lock(folder / "lock"))
        except LockHeld as error:
            raise ToolError(
                f"an Airflow already runs for this workspace (process {error.pid})", "end it with Ctrl-C where it runs"
            ) from None
        yield


def _end_with_parent(parent: Any) -> None:
    """End this process when `parent`, the other end of standard input, is closed."""

    def wait() -> None:
        while parent.read(1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def _interrupt_once() -> None:
    """Raise KeyboardInterrupt at the first signal to end, and ignore the others."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def interrupt(_number: int, _frame: object) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in numbers:
        signal.signal(number, interrupt)


def main() -> int:
    """Return the exit status: 0 after a signal to end, 1 after a reported failure."""
    from botocore.exceptions import BotoCoreError, ClientError

    arguments = SupervisorArguments(**json.loads(sys.argv[1]))
    _interrupt_once()
    _end_with_parent(sys.stdin)
    try:
        running = embedded_aws.require(Path(arguments.root), arguments.workspace)
        with _hold_lock(airflow_folder(running, arguments.workspace)):
            Supervisor(arguments, running).run()
    except KeyboardInterrupt:
        return 0
    except Failure as error:
        SupervisorEvent("failed", str(error), error.fix).send()
    except ClientError as error:
        gone = error.response["Error"]["Code"] == "ResourceNotFoundException"
        text = f"environment {arguments.environment} was deleted" if gone else f"the embedded AWS: {error}"
        SupervisorEvent("failed", text, f"mwaa local up {arguments.workspace}").send()
    except (BotoCoreError, FileNotFoundError) as error:
        # Its folder goes first when it is stopped, then it no longer answers.
        if embedded_aws.find(Path(arguments.root)) is not None:
            raise
        SupervisorEvent(
            "failed", f"the embedded AWS was stopped: {error}", f"mwaa local up {arguments.workspace}"
        ).send()
    finally:
        kill_descendants(os.getpid())  # a command of the command server may still run
    return 1


if __name__ == "__main__":
    sys.exit(main())
