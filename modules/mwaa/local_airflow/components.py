"""The programs that are an Airflow on one machine, and the settings that make them one.

They differ from MWAA's where one machine must: tasks run on the scheduler's machine (SQLite allows Airflow 2 one at a
time), and Airflow 2 parses DAGs in its scheduler, for it refuses a processor of its own on SQLite.
"""

from dataclasses import dataclass
from pathlib import Path

from mwaa.aws_facts.containers import component_name

QUICK = {
    2: {
        "scheduler.dag_dir_list_interval": "3",
        "scheduler.min_file_process_interval": "3",
        "scheduler.parsing_cleanup_interval": "10",
        "core.execute_tasks_new_python_interpreter": "False",
    },
    3: {
        "dag_processor.refresh_interval": "3",
        "dag_processor.min_file_process_interval": "3",
        "scheduler.parsing_cleanup_interval": "10",
        "core.parallelism": "4",
    },
}
"""Options that make a laptop answer soon, where the workspace does not set them. Intervals in seconds."""

HEALTH = {2: "/health", 3: "/api/v2/monitor/health"}
"""Path of the health endpoint, by major release."""


@dataclass(frozen=True, slots=True)
class Component:
    """A program of Airflow. `place` is the container that it runs in on MWAA: its MWAA_AIRFLOW_COMPONENT."""

    name: str
    arguments: tuple[str, ...]
    place: str


def components(major: int, environment_class: str, port: int) -> list[Component]:
    """The programs, the one that people see last. Logs are read from the disk: no program serves them."""
    scheduler = component_name(environment_class, "scheduler")
    found = [
        Component("scheduler", ("scheduler", "--skip-serve-logs"), scheduler),
        Component("triggerer", ("triggerer", "--skip-serve-logs"), scheduler),
    ]
    here = ("--port", str(port), "--workers", "1")
    if major == 2:
        return [*found, Component("webserver", ("webserver", "--hostname", "127.0.0.1", *here), "webserver")]
    api_server = Component("api-server", ("api-server", "--host", "127.0.0.1", *here), "webserver")
    return [*found, Component("dag-processor", ("dag-processor",), scheduler), api_server]


def places(environment_class: str) -> tuple[str, ...]:
    """The kinds of containers in which MWAA runs the startup script. Tasks here see what a worker's would."""
    workers = (component_name(environment_class, component) for component in ("scheduler", "worker"))
    return tuple(dict.fromkeys(("webserver", *workers)))


def settings(major: int, home: Path, port: int) -> dict[str, str]:
    """Variables beside those of `mwaa.airflow.airflow_environ`: the address, who may enter, how long a login holds."""
    address = f"http://127.0.0.1:{port}"
    if major == 2:
        options = {
            "webserver.base_url": address,
            "webserver.session_lifetime_minutes": "720",
            "api.auth_backends": "airflow.api.auth.backend.session,airflow.api.auth.backend.basic_auth",
            "scheduler.standalone_dag_processor": "False",
        }
    else:
        options = {
            "api.base_url": address,
            "core.execution_api_server_url": f"{address}/execution/",
            "core.simple_auth_manager_all_admins": "False",
            "core.simple_auth_manager_users": "admin:admin",
            "core.simple_auth_manager_passwords_file": str(home / "passwords.json"),
            "api_auth.jwt_expiration_time": "43200",
        }
    return {f"AIRFLOW__{name.replace('.', '__', 1).upper()}": value for name, value in options.items()}
