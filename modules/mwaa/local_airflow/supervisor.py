"""The process that runs an Airflow: `python -m mwaa.local_airflow.supervisor ORDER`, started by `serving`.

It makes the content and the environment ready, starts Airflow's programs, keeps the DAG folder as the bucket's, and
rolls them when the environment was. It tells what it does on standard output, one JSON value a line (`Event`), and ends
with all its programs at SIGTERM, or when its standard input is closed: whoever started it is gone then.
"""

import json
import os
import re
import secrets
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mwaa import embedded_aws
from mwaa.airflow import AirflowEnvironment, AirflowSetup, airflow_environ, ensure_environment, migrate
from mwaa.airflow_link import client, registration
from mwaa.airflow_link.command_server import serve_commands
from mwaa.airflow_link.registration import Registration
from mwaa.aws_facts.containers import DAGS_FOLDER, PLUGINS_FOLDER
from mwaa.embedded_aws import Embedded
from mwaa.files import LockHeld, try_lock
from mwaa.local_airflow import components, startup_script
from mwaa.local_airflow import environment_settings as told
from mwaa.local_airflow.bucket_content import Changes, DagFolder, fetch, unpack
from mwaa.local_airflow.components import Component
from mwaa.local_airflow.environment_settings import Told
from mwaa.local_airflow.programs import Programs, end_all_below
from mwaa.process import Ended, ToolError, ask
from mwaa.project_layout import AIRFLOW
from mwaa.requirements import RequirementsFile, Unresolvable, parse

_LOOK_SECONDS = 2.0
_START_SECONDS = 240.0
_PIP_FAILED = (
    "ERROR: requirements.txt could not be installed. Airflow runs without its packages, as it does on MWAA, which logs "
    '"pip installation exited with a non-zero error code" and goes on'
)
"""IMG user_requirements.py."""
_OF_INTEREST = re.compile(
    r"\b(ERROR|CRITICAL)\b|\[(error|critical) +\]|Broken DAG|Failed to import|"
    r"Marking run <DagRun (?P<run>[^,]+),.*> (?P<state>successful|failed)"
)
"""In what the programs write. IMG's log levels, and how a run ended."""


@dataclass(frozen=True, slots=True)
class Order:
    """Which Airflow to run."""

    root: str
    workspace: str
    environment: str
    account: str
    region: str
    port: int


