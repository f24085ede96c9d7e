from datetime import date

from mwaa.aws_facts.image_packages import PUBLISHED, essentials, has_essentials, image_requirements
from mwaa.aws_facts.releases import supported_versions
from mwaa.aws_facts.user_guide import READ_ON


def test_every_supported_release_has_the_day_on_which_it_came_out() -> None:
    assert set(supported_versions(READ_ON)) == set(PUBLISHED)
    assert PUBLISHED["3.2.1"] == date(2026, 4, 22)


def test_the_essential_pins_are_those_of_the_image() -> None:
    pins = essentials("2.11.2")
    assert len(pins) == 24
    assert pins["apache-airflow"] == "2.11.2"
    assert pins["sqlalchemy"] == "1.4.54"
    assert pins["flask-appbuilder"] == "4.5.4"
    assert "kombu" not in pins
    assert essentials("3.2.1")["kombu"] == "5.6.2"


def test_a_release_without_a_list_pins_airflow_alone() -> None:
    assert [version for version in PUBLISHED if not has_essentials(version)] == ["2.10.1", "2.8.1", "2.7.2"]
    assert essentials("2.10.1") == {"apache-airflow": "2.10.1"}


def test_every_list_pins_its_own_airflow() -> None:
    assert [version for version in PUBLISHED if essentials(version)["apache-airflow"] != version] == []


def test_the_image_is_a_list_of_requirement_lines() -> None:
    assert image_requirements("3.2.1") == (
        "apache-airflow[celery,statsd]==3.2.1",
        "apache-airflow-providers-amazon[aiobotocore]",
        "apache-airflow-providers-postgres",
        "watchtower",
        "virtualenv",
        "fluent-logger",
        "apache-airflow-providers-fab",
        "apache-airflow-providers-standard",
        "apache-airflow-core[gunicorn]==3.2.1",
    )
    assert image_requirements("2.9.2") == (
        "apache-airflow[celery,statsd]==2.9.2",
        "apache-airflow-providers-amazon[aiobotocore]",
        "apache-airflow-providers-postgres",
        "watchtower",
    )
