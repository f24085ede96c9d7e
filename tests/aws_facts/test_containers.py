import pytest
from mwaa.aws_facts.containers import RESERVED_VARIABLES, component_name, is_reserved


@pytest.mark.parametrize(
    ("environment_class", "component", "name"),
    [
        ("mw1.micro", "scheduler", "hybrid"),
        ("mw1.micro", "worker", "hybrid"),
        ("mw1.small", "worker", "worker"),
        (None, "scheduler", "scheduler"),
    ],
)
def test_micro_runs_scheduler_and_worker_in_one_container(
    environment_class: str | None, component: str, name: str
) -> None:
    assert component_name(environment_class, component) == name


def test_the_variables_of_mwaa_are_reserved() -> None:
    assert len(RESERVED_VARIABLES) == 22
    assert is_reserved("AIRFLOW_HOME")
    assert is_reserved("MWAA__CORE__ANYTHING")
    assert not is_reserved("MWAA_TEAM")
    assert not is_reserved("AIRFLOW__CORE__PARALLELISM")
