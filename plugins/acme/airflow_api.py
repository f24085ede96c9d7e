"""The parts of Airflow's authoring interface that moved between 2 and 3: the one place that knows both."""

from airflow.plugins_manager import AirflowPlugin

try:
    from airflow.sdk import BaseOperator, dag, get_current_context, task
except ImportError:  # Airflow 2
    from airflow.decorators import dag, task
    from airflow.models.baseoperator import BaseOperator
    from airflow.operators.python import get_current_context

__all__ = ["AirflowPlugin", "BaseOperator", "dag", "get_current_context", "task"]
