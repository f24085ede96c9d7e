"""Airflow configuration options: what MWAA refuses, overrides or ignores, and defaults that depend on the release."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal

from mwaa.aws_facts.releases import RELEASES
from mwaa.aws_facts.user_guide import guide

BLOCKED_OPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "core.multi_team": "MWAA refuses it: teams are an argument of the environment",
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
"""MWAA replaces whatever is set by its own value."""


OVERRIDDEN_PREFIXES: tuple[str, ...] = ("metrics.", "api_auth.jwt_")


HONOURED_METRICS_OPTIONS: frozenset[str] = frozenset(
    {"metrics.statsd_on", "metrics.metrics_allow_list", "metrics.metrics_block_list"}
)
"""The options under `metrics.` that a sidecar of MWAA honours."""


OVERRIDDEN_OPTIONS_SOURCE = (
    "github.com/aws/amazon-mwaa-docker-images at 9d2bebb, images/airflow/3.3.1/python/mwaa/config/airflow.py"
)


IGNORED_OPTIONS: Mapping[str, str] = MappingProxyType(
    {"celery.worker_concurrency": "MWAA ignores it: the environment class sets the number of tasks per worker"}
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
"""Options of Airflow 2 and their names in Airflow 3 (None: removed)."""


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
    """Return the environment variable of an option: AIRFLOW__CORE__LOAD_EXAMPLES for `core.load_examples`."""
    section, _, name = option.partition(".")
    return f"AIRFLOW__{section.upper()}__{name.upper()}"


def blocked_options(options: Iterable[str]) -> list[str]:
    """Return those of `options` that CreateEnvironment and UpdateEnvironment refuse, sorted."""
    return sorted(set(options) & set(BLOCKED_OPTIONS))


def why_without_effect(option: str) -> tuple[str, str] | None:
    """Return why a value for the option has no effect in MWAA, and the source of that; None if it has one."""
    if option in BLOCKED_OPTIONS:
        return BLOCKED_OPTIONS[option], BLOCKED_OPTIONS_SOURCE
    if option in IGNORED_OPTIONS:
        return IGNORED_OPTIONS[option], IGNORED_OPTIONS_SOURCE
    if option in HONOURED_METRICS_OPTIONS:
        return None
    if option in OVERRIDDEN_OPTIONS or option.startswith(OVERRIDDEN_PREFIXES):
        return "MWAA overwrites it", OVERRIDDEN_OPTIONS_SOURCE
    return None


def is_overridden(option: str) -> bool:
    """Whether MWAA replaces the user's value by its own, or takes none at all."""
    return why_without_effect(option) is not None


def renamed_option(option: str, airflow_major: int) -> str | None:
    """Return the option's name in this major version of Airflow: "" if it was removed, None if it was not renamed."""
    if airflow_major >= 3:
        return (RENAMED_IN_3[option] or "") if option in RENAMED_IN_3 else None
    return next((old for old, new in RENAMED_IN_3.items() if new == option), None)
