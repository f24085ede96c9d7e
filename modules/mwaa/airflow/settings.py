"""The settings of an Airflow on this machine: MWAA's, as far as they apply to one machine."""

import base64
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from mwaa import cache, files
from mwaa.airflow.python_environment import AirflowEnvironment
from mwaa.aws_facts.airflow_options import is_overridden, variable_name
from mwaa.aws_facts.containers import is_reserved
from mwaa.process import ToolError, allowed_environ, ask
from mwaa.progress import ReportDetail

DATABASE = "airflow.db"
_CONFIGURATION = "airflow.cfg"
_PASSED_THROUGH = ("AIRFLOW_VAR_", "AIRFLOW_CONN_")
_OF_CONTENT = ("AIRFLOW_", "AWS_REGION", "AWS_DEFAULT_REGION", "MWAA_AIRFLOW_COMPONENT")


@dataclass(frozen=True, slots=True)
class AirflowSetup:
    """The Airflow to run, the content it runs on, and the settings it starts with."""

    environment: AirflowEnvironment
    dags: Path
    plugins: Path | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    """The workspace's Airflow options, by `section.option`."""
    exports: Mapping[str, str] = field(default_factory=dict)
    """The variables that the startup script exports."""
    base: Mapping[str, str] = field(default_factory=lambda: os.environ)
    """The variables to start from; the default is this process's own."""

    def resolved(self) -> "AirflowSetup":
        """Return the same setup with absolute folders without symbolic links, as Airflow names files."""
        return replace(self, dags=self.dags.resolve(), plugins=self.plugins.resolve() if self.plugins else None)


def content_environ(home: Path, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return what content may see of `base` where it is imported or run: no credentials, but AIRFLOW_VAR_* and
    AIRFLOW_CONN_*, which a person sets for it. Its HOME is `home`."""
    return allowed_environ(home, base, _OF_CONTENT)


def airflow_environ(setup: AirflowSetup, home: Path) -> dict[str, str]:
    """Return all variables of a process that runs Airflow in `home`. Later ones override earlier ones, in MWAA's order:

    - `base`, without what would configure another Airflow or Python; AIRFLOW_VAR_* and AIRFLOW_CONN_* stay, because
      they are how a person sets variables and connections on a laptop
    - what MWAA sets and a user may change
    - `exports`, without what MWAA reserves
    - `options`, without those that MWAA overrides
    - what MWAA always sets, with this machine's values: the metadata is SQLite in `home`, tasks run on this machine,
      no examples, no usage data.

    The order: setup_environment.py, see RESERVED_VARIABLES. MWAA's auth manager and executor exist only on AWS: here
    they are Airflow 3's SimpleAuthManager, with every visitor an admin, and the executor that the release supports on
    SQLite.
    """
    base = {name: value for name, value in setup.base.items() if not _configures_another(name)}
    exports = {name: value for name, value in setup.exports.items() if not is_reserved(name)}
    options = {variable_name(option): value for option, value in setup.options.items() if not is_overridden(option)}
    return base | _suggested() | exports | options | _essential(setup, home)


def migrate(environment: AirflowEnvironment, home: Path, say: ReportDetail) -> None:
    """Write a configuration and an empty, migrated metadata database into `home`, an existing folder.

    The migration takes seconds: it runs once per environment, and its result is copied. Raises ToolError.
    """
    write_config(home)
    kept = environment.image.with_name(f"{environment.image.name}-database")

    def build(place: Path) -> None:
        say(f"migrating an empty Airflow {environment.airflow_version} database, once")
        write_config(place)
        no_dags = place / "dags"
        no_dags.mkdir()
        environ = airflow_environ(AirflowSetup(environment, no_dags, base=content_environ(place)), place)
        ended = ask(environment.command("db", "migrate"), place, environ)
        if ended.status:
            raise ToolError(f"airflow db migrate failed:\n{(ended.stderr or ended.stdout).strip()}")

    cache.build_once(kept, build, lambda: say("waiting for another command, which migrates the same database"))
    shutil.copyfile(kept / DATABASE, home / DATABASE)


def write_config(home: Path) -> None:
    """Write the configuration of `home` if it has none: new keys, and Airflow's defaults for the rest.

    Airflow writes one by itself, but its programs would each write a different one if they start at the same time.
    """
    path = home / _CONFIGURATION
    if path.exists():
        return
    fernet = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    keys = {
        "core": {"fernet_key": fernet},
        "webserver": {"secret_key": secrets.token_hex(16)},
        "api": {"secret_key": secrets.token_hex(16)},
        "api_auth": {"jwt_secret": secrets.token_hex(32)},
    }
    lines = [f"[{section}]\n{name} = {key}\n" for section, pair in keys.items() for name, key in pair.items()]
    files.write(path, "\n".join(lines))


def _configures_another(name: str) -> bool:
    """Return whether a variable configures another Airflow, another Python or a cache of Airflow's settings."""
    if name.startswith(_PASSED_THROUGH) or name in ("AIRFLOW_ENV_NAME", "AIRFLOW_VERSION"):  # these configure nothing
        return False
    return name.startswith(("AIRFLOW_", "_AIRFLOW_", "PYTHON", "MWAA__")) or name in (
        "VIRTUAL_ENV",
        "__PYVENV_LAUNCHER__",
    )


def _suggested() -> dict[str, str]:
    """Return get_opinionated_airflow_config() of MWAA's image, without what applies only to AWS."""
    return {
        "AIRFLOW__CORE__EXECUTE_TASKS_NEW_PYTHON_INTERPRETER": "True",
        "AIRFLOW__SCHEDULER__SCHEDULE_AFTER_TASK_EXECUTION": "False",
    }


def _essential(setup: AirflowSetup, home: Path) -> dict[str, str]:
    values = {
        "core.dags_folder": str(setup.dags),
        "core.plugins_folder": str(setup.plugins or home / "plugins"),
        "core.load_examples": "False",
        "database.sql_alchemy_conn": f"sqlite:///{home / DATABASE}",
        "database.load_default_connections": "False",
        "logging.base_log_folder": str(home / "logs"),
        "logging.colored_console_log": "False",
        "usage_data_collection.enabled": "False",
    }
    if setup.environment.major == 2:
        values |= {"core.executor": "SequentialExecutor"}  # the one that Airflow 2 allows on SQLite
    else:
        values |= {
            "core.executor": "LocalExecutor",
            "core.auth_manager": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
            "core.simple_auth_manager_all_admins": "True",
            "core.simple_auth_manager_passwords_file": str(home / "passwords.json"),
        }
    return {variable_name(option): value for option, value in values.items()} | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW_CONFIG": str(home / _CONFIGURATION),
        "SCARF_ANALYTICS": "false",
        "PYTHONUNBUFFERED": "1",
        "VIRTUAL_ENV": str(setup.environment.folder),
        "PATH": os.pathsep.join((str(setup.environment.folder / "bin"), setup.base.get("PATH", os.defpath))),
    }
