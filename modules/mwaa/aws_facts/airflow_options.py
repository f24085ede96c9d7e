"""Airflow configuration options: what MWAA refuses, overrides or ignores, and defaults that depend on the release."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from mwaa.aws_facts.releases import RELEASES
from mwaa.aws_facts.user_guide import guide

BLOCKED_OPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "core.multi_team": "MWAA refuses it: teams are an argument of the environment, not an option",
        "triggerer.queues_enabled": "MWAA refuses it",
    }
)


BLOCKED_OPTIONS_SOURCE = guide("configuring-env-variables")


OVERRIDDEN_OPTIONS: frozenset[str] = frozenset(
    """
    core.executor core.fernet_key core.load_examples core.auth_manager core.execution_api_server_url
    database.sql_alchemy_conn celery.broker_url celery.celery_config_options celery.result_backend
    celery.worker_enable_remote_control operators.default_queue logging.logging_config_class
    logging.colored_console_log scheduler.standalone_dag_processor fab.config_file api.secret_key
    execution_api.jwt_expiration_time
    """.split()  # noqa: SIM905
)
"""MWAA writes its own value over whatever is set."""


OVERRIDDEN_PREFIXES: tuple[str, ...] = ("metrics.", "api_auth.jwt_")


HONOURED_METRICS_OPTIONS: frozenset[str] = frozenset(
    {"metrics.statsd_on", "metrics.metrics_allow_list", "metrics.metrics_block_list"}
)
"""The options under `metrics.` that a sidecar of MWAA honours."""


OVERRIDDEN_OPTIONS_SOURCE = (
    "github.com/aws/amazon-mwaa-docker-images at 9d2bebb, images/airflow/3.3.1/python/mwaa/config/airflow.py"
)


IGNORED_OPTIONS: Mapping[str, str] = MappingProxyType(
    {"celery.worker_concurrency": "MWAA ignores it: tasks per worker follow from the environment class"}
)
"""Accepted by the API and without effect."""


IGNORED_OPTIONS_SOURCE = "github.com/awslabs/aws-support-tools at 85d5c22, MWAA/verify_env"


RENAMED_IN_3: Mapping[str, str | None] = MappingProxyType(
    {
        "triggerer.default_capacity": "triggerer.capacity",
        "core.dag_concurrency": None,
        "scheduler.scheduler_zombie_task_threshold": None,
    }
)
"""Options of Airflow 2 that Airflow 3 calls otherwise (None: gone)."""


IgnoreSyntax = Literal["glob", "regexp"]
"""The values of `core.dag_ignore_file_syntax`: how Airflow reads `.airflowignore`."""


def airflowignore_syntax(airflow_version: str, options: Mapping[str, str]) -> IgnoreSyntax:
    """Return the syntax of `.airflowignore` under these options (`section.option`).

    The default is "regexp" on Airflow 2 and "glob" on Airflow 3: Airflow's release notes, 3.0.0.
    """
    default: IgnoreSyntax = "regexp" if RELEASES[airflow_version].major == 2 else "glob"
    return "glob" if options.get("core.dag_ignore_file_syntax", default) == "glob" else "regexp"


def plugin_options(airflow_version: str) -> dict[str, str]:
    """Return the options that plugins.zip needs: Airflow 2 loads its plugins only if `core.lazy_load_plugins` is off.

    UG configuring-dag-import-plugins.
    """
    return {"core.lazy_load_plugins": "False"} if RELEASES[airflow_version].major == 2 else {}


def variable_name(option: str) -> str:
    """The environment variable of an option: `core.load_examples` is AIRFLOW__CORE__LOAD_EXAMPLES."""
    section, _, name = option.partition(".")
    return f"AIRFLOW__{section.upper()}__{name.upper()}"


def is_overridden(option: str) -> bool:
    """Whether MWAA puts its own value in the place of the user's, or takes none at all."""
    if option in HONOURED_METRICS_OPTIONS:
        return False
    blocked = option in OVERRIDDEN_OPTIONS or option in BLOCKED_OPTIONS or option in IGNORED_OPTIONS
    return blocked or option.startswith(OVERRIDDEN_PREFIXES)
