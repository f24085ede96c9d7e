"""What is checked: content and the release it is for, laid out as MWAA would lay it out."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from mwaa.aws_facts.airflow_options import IgnoreSyntax, airflowignore_syntax
from mwaa.aws_facts.containers import DAGS_FOLDER, PLUGINS_FOLDER, component_name
from mwaa.aws_facts.environment_classes import ENVIRONMENT_CLASSES, EnvironmentClass
from mwaa.aws_facts.releases import RELEASES, Release
from mwaa.config import AnyNetwork, Problem, Workspace
from mwaa.content import Bundle
from mwaa.process import ToolError
from mwaa.progress import ReportDetail

if TYPE_CHECKING:
    from mwaa.airflow import AirflowEnvironment, ParsedContent
    from mwaa.airflow.parsing import Place
    from mwaa.requirements import RequirementsFile, Resolution


Fact = TypeVar("Fact")


@dataclass(frozen=True, slots=True)
class ContentFile:
    """One file that would be shipped."""

    path: Path
    """Where its bytes can be read now."""
    relative: str
    """POSIX, from the DAG folder or the plugins folder; the name alone for a single file."""
    shown: str
    """How the user knows it: from the project's root, or as the command line named it."""
    parsed: bool = False
    """Whether Airflow imports it in search of DAGs."""

    def text(self) -> str:
        """What is not UTF-8 is replaced: rules only look."""
        return self.path.read_text(encoding="utf-8", errors="replace")


@dataclass(frozen=True)
class ReleaseTarget:
    """What the content is for."""

    name: str
    """The workspace's name, or "content" for content given by path."""
    airflow_version: str
    environment_class: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    """Airflow's, as `section.option`."""
    workspace: Workspace | None = None
    file: str = ""
    """The file that declares the workspace, from the project's root; empty for content given by path."""
    network: AnyNetwork | None = None
    """In which the environment runs: of `NetworkOf`, that of the other workspace."""

    @property
    def syntax(self) -> IgnoreSyntax:
        """How Airflow reads `.airflowignore`; the same as `Workspace.airflowignore_syntax`."""
        return airflowignore_syntax(self.airflow_version, self.options)

    @property
    def release(self) -> Release:
        return RELEASES[self.airflow_version]

    @property
    def limits(self) -> EnvironmentClass | None:
        """The limits of the environment class, if one was named."""
        return ENVIRONMENT_CLASSES[self.environment_class] if self.environment_class else None


