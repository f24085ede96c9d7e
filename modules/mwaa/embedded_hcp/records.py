"""What the embedded HCP Terraform holds: workspaces, variables, state versions, uploaded configurations, runs.

All of it is kept in memory, as the embedded AWS keeps its resources: both end together.
"""

import secrets
import string
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

RunStatus = Literal[
    "pending",
    "plan_queued",
    "planning",
    "planned",
    "planned_and_finished",
    "planned_and_saved",
    "confirmed",
    "apply_queued",
    "applying",
    "applied",
    "discarded",
    "canceled",
    "errored",
]

FINAL: frozenset[str] = frozenset({"planned_and_finished", "applied", "discarded", "canceled", "errored"})
"""Statuses after which a run changes no more and the next run of its workspace begins."""

_ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str) -> str:
    """Return an id in HCP Terraform's form: `ws-` and 16 letters and digits."""
    return f"{prefix}-{''.join(secrets.choice(_ALPHABET) for _ in range(16))}"


def now() -> datetime:
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """Return a moment as the API writes it; go-tfe reads whole seconds in UTC only."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


@dataclass
class Project:
    organization: str
    name: str
    description: str = ""
    id: str = field(default_factory=lambda: new_id("prj"))


@dataclass
class Variable:
    """A variable of a workspace: `category` is "terraform" or "env"."""

    key: str
    value: str
    category: str
    hcl: bool = False
    sensitive: bool = False
    description: str = ""
    id: str = field(default_factory=lambda: new_id("var"))


@dataclass
class StateVersion:
    workspace: str
    serial: int
    lineage: str
    md5: str
    run: str | None
    created_at: datetime = field(default_factory=now)
    state: bytes | None = None
    json_state: bytes | None = None
    outputs: dict[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: new_id("sv"))

    @property
    def status(self) -> str:
        return "pending" if self.state is None else "finalized"


@dataclass
class ConfigurationVersion:
    """A configuration as it was uploaded: a gzipped tar archive, whole."""

    workspace: str
    speculative: bool
    provisional: bool
    auto_queue_runs: bool
    archive: bytes | None = None
    error: str = ""
    id: str = field(default_factory=lambda: new_id("cv"))

    @property
    def status(self) -> str:
        return "errored" if self.error else "pending" if self.archive is None else "uploaded"


class Log:
    """The output of a plan or an apply, readable while it grows.

    HCP Terraform marks the beginning with STX and the end with ETX; a reader that has seen both stops asking.
    """

    def __init__(self) -> None:
        self._data = bytearray()
        self.is_finished = False

    def write(self, text: str) -> None:
        if not self._data:
            self._data += b"\x02"
        self._data += text.encode()

    def finish(self) -> None:
        if not self.is_finished:
            self.write("")
            self._data += b"\x03"
            self.is_finished = True

    def read(self, offset: int, limit: int) -> bytes:
        return bytes(self._data[offset : offset + limit])


@dataclass
class RunPhase:
    """The plan or the apply of a run."""

    id: str
    status: str = "pending"
    log: Log = field(default_factory=Log)
    additions: int = 0
    changes: int = 0
    destructions: int = 0
    imports: int = 0
    timestamps: dict[str, str] = field(default_factory=dict)


@dataclass
class Run:
    workspace: str
    configuration: str
    message: str
    is_destroy: bool
    plan_only: bool
    save_plan: bool
    auto_apply: bool
    refresh: bool
    refresh_only: bool
    targets: tuple[str, ...]
    replaces: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    """Name and value of each variable of this run alone; values are HCL expressions."""
    status: RunStatus = "pending"
    has_changes: bool = False
    timestamps: dict[str, str] = field(default_factory=dict)
    created_at: datetime = field(default_factory=now)
    plan: RunPhase = field(default_factory=lambda: RunPhase(new_id("plan")))
    apply: RunPhase = field(default_factory=lambda: RunPhase(new_id("apply")))
    plan_json: bytes | None = None
    plan_file: bytes | None = None
    id: str = field(default_factory=lambda: new_id("run"))
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    """What the run's own Terraform authenticates with."""

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    def move(self, status: RunStatus) -> None:
        self.status = status
        self.timestamps[f"{status.replace('_', '-')}-at"] = stamp(now())


@dataclass
class HcpWorkspace:
    organization: str
    name: str
    project: str
    """The id of its project."""
    settings: dict[str, Any]
    """Attributes as the API has them: `working-directory`, `terraform-version`, `execution-mode`, `auto-apply`, ..."""
    tags: dict[str, str] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    locked_by: str | None = None
    """The id of the run that holds the lock, or "user"."""
    lock_reason: str = ""
    runs: list[Run] = field(default_factory=list)
    """Oldest first."""
    states: list[StateVersion] = field(default_factory=list)
    """Oldest first."""
    created_at: datetime = field(default_factory=now)
    id: str = field(default_factory=lambda: new_id("ws"))

    @property
    def current_run(self) -> Run | None:
        """The run that holds the workspace: the oldest that is not final and not a speculative plan."""
        return next((run for run in self.runs if not run.is_final and not run.plan_only), None)

    @property
    def current_state(self) -> StateVersion | None:
        return next((one for one in reversed(self.states) if one.state is not None), None)


class Store:
    """Everything of one server. `lock` is held while anything is read or changed."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.projects: dict[str, Project] = {}
        self.workspaces: dict[str, HcpWorkspace] = {}
        self.configurations: dict[str, ConfigurationVersion] = {}
        self.runs: dict[str, Run] = {}
        self.states: dict[str, StateVersion] = {}

    def default_project(self, organization: str) -> Project:
        """Return the project that every organization has, and make it where it is missing."""
        return self.project(organization, "Default Project") or self.add_project(
            Project(organization, "Default Project")
        )

    def project(self, organization: str, name: str) -> Project | None:
        found = (one for one in self.projects.values() if (one.organization, one.name) == (organization, name))
        return next(found, None)

    def add_project(self, project: Project) -> Project:
        self.projects[project.id] = project
        return project

    def workspace(self, organization: str, name: str) -> HcpWorkspace | None:
        found = (one for one in self.workspaces.values() if (one.organization, one.name) == (organization, name))
        return next(found, None)