@dataclass(frozen=True, slots=True)
class Event:
    """`kind` is `say` (text), `ready` (JSON of the registration) or `failed` (text, fix)."""

    kind: str
    text: str
    fix: str = ""

    def send(self) -> None:
        print(json.dumps(asdict(self)), flush=True)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that the programs are started with."""

    told: Told
    environment: AirflowEnvironment
    home: Path
    plugins: Path
    environs: Mapping[str, Mapping[str, str]]
    """By the MWAA_AIRFLOW_COMPONENT of the container that a program runs in on MWAA."""
    requirements: tuple[str, ...]


@dataclass(slots=True)
class Supervisor:
    """Carries out an order on a running embedded AWS."""

    order: Order
    here: Embedded
    _read: dict[Path, int] = field(default_factory=dict)
    """How much of each log was told."""

    @property
    def folder(self) -> Path:
        """Where all of this Airflow lies; it goes with the embedded AWS."""
        return folder_of(self.here, self.order.workspace)

    def run(self) -> None:
        """Runs until it is interrupted. Raises ToolError, and what boto3 raises once the embedded AWS is gone."""
        mwaa, s3 = (self.here.client(service, self.order.account, self.order.region) for service in ("mwaa", "s3"))
        for name in ("dags", "log", "script"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            (self.folder / name).mkdir(parents=True)
        for old in self.folder.glob("plugins-*"):
            shutil.rmtree(old)
        wanted = told.ask(mwaa, self.order.environment)
        dags = DagFolder(s3, wanted.bucket, wanted.dags, self.folder / "dags")
        _tell(dags.sync(), first=True)
        now = self.prepare(s3, wanted)
        with Programs() as programs:
            while True:
                after = self.serve(programs, mwaa, s3, dags, now)
                shutil.rmtree(now.plugins, ignore_errors=True)
                now = after

    def serve(self, programs: Programs, mwaa: Any, s3: Any, dags: DagFolder, now: Prepared) -> Prepared:
        """Runs one generation of programs; gives what the next is to be started with."""

        def command(arguments: list[str], seconds: float) -> Ended:
            return ask(now.environment.command(*arguments), now.home, now.environs["webserver"], seconds=seconds)

        with serve_commands(command) as command_server:
            served = Registration(
                environment=self.order.environment,
                account=self.order.account,
                region=self.order.region,
                workspace=self.order.workspace,
                airflow_version=now.told.airflow_version,
                address=f"http://127.0.0.1:{self.order.port}",
                user="admin",
                password=_password(now.home),
                command_address=command_server.address,
                key=command_server.key,
                pid=os.getpid(),
                requirements=now.requirements,
            )
            self.start(programs, now, served)
            registration.write(self.here.folder, served)
            try:
                Event("ready", json.dumps(asdict(served))).send()
                return self.watch(programs, mwaa, s3, dags, now)
            finally:
                registration.remove(self.here.folder, served)
                programs.end()

    def watch(self, programs: Programs, mwaa: Any, s3: Any, dags: DagFolder, now: Prepared) -> Prepared:
        """Keeps the DAGs in step and the programs running, until there is something else to start them with."""
        seen = now.told
        while True:
            time.sleep(_LOOK_SECONDS)
            _tell(dags.sync())
            self.tell_log_lines()
            for name, status in programs.ended().items():
                _say(f"{name} ended with status {status}: starting it again; see {self.log(name)}")
                self.start_one(programs, now, next(one for one in self.components(now.told) if one.name == name))
            wanted = told.ask(mwaa, self.order.environment)
            if wanted == seen:
                continue
            _say(f"the environment was updated: {wanted.changes(seen)}")
            seen = wanted
            try:
                after = self.prepare(s3, wanted)
            except ToolError as error:
                _say(f"ERROR: {error}\nAirflow goes on as it was. MWAA would roll the environment back.")
                continue
            dags.bucket, dags.prefix = wanted.bucket, wanted.dags
            _tell(dags.sync())
            _say("restarting")
            return after

    def prepare(self, s3: Any, wanted: Told) -> Prepared:
        """Fetches plugins, requirements and startup script at their versions, and makes all ready. Raises ToolError."""
        plugins = Path(tempfile.mkdtemp(dir=self.folder, prefix="plugins-"))
        if wanted.plugins:
            unpack(fetch(s3, wanted.bucket, wanted.plugins), plugins)
        requirements = None
        if wanted.requirements:
            requirements = parse(fetch(s3, wanted.bucket, wanted.requirements).decode(errors="replace"))
        base = self.here.environ(self.order.account, self.order.region, os.environ)
        base |= {"AIRFLOW_ENV_NAME": wanted.environment}
        bare = ensure_environment(wanted.airflow_version, None, {}, _say) if requirements is None else None
        environment = bare or self.installed(wanted.airflow_version, requirements, plugins)
        home = self.folder / wanted.airflow_version
        home.mkdir(exist_ok=True)
        if not (home / "airflow.db").exists():
            another = any(self.folder.glob("*/airflow.db"))
            _say(f"database{': an empty one for this release, where MWAA would migrate' if another else ''}")
            migrate(environment, home, _say)

        def environ(exported: Mapping[str, str]) -> dict[str, str]:
            options = components.QUICK[wanted.major] | dict(wanted.options)
            setup = AirflowSetup(environment, self.folder / "dags", plugins, options, exported, base)
            made = airflow_environ(setup, home)
            return made | components.settings(wanted.major, home, self.order.port)

        exported: dict[str, dict[str, str]] = {}
        if wanted.startup_script:
            script = self.folder / "script" / "startup.sh"
            script.write_bytes(fetch(s3, wanted.bucket, wanted.startup_script))
            _say(f"running the startup script for {' and '.join(components.places(wanted.environment_class))}")
            for place in components.places(wanted.environment_class):
                log = self.log(f"startup-{place}")
                exported[place] = startup_script.run(script, place, environ({}), script.parent, log)
        # What a worker's tasks would see, the tasks see here, which the scheduler starts.
        together = exported.get("scheduler", {}) | exported.get("worker", {})
        environs = {
            place: environ(variables) | {"MWAA_AIRFLOW_COMPONENT": place}
            for place, variables in {
                "webserver": exported.get("webserver", {}),
                "scheduler": together,
                "hybrid": exported.get("hybrid", {}),
            }.items()
        }
        packages = environment.resolution.packages
        named = tuple(f"{package.name}=={package.version}" for package in packages if package.line is not None)
        return Prepared(wanted, environment, home, plugins, environs, named)

    def installed(
        self, airflow_version: str, requirements: RequirementsFile | None, plugins: Path
    ) -> AirflowEnvironment:
        """The environment with the requirements; where they cannot be installed, the one without. Raises ToolError."""
        _say("installing requirements")
        folders = {PLUGINS_FOLDER: plugins, DAGS_FOLDER: self.folder / "dags"}
        try:
            return ensure_environment(airflow_version, requirements, folders, _say)
        except Unresolvable as error:
            failure = error.explanation
        except ToolError as error:
            failure = str(error)
        without = ensure_environment(airflow_version, None, {}, _say)
        _say(f"{_PIP_FAILED}:\n{failure}")
        self.log("requirements").write_text(f"{_PIP_FAILED}:\n{failure}\n", encoding="utf-8")
        return without

    def start(self, programs: Programs, now: Prepared, served: Registration) -> None:
        """Starts the programs and waits until they are well. Raises ToolError."""
        for left in now.home.glob("*.pid"):  # of programs that were killed; gunicorn would not start
            left.unlink()
        *behind, in_front = self.components(now.told)
        for component in behind:
            self.start_one(programs, now, component)
        _let_in(now, served)
        self.start_one(programs, now, in_front)
        _say(f"waiting for the {in_front.name} of Airflow {now.told.airflow_version}")
        deadline = time.monotonic() + _START_SECONDS
        while not _is_well(served):
            for name, status in programs.ended().items():
                tail = "\n".join(self.log(name).read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
                raise ToolError(f"{name} of Airflow ended with status {status}:\n{tail}", f"see {self.log(name)}")
            if time.monotonic() > deadline:
                raise ToolError(
                    f"Airflow was not well within {_START_SECONDS:.0f} seconds", f"see {self.folder / 'log'}"
                )
            time.sleep(0.5)

    def start_one(self, programs: Programs, now: Prepared, component: Component) -> None:
        programs.start(
            component.name,
            now.environment.command(*component.arguments),
            now.home,
            now.environs[component.place],
            self.log(component.name),
        )

    def components(self, wanted: Told) -> list[Component]:
        return components.components(wanted.major, wanted.environment_class, self.order.port)

    def log(self, name: str) -> Path:
        return self.folder / "log" / f"{name}.log"

    def tell_log_lines(self) -> None:
        """Tells the new lines of the programs' logs that a person should see."""
        for path in sorted((self.folder / "log").glob("*.log")):
            if path.name.startswith(("startup-", "requirements")):
                continue
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                lines = file.read().splitlines(keepends=True)
            if lines and not lines[-1].endswith(b"\n"):
                lines.pop()
            self._read[path] = self._read.get(path, 0) + sum(map(len, lines))
            for line in lines:
                text = line.decode(errors="replace").rstrip()
                if found := _OF_INTEREST.search(text):
                    ended = f"run {found['run']} was {found['state']}" if found["run"] else text
                    _say(f"{path.stem}: {ended}")