@dataclass(frozen=True)
class Subject(ReleaseTarget):
    """What the rules read. Facts that take time are found out when a rule first asks, and then kept."""

    bundle: Bundle = field(kw_only=True)
    """As it would be shipped, without the files that cannot be."""
    problems: tuple[Problem, ...] = field(kw_only=True)
    """What prevents shipping. The files it names are in none of the fields below."""
    dags: tuple[ContentFile, ...] = field(kw_only=True)
    plugins: tuple[ContentFile, ...] = field(kw_only=True)
    requirements: ContentFile | None = field(kw_only=True)
    startup_script: ContentFile | None = field(kw_only=True)
    folders: Mapping[str, Path] = field(kw_only=True)
    """Where MWAA's places lie here: always the DAG folder's, and that of the plugins if there are any."""
    plugins_zip: Path | None = field(kw_only=True)
    """The very file that would be shipped."""
    shown: Mapping[str, str] = field(kw_only=True)
    """How the user knows the parts of the content (dags, plugins, requirements, startup_script) that there are."""
    home: Path = field(kw_only=True)
    """A folder of this check's own; gone when it ends."""
    say: ReportDetail = field(kw_only=True)

    @property
    def python_files(self) -> tuple[ContentFile, ...]:
        return tuple(file for file in (*self.dags, *self.plugins) if file.relative.endswith(".py"))

    def variables(self, component: str) -> dict[str, str]:
        """What a container of MWAA has beside Airflow's own settings, and DAG files read: UG using-startup-script."""
        region = self.workspace.region if self.workspace else os.environ.get("AWS_DEFAULT_REGION", "us-east-1")
        return {
            "AIRFLOW_ENV_NAME": self.workspace.environment_name if self.workspace else self.name,
            "AIRFLOW_VERSION": self.airflow_version,
            "AWS_DEFAULT_REGION": region,
            "AWS_REGION": region,
            "MWAA_AIRFLOW_COMPONENT": component,
        }

    def dag(self, relative: str) -> str:
        """How the user knows a file of the DAG folder."""
        return f"{self.shown['dags']}/{relative}"

    def plugin(self, relative: str) -> str:
        """How the user knows a file of the plugins."""
        return f"{self.shown['plugins']}/{relative}"

    def place(self, where: "Place") -> tuple[str, int | None]:
        """File and line as the user knows them."""
        return (self.dag if where.folder == "dags" else self.plugin)(where.file), where.line

    @cached_property
    def airflow_3_messages(self) -> "list[dict[str, Any]]":
        """What ruff finds in all Python files about Airflow 3, as its JSON states it. Raises ToolError."""
        from mwaa.checks.airflow_3_uses import run_ruff

        return run_ruff(list(self.python_files))

    @cached_property
    def requirements_file(self) -> "RequirementsFile | None":
        """requirements.txt, read line by line; None if none is shipped."""
        from mwaa.requirements import parse

        return parse(self.requirements.text()) if self.requirements else None

    @property
    def resolution(self) -> "Resolution":
        """What pip would install on MWAA. Raises Unresolvable; ToolError if no package index can be reached."""
        return _unless_error(self._resolution)

    @property
    def airflow(self) -> "AirflowEnvironment":
        """Airflow with the requirements, on this machine. Raises Unresolvable and ToolError."""
        return _unless_error(self._airflow)

    @property
    def parsed(self) -> "ParsedContent":
        """What Airflow said of every DAG file, and of the plugins. Raises Unresolvable and ToolError."""
        return _unless_error(self._parsed)

    # Asked for once, also if it fails: the next rule would wait as long for the same answer.

    @cached_property
    def _resolution(self) -> "Resolution | Exception":
        from mwaa.requirements import Unresolvable, resolve

        try:
            return resolve(self.requirements_file, self.airflow_version, "mwaa", self.folders, self.say)
        except (Unresolvable, ToolError) as error:
            return error

    @cached_property
    def _airflow(self) -> "AirflowEnvironment | Exception":
        from mwaa.airflow import ensure_environment
        from mwaa.requirements import Unresolvable

        try:
            return ensure_environment(self.airflow_version, self.requirements_file, self.folders, self.say)
        except (Unresolvable, ToolError) as error:
            return error

    @cached_property
    def _parsed(self) -> "ParsedContent | Exception":
        from mwaa.airflow import AirflowSetup, parse_dags, run_for_exports

        if isinstance(self._airflow, Exception):
            return self._airflow
        component = component_name(self.environment_class, "scheduler")  # which parses
        try:
            startup = run_for_exports(self.startup_script.path if self.startup_script else None, component)
            setup = AirflowSetup(
                self._airflow,
                self.folders[DAGS_FOLDER],
                self.folders.get(PLUGINS_FOLDER),
                self.options,
                startup.variables,
                os.environ | self.variables(component),
            )
            return parse_dags(
                setup,
                [file.relative for file in self.dags if file.parsed],
                progress=lambda done, of: self.say(f"importing DAG files with Airflow: {done} of {of}"),
            )
        except ToolError as error:
            return error

    @property
    def dag_count(self) -> int | None:
        """How many DAGs Airflow found; None if nothing was imported."""
        if isinstance(self.__dict__.get("_parsed"), Exception | None):
            return None
        return len({dag.dag_id for file in self.parsed.files for dag in file.dags})


def _unless_error(fact: Fact | Exception) -> Fact:
    if isinstance(fact, Exception):
        raise fact
    return fact
