"""What an Airflow program is told of where it runs: MWAA's settings, as far as they mean something on one machine."""

import base64
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from mwaa import cache, files
from mwaa.airflow.python_environment import AirflowEnvironment
from mwaa.aws_facts.airflow_options import (
    is_overridden,
    variable_name,
)
from mwaa.aws_facts.containers import is_reserved
from mwaa.process import Say, ToolError, ask

DATABASE = "airflow.db"
_CONFIGURATION = "airflow.cfg"
_PASSED_THROUGH = ("AIRFLOW_VAR_", "AIRFLOW_CONN_")


def airflow_environ(
    environment: AirflowEnvironment,
    home: Path,
    dags: Path,
    plugins: Path | None,
    options: Mapping[str, str],
    exported: Mapping[str, str],
    base: Mapping[str, str],
) -> dict[str, str]:
    """All variables of a process that runs Airflow in `home`, the later over the earlier, in MWAA's own order:

    - `base`, the person's own, without what would configure another Airflow or Python; AIRFLOW_VAR_* and
      AIRFLOW_CONN_* stay, for they are how one gives a laptop its variables and connections
    - what MWAA sets and a user may change
    - `exported` by the startup script, without what MWAA reserves
    - `options`, the workspace's (`section.option`), without those that MWAA overrides
    - what MWAA sets for good, with this machine's values: the metadata is SQLite in `home`, tasks run on this machine,
      no examples, no usage data.

    The order: setup_environment.py, see RESERVED_VARIABLES. MWAA's auth manager and executor exist on AWS alone: here
    they are Airflow 3's SimpleAuthManager, every visitor an admin, and the executor that the release runs on SQLite.
    """
    kept = {name: value for name, value in base.items() if not _of_another(name)}
    said = {name: value for name, value in exported.items() if not is_reserved(name)}
    asked = {variable_name(option): value for option, value in options.items() if not is_overridden(option)}
    return kept | _suggested() | said | asked | _essential(environment, home, dags, plugins, base)


def migrate(environment: AirflowEnvironment, home: Path, say: Say) -> None:
    """Makes `home` (which may be there) ready to run in: a configuration of its own, migrated metadata without a run.

    The migration takes seconds: it is done once for an environment, and copied. Raises ToolError.
    """
    write_config(home)
    kept = environment.image.with_name(f"{environment.image.name}-database")

    def build(place: Path) -> None:
        say(f"migrating an empty Airflow {environment.airflow_version} database, once")
        write_config(place)
        nothing = place / "dags"
        nothing.mkdir()
        environ = airflow_environ(environment, place, nothing, None, {}, {}, os.environ)
        ended = ask(environment.command("db", "migrate"), place, environ)
        if ended.status:
            raise ToolError(f"airflow db migrate failed:\n{(ended.stderr or ended.stdout).strip()}")

    cache.build_once(kept, build, lambda: say("waiting for another command, which migrates the same database"))
    shutil.copyfile(kept / DATABASE, home / DATABASE)


def write_config(home: Path) -> None:
    """Writes the configuration of `home` if it has none: keys of its own, for the rest Airflow's defaults.

    Airflow would write one by itself, but each of its programs another, if they start at the same time.
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


def _of_another(name: str) -> bool:
    """Whether a variable of the person's would configure another Airflow, Python or cache of Airflow's settings."""
    if name.startswith(_PASSED_THROUGH) or name in ("AIRFLOW_ENV_NAME", "AIRFLOW_VERSION"):  # these configure nothing
        return False
    return name.startswith(("AIRFLOW_", "_AIRFLOW_", "PYTHON", "MWAA__")) or name in (
        "VIRTUAL_ENV",
        "__PYVENV_LAUNCHER__",
    )


def _suggested() -> dict[str, str]:
    """get_opinionated_airflow_config() in MWAA's image, without what concerns AWS alone."""
    return {
        "AIRFLOW__CORE__EXECUTE_TASKS_NEW_PYTHON_INTERPRETER": "True",
        "AIRFLOW__SCHEDULER__SCHEDULE_AFTER_TASK_EXECUTION": "False",
    }


def _essential(
    environment: AirflowEnvironment, home: Path, dags: Path, plugins: Path | None, base: Mapping[str, str]
) -> dict[str, str]:
    values = {
        "core.dags_folder": str(dags),
        "core.plugins_folder": str(plugins or home / "plugins"),
        "core.load_examples": "False",
        "database.sql_alchemy_conn": f"sqlite:///{home / DATABASE}",
        "database.load_default_connections": "False",
        "logging.base_log_folder": str(home / "logs"),
        "logging.colored_console_log": "False",
        "usage_data_collection.enabled": "False",
    }
    if environment.major == 2:
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
        "VIRTUAL_ENV": str(environment.folder),
        "PATH": os.pathsep.join((str(environment.folder / "bin"), base.get("PATH", os.defpath))),
    }