def folder_of(here: Embedded, workspace: str) -> Path:
    """Where the Airflow of a workspace lies: its metadata and logs, and the content as it was fetched."""
    return here.folder / AIRFLOW.name / workspace


def _let_in(now: Prepared, served: Registration) -> None:
    """Makes the one user of this Airflow: Airflow 3 reads users from a file, Airflow 2 keeps them in its database."""
    if now.told.major == 3:
        _private(now.home / "passwords.json", json.dumps({served.user: served.password}))
        return
    made = now.home / "user-made"
    if made.exists():
        return
    _say("making the user")
    who = ("--username", served.user, "--password", served.password, "--role", "Admin")
    names = ("--firstname", "Local", "--lastname", "Admin", "--email", "admin@localhost")
    ended = ask(now.environment.command("users", "create", *who, *names), now.home, now.environs["webserver"])
    if ended.status:
        raise ToolError(f"airflow users create failed:\n{(ended.stderr or ended.stdout).strip()}")
    made.touch()


def _password(home: Path) -> str:
    """Made once for a home: the user in Airflow 2's database keeps it."""
    path = home / "password"
    if not path.exists():
        _private(path, secrets.token_hex(8))
    return path.read_text(encoding="utf-8")


def _private(path: Path, text: str) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def _is_well(served: Registration) -> bool:
    try:
        answered = client.request(served, "GET", components.HEALTH[served.major], seconds=10)
    except client.AirflowLinkError:
        return False
    if answered.status != 200:
        return False
    health = answered.document()
    return all(health.get(part, {}).get("status") == "healthy" for part in ("metadatabase", "scheduler"))


