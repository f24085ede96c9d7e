"""MWAA's containers: folders, component names, reserved environment variables."""


def component_name(environment_class: str | None, component: str) -> str:
    """Return MWAA_AIRFLOW_COMPONENT of the container that runs a scheduler or worker. IMG entrypoint.

    mw1.micro runs both in one container, "hybrid".
    """
    return "hybrid" if environment_class == "mw1.micro" else component


AIRFLOW_HOME = "/usr/local/airflow"


DAGS_FOLDER = f"{AIRFLOW_HOME}/dags"


PLUGINS_FOLDER = f"{AIRFLOW_HOME}/plugins"
"""Folders of the content in MWAA's containers. UG configuring-dag-folder, configuring-dag-import-plugins."""


RESERVED_VARIABLES: frozenset[str] = frozenset(
    """
    AIRFLOW_ENV_ID AIRFLOW_ENV_NAME AIRFLOW_HOME AIRFLOW_TASK_REVISION_ID AIRFLOW_VERSION
    AIRFLOW__AWS_MWAA__REDIRECT_URL JWT_PUBLIC_KEY AIRFLOW__WEBSERVER__BASE_URL AIRFLOW__API__BASE_URL
    AWS_DEFAULT_REGION AWS_REGION CUSTOMER_ACCOUNT_ID ECS_AGENT_URI ECS_CONTAINER_METADATA_URI
    ECS_CONTAINER_METADATA_URI_V4 AWS_CONTAINER_CREDENTIALS_RELATIVE_URI AWS_EXECUTION_ENV PYTHONPATH PYTHONUNBUFFERED
    WATCHTOWER_VERSION USE_NON_CRITICAL_LOGGING AIRFLOW__CORE__DATABASE_ACCESS_ISOLATION
    """.split()  # noqa: SIM905
)
"""Variables that MWAA restores after the startup script, beside all that begin with MWAA__.

Source: github.com/aws/amazon-mwaa-docker-images at 884fc2e, images/airflow/3.0.6/python/mwaa/config/
setup_environment.py.
"""


def is_reserved(name: str) -> bool:
    """Whether MWAA restores this variable after the startup script."""
    return name in RESERVED_VARIABLES or name.startswith("MWAA__")
