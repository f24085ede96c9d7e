"""Repositories made for MWAA by others, checked as they are: what is reported is right, and nothing else is reported."""
# ruff: noqa: E501 (messages are compared whole)

from pathlib import Path

import pytest
from mwaa.checks.content_layout import subject_of_paths
from mwaa.checks.running import run

FOREIGN = Path(__file__).parents[1] / "fixtures" / "foreign"

VARIABLE = 'dags/sales_by_region.py:15 warning [top-level-variable] reads the variable "sales_bucket" each time Airflow imports the file'
STILL = "it still works in Airflow 2, and is gone in Airflow 3"
OLD = "is a path of Airflow 1.10"

EXPECTED = {
    ("plugins_of_2", "2.11.2"): [VARIABLE],
    ("plugins_of_2", "3.2.1"): [
        "dags/sales_by_region.py:7 note [airflow-3-moved] airflow.DAG has moved in Airflow 3; the old path still works in 3.2.1 (AIR311)",
        "dags/sales_by_region.py:8 note [airflow-3-moved] airflow.models.Variable has moved in Airflow 3; the old path still works in 3.2.1 (AIR311)",
        "dags/sales_by_region.py:9 warning [deprecation] The `airflow.operators.empty.EmptyOperator` attribute is deprecated. Please use `'airflow.providers.standard.operators.empty.EmptyOperator'`",
        "dags/sales_by_region.py:10 warning [deprecation] The `airflow.operators.python.PythonOperator` attribute is deprecated. Please use `'airflow.providers.standard.operators.python.PythonOperator'`",
        VARIABLE,
        "dags/sales_by_region.py:29 error [airflow-3-removed] `schedule_interval` is removed in Airflow 3.0 (AIR301)",
        "plugins/hooks/warehouse.py:1 warning [deprecation] The `airflow.hooks.base.BaseHook` attribute is deprecated. Please use `'airflow.sdk.bases.hook.BaseHook'`",
        "plugins/sales_plugin.py:8 warning [airflow-3-removed] `hooks` is removed in Airflow 3.0 (AIR301)",
        "plugins/sales_plugin.py:9 warning [airflow-3-removed] `operators` is removed in Airflow 3.0 (AIR301)",
        "plugins/sales_plugin.py:10 warning [airflow-3-removed] `sensors` is removed in Airflow 3.0 (AIR301)",
        "requirements.txt:1 error [requirements-constraint-release] the constraints are those of Airflow 2.11.2 on Python 3.12, not 3.2.1 on 3.12",
    ],
    ("airflow_1_10", "2.11.2"): [
        f"dags/nightly_emr.py:4 error [moved-import] airflow.contrib.operators.emr_add_steps_operator.EmrAddStepsOperator {OLD}, which Airflow 2.11.2 does not have -> write from airflow.providers.amazon.aws.operators.emr import EmrAddStepsOperator",
        f"dags/nightly_emr.py:5 error [moved-import] airflow.contrib.operators.emr_create_job_flow_operator.EmrCreateJobFlowOperator {OLD}, which Airflow 2.11.2 does not have -> write from airflow.providers.amazon.aws.operators.emr import EmrCreateJobFlowOperator",
        f"dags/nightly_emr.py:6 error [moved-import] airflow.contrib.sensors.emr_step_sensor.EmrStepSensor {OLD}, which Airflow 2.11.2 does not have -> write from airflow.providers.amazon.aws.sensors.emr import EmrStepSensor",
        f"dags/nightly_emr.py:7 warning [moved-import] airflow.operators.bash_operator.BashOperator {OLD}: {STILL} -> write from airflow.operators.bash import BashOperator",
        f"dags/nightly_emr.py:8 warning [moved-import] airflow.operators.dummy_operator.DummyOperator {OLD}: {STILL} -> write from airflow.operators.empty import EmptyOperator (EmptyOperator was DummyOperator)",
        f"dags/nightly_emr.py:9 warning [moved-import] airflow.operators.python_operator.PythonOperator {OLD}: {STILL} -> write from airflow.operators.python import PythonOperator",
        f"dags/short.py:4 error [moved-import] airflow.operators.BashOperator {OLD}, which Airflow 2.11.2 does not have -> write from airflow.operators.bash import BashOperator",
        f"dags/warehouse.py:4 error [moved-import] airflow.contrib.operators.snowflake_operator.SnowflakeOperator {OLD} to a provider that is not installed -> write from airflow.providers.snowflake.operators.snowflake import SnowflakeOperator, and add apache-airflow-providers-snowflake to requirements.txt",
        f"dags/warehouse.py:5 warning [moved-import] airflow.hooks.S3_hook.S3Hook {OLD}: {STILL} -> write from airflow.providers.amazon.aws.hooks.s3 import S3Hook",
        "dags/warehouse.py:6 error [moved-import] airflow.operators.sales_plugin was the plugin sales_plugin in Airflow 1.10; Airflow 2.11.2 offers no operators of plugins there -> write from operators.stage import StageOperator",
        f"plugins/operators/stage.py:1 warning [moved-import] airflow.hooks.base_hook.BaseHook {OLD}: {STILL} -> write from airflow.hooks.base import BaseHook",
        "plugins/operators/stage.py:6 warning [deprecation] This decorator is deprecated. In previous versions, all subclasses of BaseOperator must use apply_default decorator for the `default_args` feature to work properly. In current version, it is optional. The decorator is applied automatically using the metaclass",
    ],
    ("airflow_1_10", "3.2.1"): [
        "dags/nightly_emr.py:3 note [airflow-3-moved] airflow.DAG has moved in Airflow 3; the old path still works in 3.2.1 (AIR311)",
        f"dags/nightly_emr.py:4 error [moved-import] airflow.contrib.operators.emr_add_steps_operator.EmrAddStepsOperator {OLD}, which Airflow 3.2.1 does not have -> write from airflow.providers.amazon.aws.operators.emr import EmrAddStepsOperator",
        f"dags/nightly_emr.py:5 error [moved-import] airflow.contrib.operators.emr_create_job_flow_operator.EmrCreateJobFlowOperator {OLD}, which Airflow 3.2.1 does not have -> write from airflow.providers.amazon.aws.operators.emr import EmrCreateJobFlowOperator",
        f"dags/nightly_emr.py:6 error [moved-import] airflow.contrib.sensors.emr_step_sensor.EmrStepSensor {OLD}, which Airflow 3.2.1 does not have -> write from airflow.providers.amazon.aws.sensors.emr import EmrStepSensor",
        f"dags/nightly_emr.py:7 error [moved-import] airflow.operators.bash_operator.BashOperator {OLD}, which Airflow 3.2.1 does not have -> write from airflow.providers.standard.operators.bash import BashOperator",
        f"dags/nightly_emr.py:8 error [moved-import] airflow.operators.dummy_operator.DummyOperator {OLD}, which Airflow 3.2.1 does not have -> write from airflow.providers.standard.operators.empty import EmptyOperator (EmptyOperator was DummyOperator)",
        f"dags/nightly_emr.py:9 error [moved-import] airflow.operators.python_operator.PythonOperator {OLD}, which Airflow 3.2.1 does not have -> write from airflow.providers.standard.operators.python import PythonOperator",
        "dags/nightly_emr.py:16 error [airflow-3-removed] `schedule_interval` is removed in Airflow 3.0 (AIR301)",
        "dags/nightly_emr.py:21 error [airflow-3-removed] `provide_context` is removed in Airflow 3.0 (AIR301)",
        f"dags/short.py:4 error [moved-import] airflow.operators.BashOperator {OLD}, which Airflow 3.2.1 does not have -> write from airflow.providers.standard.operators.bash import BashOperator",
        "dags/short.py:6 error [airflow-3-removed] `schedule_interval` is removed in Airflow 3.0 (AIR301)",
        f"dags/warehouse.py:4 error [moved-import] airflow.contrib.operators.snowflake_operator.SnowflakeOperator {OLD}, which Airflow 3.2.1 does not have -> write from airflow.providers.snowflake.operators.snowflake import SnowflakeOperator, and add apache-airflow-providers-snowflake to requirements.txt",
        f"dags/warehouse.py:5 error [moved-import] airflow.hooks.S3_hook.S3Hook {OLD}, which Airflow 3.2.1 does not have -> write from airflow.providers.amazon.aws.hooks.s3 import S3Hook",
        "dags/warehouse.py:6 error [moved-import] airflow.operators.sales_plugin was the plugin sales_plugin in Airflow 1.10; Airflow 3.2.1 offers no operators of plugins there -> write from operators.stage import StageOperator",
        "dags/warehouse.py:8 error [airflow-3-removed] `schedule_interval` is removed in Airflow 3.0 (AIR301)",
        f"plugins/operators/stage.py:1 error [moved-import] airflow.hooks.base_hook.BaseHook {OLD}, which Airflow 3.2.1 does not have -> write from airflow.hooks.base import BaseHook",
        "plugins/operators/stage.py:7 error [airflow-3-removed] `apply_defaults` is removed in Airflow 3.0 (AIR301)",
        "plugins/sales_plugin.py:8 warning [airflow-3-removed] `operators` is removed in Airflow 3.0 (AIR301)",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("name", "airflow_version"), EXPECTED)
def test_foreign_content_is_reported_what_is_right(
    name: str, airflow_version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(FOREIGN / name)
    requirements = Path("requirements.txt")
    given = {"requirements": requirements} if requirements.exists() else {}
    with subject_of_paths(airflow_version, dags=Path("dags"), plugins=Path("plugins"), **given) as subject:
        report = run(subject)
    reported = [
        f"{one.file}:{one.line} {one.severity} [{one.rule}] {one.found}"
        + (f" -> {one.fix}" if one.rule == "moved-import" else "")
        for one in report.findings
        if one.rule != "requirements-approximate"  # only where the official constraints cannot be reached
    ]
    assert reported == EXPECTED[name, airflow_version]
    assert report.dags == {("plugins_of_2", "2.11.2"): 3, ("plugins_of_2", "3.2.1"): 1}.get((name, airflow_version), 0)