def _tell(changes: Changes, *, first: bool = False) -> None:
    if first:
        _say(f"{len(changes.written)} files of the DAG folder")
    elif changes.written or changes.removed:
        words = [f"{key} synced" for key in changes.written] + [f"{key} removed" for key in changes.removed]
        _say("DAGs: " + ", ".join(words[:5]) + (f" and {len(words) - 5} more" if len(words) > 5 else ""))
    for key in changes.refused:
        _say(f"DAGs: {key} was left out: there can be no such file in a folder")


def _say(text: str) -> None:
    Event("say", text).send()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One Airflow for a workspace at a time. Raises ToolError."""
    with ExitStack() as stack:
        try:
            stack.enter_context(try_lock(folder / "lock"))
        except LockHeld as error:
            raise ToolError(
                f"an Airflow runs for this workspace already (process {error.pid})", "end it with Ctrl-C where it runs"
            ) from None
        yield


def _end_with(parent: Any) -> None:
    """Ends this process when `parent`, the other end of standard input, is closed."""

    def wait() -> None:
        while parent.read(1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def _interrupted_once() -> None:
    """The first signal to end raises KeyboardInterrupt; no other shall disturb the ending."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def interrupt(_number: int, _frame: object) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in numbers:
        signal.signal(number, interrupt)


def main() -> int:
    """Exit status: 0 when told to end, 1 when something failed that was told."""
    from botocore.exceptions import BotoCoreError, ClientError

    order = Order(**json.loads(sys.argv[1]))
    _interrupted_once()
    _end_with(sys.stdin)
    try:
        here = embedded_aws.find(Path(order.root))
        if here is None:
            raise ToolError("no embedded AWS runs for this checkout", f"mwaa local up {order.workspace}")
        with _alone(folder_of(here, order.workspace)):
            Supervisor(order, here).run()
    except KeyboardInterrupt:
        return 0
    except ToolError as error:
        Event("failed", str(error), error.fix).send()
    except ClientError as error:
        gone = error.response["Error"]["Code"] == "ResourceNotFoundException"
        text = f"environment {order.environment} was deleted" if gone else f"the embedded AWS: {error}"
        Event("failed", text, f"mwaa local up {order.workspace}").send()
    except (BotoCoreError, FileNotFoundError) as error:
        # Its folder goes first when it is stopped, then it no longer answers.
        if embedded_aws.find(Path(order.root)) is not None:
            raise
        Event("failed", f"the embedded AWS was stopped: {error}", f"mwaa local up {order.workspace}").send()
    finally:
        end_all_below(os.getpid())  # a command that came through the door may still run
    return 1


if __name__ == "__main__":
    sys.exit(main())
