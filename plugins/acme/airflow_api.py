"""The parts of Airflow's authoring interface that moved since Airflow 2, imported from where the release has them."""

from airflow.plugins_manager import AirflowPlugin

try:
    from airflow.sdk import BaseOperator, dag, get_current_context, task
except ImportError:  # Airflow 2
    from airflow.decorators import dag, task
    from airflow.models.baseoperator import BaseOperator
    from airflow.operators.python import get_current_context

try:
    from airflow.sdk.exceptions import AirflowFailException
except ImportError:  # Airflow before 3.2
    from airflow.exceptions import AirflowFailException

__all__ = ["AirflowFailException", "AirflowPlugin", "BaseOperator", "dag", "get_current_context", "task"]
