"""Prepares what Airflow's programs are started with: packages, plugins, database, variables of each container."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mwaa.airflow import (
    AirflowEnvironment,
    AirflowSetup,
    airflow_environ,
    content_environ,
    ensure_environment,
    migrate,
)
from mwaa.aws_facts.containers import DAGS_FOLDER, PLUGINS_FOLDER
from mwaa.embedded_aws import Embedded
from mwaa.local_airflow import components, startup_script
from mwaa.local_airflow.environment_settings import EnvironmentSettings
from mwaa.local_airflow.supervisor_protocol import SupervisorArguments, airflow_folder, say
from mwaa.operations.bucket_content import fetch_object, unpack_plugins
from mwaa.process import ToolError
from mwaa.requirements import RequirementsFile, Unresolvable, parse

_PIP_FAILED = (
    "ERROR: requirements.txt could not be installed. Airflow runs without its packages, as it does on MWAA, which logs "
    '"pip installation exited with a non-zero error code" and goes on'
)
"""IMG user_requirements.py."""


@dataclass(frozen=True, slots=True)
class AirflowInstallation:
    """Everything that the programs are started with."""

    settings: EnvironmentSettings
    environment: AirflowEnvironment
    home: Path
    plugins: Path
    environs: Mapping[str, Mapping[str, str]]
    """By the MWAA_AIRFLOW_COMPONENT of the container that a program runs in on MWAA."""
    requirements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Installer:
    """Installs a workspace's Airflow as its environment on the embedded AWS says."""

    arguments: SupervisorArguments
    embedded: Embedded
    s3: Any

    @property
    def folder(self) -> Path:
        return airflow_folder(self.embedded, self.arguments.workspace)

    def install(self, settings: EnvironmentSettings) -> AirflowInstallation:
        """Install plugins and requirements, migrate the database, run the startup script. Raises ToolError."""
        plugins = Path(tempfile.mkdtemp(dir=self.folder, prefix="plugins-"))
        if settings.plugins:
            unpack_plugins(fetch_object(self.s3, settings.bucket, settings.plugins), plugins)
        requirements = None
        if settings.requirements:
            requirements = parse(fetch_object(self.s3, settings.bucket, settings.requirements).decode(errors="replace"))
        person = self.folder / "home"
        person.mkdir(mode=0o700, exist_ok=True)
        base = self.embedded.environ(self.arguments.account, self.arguments.region, content_environ(person))
        base |= {"AIRFLOW_ENV_NAME": settings.environment}
        bare = ensure_environment(settings.airflow_version, None, {}, say) if requirements is None else None
        environment = bare or self._install_requirements(settings.airflow_version, requirements, plugins)
        home = self.folder / settings.airflow_version
        home.mkdir(exist_ok=True)
        if not (home / "airflow.db").exists():
            another = any(self.folder.glob("*/airflow.db"))
            say(f"database{': an empty one for this release, where MWAA would migrate' if another else ''}")
            migrate(environment, home, say)

        def environ(exported: Mapping[str, str]) -> dict[str, str]:
            options = components.QUICK[settings.major] | dict(settings.options)
            setup = AirflowSetup(environment, self.folder / "dags", plugins, options, exported, base)
            made = airflow_environ(setup, home)
            return made | components.settings(settings.major, home, self.arguments.port)

        exported: dict[str, dict[str, str]] = {}
        if settings.startup_script:
            script = self.folder / "script" / "startup.sh"
            script.write_bytes(fetch_object(self.s3, settings.bucket, settings.startup_script))
            say(f"running the startup script for {' and '.join(components.places(settings.environment_class))}")
            for place in components.places(settings.environment_class):
                log = self.folder / "log" / f"startup-{place}.log"
                exported[place] = startup_script.run(script, place, environ({}), script.parent, log)
        # The scheduler starts the tasks here, so it has a worker's variables.
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
        return AirflowInstallation(settings, environment, home, plugins, environs, named)

    def _install_requirements(
        self, airflow_version: str, requirements: RequirementsFile | None, plugins: Path
    ) -> AirflowEnvironment:
        """Return the environment with the requirements, or without if they cannot be installed. Raises ToolError."""
        say("installing requirements")
        folders = {PLUGINS_FOLDER: plugins, DAGS_FOLDER: self.folder / "dags"}
        try:
            return ensure_environment(airflow_version, requirements, folders, say)
        except Unresolvable as error:
            failure = error.explanation
        except ToolError as error:
            failure = str(error)
        without = ensure_environment(airflow_version, None, {}, say)
        say(f"{_PIP_FAILED}:\n{failure}")
        (self.folder / "log" / "requirements.log").write_text(f"{_PIP_FAILED}:\n{failure}\n", encoding="utf-8")
        return without
