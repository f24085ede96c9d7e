"""The variables that an Airflow program gets."""

from pathlib import Path

import pytest
from mwaa.airflow import AirflowEnvironment, AirflowSetup, airflow_environ
from mwaa.airflow.settings import write_config
from mwaa.aws_facts.airflow_options import variable_name

HOME, DAGS, PLUGINS = Path("/home-of-airflow"), Path("/content/dags"), Path("/content/plugins")


def environ(version: str = "3.2.1", **given: dict[str, str]) -> dict[str, str]:
    environment = AirflowEnvironment(Path("/environment"), Path("/image"), version, None)  # type: ignore[arg-type]
    options, exports, base = (given.get(name, {}) for name in ("options", "exports", "base"))
    return airflow_environ(AirflowSetup(environment, DAGS, PLUGINS, options, exports, base), HOME)


def test_airflow_runs_in_its_own_home_on_the_content() -> None:
    got = environ(base={"PATH": "/bin"})
    assert {name: got[name] for name in ("AIRFLOW_HOME", "AIRFLOW_CONFIG", "PATH")} == {
        "AIRFLOW_HOME": "/home-of-airflow",
        "AIRFLOW_CONFIG": "/home-of-airflow/airflow.cfg",
        "PATH": "/environment/bin:/bin",
    }
    assert got["AIRFLOW__CORE__DAGS_FOLDER"] == "/content/dags"
    assert got["AIRFLOW__CORE__PLUGINS_FOLDER"] == "/content/plugins"
    assert got["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == "sqlite:////home-of-airflow/airflow.db"


@pytest.mark.parametrize(("version", "executor"), [("2.11.2", "SequentialExecutor"), ("3.2.1", "LocalExecutor")])
def test_the_executor_is_one_that_the_release_runs_on_sqlite(version: str, executor: str) -> None:
    assert environ(version)["AIRFLOW__CORE__EXECUTOR"] == executor


def test_nothing_of_the_persons_own_airflow_or_python_leaks_in_but_variables_and_connections() -> None:
    base = {
        "AIRFLOW__CORE__PARALLELISM": "1",
        "AIRFLOW_HOME": "/mine",
        "AIRFLOW_CONFIG": "/mine/airflow.cfg",
        "PYTHONPATH": "/mine",
        "MWAA__CORE__X": "1",
        "AIRFLOW_VAR_A": "a",
        "AIRFLOW_CONN_B": "b",
        "AWS_PROFILE": "p",
    }
    got = environ(base=base)
    kept = {name: value for name, value in got.items() if base.get(name) == value}
    assert kept == {"AIRFLOW_VAR_A": "a", "AIRFLOW_CONN_B": "b", "AWS_PROFILE": "p"}
    assert "PYTHONPATH" not in got
    assert "AIRFLOW__CORE__PARALLELISM" not in got


def test_the_workspaces_options_stand_over_the_startup_script_and_mwaas_over_both() -> None:
    options = {
        "core.parallelism": "7",
        "core.load_examples": "True",
        "core.multi_team": "True",
        "metrics.statsd_host": "mine",
        "metrics.statsd_on": "True",
    }
    exports = {
        "AIRFLOW__CORE__PARALLELISM": "8",
        "AIRFLOW__CORE__EXECUTOR": "Mine",
        "AIRFLOW__SCHEDULER__SCHEDULE_AFTER_TASK_EXECUTION": "True",
        "AIRFLOW_HOME": "/mine",
        "MINE": "1",
    }
    got = environ(options=options, exports=exports)
    assert got["AIRFLOW__CORE__PARALLELISM"] == "7"
    assert got["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"
    assert got["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert got["AIRFLOW__SCHEDULER__SCHEDULE_AFTER_TASK_EXECUTION"] == "True"
    assert got["AIRFLOW__METRICS__STATSD_ON"] == "True"
    assert (got["AIRFLOW_HOME"], got["MINE"]) == ("/home-of-airflow", "1")
    assert not {"AIRFLOW__CORE__MULTI_TEAM", "AIRFLOW__METRICS__STATSD_HOST"} & set(got)


def test_an_option_is_a_variable() -> None:
    assert variable_name("celery.sync_parallelism") == "AIRFLOW__CELERY__SYNC_PARALLELISM"


def test_the_keys_of_a_home_are_made_once(tmp_path: Path) -> None:
    write_config(tmp_path)
    written = (tmp_path / "airflow.cfg").read_text()
    write_config(tmp_path)
    assert (tmp_path / "airflow.cfg").read_text() == written
    assert [line for line in written.splitlines() if line.startswith("[")] == [
        "[core]",
        "[webserver]",
        "[api]",
        "[api_auth]",
    ]
