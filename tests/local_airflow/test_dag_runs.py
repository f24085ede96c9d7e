"""What is read from Airflow's logs: the lines that the workspace's own code wrote."""

from mwaa.local_airflow import dag_runs as run

OWN = {"quality.py", "daily_orders.py"}


def test_airflow_2_gives_a_text_with_a_list_of_texts() -> None:
    lines = (
        " INFO - ::group::Log message source details\n"
        "[2026-11-22T15:41:41.917+0000] {taskinstance.py:2908} INFO - Executing <Task(RowQualityOperator): check>\n"
        "[2026-11-22T15:41:42.246+0000] {quality.py:34} INFO - 6 rows keep all 4 rules"
    )
    assert list(run._lines_of_2(repr([("host", lines)]), OWN)) == ["6 rows keep all 4 rules"]


def test_airflow_3_gives_events() -> None:
    events = [
        {"event": "::group::Log message source details", "sources": ["a.log"]},
        {"event": "DAG bundles loaded", "filename": "manager.py", "logger": "airflow.dag_processing", "level": "info"},
        {"event": "deprecated", "filename": "/plugins/acme/quality.py", "logger": "py.warnings", "level": "warning"},
        {"event": "6 rows", "filename": "quality.py", "logger": "airflow.task.operators.acme.quality", "level": "info"},
    ]
    assert list(run._lines_of_3(events, OWN)) == ["6 rows"]


def test_the_first_releases_of_airflow_3_name_loggers_alone() -> None:
    events = [
        {"event": "6 rows", "logger": "airflow.task.operators.acme.quality.RowQualityOperator", "level": "info"},
        {"event": "in euros", "logger": "unusual_prefix_0a1b2c_daily_orders", "level": "info"},
        {"event": "Done", "logger": "airflow.task.operators.airflow.decorators", "level": "info"},
    ]
    assert list(run._lines_of_3(events, OWN)) == ["6 rows", "in euros"]
