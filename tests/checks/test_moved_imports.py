import pytest
from mwaa.checks.moved_imports import Move, moved, provider_of
from mwaa.checks.python_imports import Imported, imports_in, runs_later


@pytest.mark.parametrize(
    ("module", "name", "on_2", "on_3"),
    [
        (
            "airflow.operators.bash_operator",
            "BashOperator",
            Move("airflow.operators.bash.BashOperator", works=True),
            Move("airflow.providers.standard.operators.bash.BashOperator", works=False),
        ),
        (
            "airflow.operators.bash_operator",
            None,
            Move("airflow.operators.bash", works=True),
            Move("airflow.operators.bash", works=False),
        ),
        (
            "airflow.contrib.hooks.aws_hook",
            "AwsHook",
            Move("airflow.providers.amazon.aws.hooks.base_aws.AwsBaseHook", works=True),
            Move("airflow.providers.amazon.aws.hooks.base_aws.AwsBaseHook", works=False),
        ),
        (
            "airflow.contrib.operators.emr_add_steps_operator",
            "EmrAddStepsOperator",
            Move("airflow.providers.amazon.aws.operators.emr_add_steps.EmrAddStepsOperator", works=False),
            Move("airflow.providers.amazon.aws.operators.emr_add_steps.EmrAddStepsOperator", works=False),
        ),
        (
            "airflow.operators",
            "PythonOperator",
            Move("airflow.operators.python.PythonOperator", works=False),
            Move("airflow.providers.standard.operators.python.PythonOperator", works=False),
        ),
        ("airflow.operators.bash", "BashOperator", None, None),
        ("airflow.models", "DAG", None, None),
        ("airflow.operators.sales_plugin", "StageOperator", None, None),
    ],
)
def test_paths_of_airflow_1_10_lead_to_those_of_the_release(
    module: str, name: str | None, on_2: Move | None, on_3: Move | None
) -> None:
    assert (moved(module, name, 2), moved(module, name, 3)) == (on_2, on_3)


@pytest.mark.parametrize(
    ("dotted", "provider"),
    [
        ("airflow.providers.snowflake.operators.snowflake", "apache-airflow-providers-snowflake"),
        ("airflow.providers.apache.hive.hooks.hive", "apache-airflow-providers-apache-hive"),
        ("airflow.providers.common.sql.operators.sql", "apache-airflow-providers-common-sql"),
        ("airflow.providers.google.cloud.hooks.gcs", "apache-airflow-providers-google"),
        ("airflow.models", ""),
    ],
)
def test_a_providers_path_names_its_package(dotted: str, provider: str) -> None:
    assert provider_of(dotted) == provider


TEXT = """\
import a
from b.c import d, e
from . import own
try:
    import maybe
except (ImportError, ValueError):
    import instead
try:
    import surely
except ValueError:
    pass
if TYPE_CHECKING:
    import typed
with suppress(ImportError):
    import suppressed
def go():
    import late
    try:
        import late_maybe
    except Exception:
        pass
"""


def test_imports_are_read_with_their_circumstances() -> None:
    assert imports_in(TEXT) == (
        Imported("a", (), 1, optional=False, later=False),
        Imported("b.c", ("d", "e"), 2, optional=False, later=False),
        Imported("maybe", (), 5, optional=True, later=False),
        Imported("instead", (), 7, optional=True, later=False),
        Imported("surely", (), 9, optional=False, later=False),
        Imported("typed", (), 13, optional=True, later=False),
        Imported("suppressed", (), 15, optional=True, later=False),
        Imported("late", (), 17, optional=False, later=True),
        Imported("late_maybe", (), 19, optional=True, later=True),
    )


def test_a_text_that_python_cannot_read_imports_nothing() -> None:
    assert imports_in("import a\nprint 'b'\n") == ()


def test_lines_of_functions_run_later() -> None:
    assert [runs_later(TEXT, line) for line in (1, 16, 17, 21)] == [False, False, True, True]
