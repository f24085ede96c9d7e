"""The packages that MWAA's image of each release pins and installs, and the release dates of Airflow.

Sources
  IMG   github.com/aws/amazon-mwaa-docker-images at 9d2bebb (2026-08-20): images/airflow/<v>/etc/
        mwaa_essential_constraints.txt and images/airflow/<v>/bootstrap/02-airflow/001-install-required-pip-packages.sh
  PyPI  the upload dates of apache-airflow, read 2026-11-22
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from packaging.utils import canonicalize_name

PUBLISHED: Mapping[str, date] = MappingProxyType(
    {
        "3.3.1": date(2026, 8, 12),
        "3.2.1": date(2026, 4, 22),
        "3.0.6": date(2025, 8, 29),
        "2.11.2": date(2026, 3, 14),
        "2.11.0": date(2025, 5, 20),
        "2.10.3": date(2024, 11, 5),
        "2.10.1": date(2024, 9, 6),
        "2.9.2": date(2024, 6, 10),
        "2.8.1": date(2024, 1, 19),
        "2.7.2": date(2023, 10, 12),
    }
)
"""The day on which a release of Apache Airflow was uploaded. PyPI."""

ESSENTIAL_SOURCE = "github.com/aws/amazon-mwaa-docker-images at 9d2bebb, etc/mwaa_essential_constraints.txt"

_PINS: Mapping[str, str] = MappingProxyType(
    {
        "3.3.1": """
            apache-airflow==3.3.1 flask-appbuilder==5.2.2 Flask-Babel==4.0.0 Flask-JWT-Extended==4.7.4
            Flask-Limiter==4.1.1 Flask-Login==0.6.3 Flask-SQLAlchemy==3.1.1 Flask-Session==0.8.0 Flask-WTF==1.3.0
            Flask==3.1.3 gunicorn==26.0.0 billiard==4.2.4 celery==5.6.3 gevent==26.7.0 greenlet==3.5.4 kombu==5.6.2
            vine==5.1.0 SQLAlchemy-Utils==0.42.1 SQLAlchemy==2.0.51 statsd==4.0.1 watchtower==3.4.0
            fluent-logger==0.11.1
        """,
        "3.2.1": """
            apache-airflow==3.2.1 Flask-AppBuilder==5.2.0 Flask-Babel==4.0.0 Flask-Bcrypt==1.0.1 Flask-Caching==2.3.0
            Flask-JWT-Extended==4.7.1 Flask-Limiter==3.12 Flask-Login==0.6.3 Flask-SQLAlchemy==3.1.1
            Flask-Session==0.8.0 Flask-WTF==1.2.2 Flask==3.1.3 gunicorn==25.3.0 billiard==4.2.4 celery==5.6.3
            gevent==26.4.0 greenlet==3.4.0 kombu==5.6.2 vine==5.1.0 SQLAlchemy-Utils==0.42.1 SQLAlchemy==2.0.49
            statsd==4.0.1 watchtower==3.4.0 fluent-logger==0.11.1
        """,
        "3.0.6": """
            apache-airflow==3.0.6 Flask-AppBuilder==4.6.3 Flask-Babel==2.0.0 Flask-Bcrypt==1.0.1 Flask-Caching==2.3.0
            Flask-JWT-Extended==4.7.1 Flask-Limiter==3.12 Flask-Login==0.6.3 Flask-SQLAlchemy==2.5.1
            Flask-Session==0.5.0 Flask-WTF==1.2.2 Flask==2.2.5 gunicorn==23.0.0 billiard==4.2.1 celery==5.5.2
            gevent==25.5.1 greenlet==3.2.4 kombu==5.5.4 vine==5.1.0 SQLAlchemy-JSONField==1.0.2
            SQLAlchemy-Utils==0.41.2 SQLAlchemy==1.4.54 statsd==4.0.1 watchtower==3.4.0 fluent-logger==0.11.1
        """,
        "2.11.2": """
            apache-airflow==2.11.2 Flask-AppBuilder==4.5.4 Flask-Babel==2.0.0 Flask-Bcrypt==1.0.1 Flask-Caching==2.3.1
            Flask-JWT-Extended==4.7.1 Flask-Limiter==3.12 Flask-Login==0.6.3 Flask-SQLAlchemy==2.5.1
            Flask-Session==0.8.0 Flask-WTF==1.2.2 Flask==2.3.3 gunicorn==25.1.0 billiard==4.2.4 celery==5.6.2
            gevent==25.9.1 greenlet==3.3.2 vine==5.1.0 SQLAlchemy-JSONField==1.0.2 SQLAlchemy-Utils==0.42.1
            SQLAlchemy==1.4.54 statsd==4.0.1 watchtower==3.4.0 fluent-logger==0.11.1
        """,
        "2.11.0": """
            apache-airflow==2.11.0 Flask-AppBuilder==4.5.3 Flask-Babel==2.0.0 Flask-Bcrypt==1.0.1 Flask-Caching==2.3.1
            Flask-JWT-Extended==4.7.1 Flask-Limiter==3.12 Flask-Login==0.6.3 Flask-SQLAlchemy==2.5.1
            Flask-Session==0.5.0 Flask-WTF==1.2.2 Flask==2.2.5 gunicorn==23.0.0 billiard==4.2.1 celery==5.5.2
            gevent==25.5.1 greenlet==3.2.2 vine==5.1.0 SQLAlchemy-JSONField==1.0.2 SQLAlchemy-Utils==0.41.2
            SQLAlchemy==1.4.54 statsd==4.0.1 watchtower==3.4.0 fluent-logger==0.11.1
        """,
        "2.10.3": """
            apache-airflow==2.10.3 Flask-AppBuilder==4.5.2 Flask-Babel==2.0.0 Flask-Bcrypt==1.0.1 Flask-Caching==2.3.0
            Flask-JWT-Extended==4.6.0 Flask-Limiter==3.8.0 Flask-Login==0.6.3 Flask-SQLAlchemy==2.5.1
            Flask-Session==0.5.0 Flask-WTF==1.2.2 Flask==2.2.5 gunicorn==23.0.0 billiard==4.2.1 celery==5.4.0
            gevent==24.10.3 greenlet==3.1.1 kombu==5.4.2 vine==5.1.0 SQLAlchemy-JSONField==1.0.2
            SQLAlchemy-Utils==0.41.2 SQLAlchemy==1.4.54 statsd==4.0.1 watchtower==3.3.1 fluent-logger==0.11.1
        """,
        "2.9.2": """
            apache-airflow==2.9.2 Flask-AppBuilder==4.4.1 Flask-Babel==2.0.0 Flask-Bcrypt==1.0.1 Flask-Caching==2.3.0
            Flask-JWT-Extended==4.6.0 Flask-Limiter==3.7.0 Flask-Login==0.6.3 Flask-SQLAlchemy==2.5.1
            Flask-Session==0.5.0 Flask-WTF==1.2.1 Flask==2.2.5 gunicorn==22.0.0 billiard==4.2.0 celery==5.4.0
            gevent==24.2.1 greenlet==3.0.3 kombu==5.3.7 vine==5.1.0 SQLAlchemy-JSONField==1.0.2
            SQLAlchemy-Utils==0.41.2 SQLAlchemy==1.4.52 statsd==4.0.1 watchtower==3.2.0 fluent-logger==0.11.1
        """,
    }
)
"""IMG. 2.10.1, 2.8.1 and 2.7.2 have no such file there."""


def essentials(airflow_version: str) -> Mapping[str, str]:
    """Return the versions that MWAA pins for every installation, by normalised package name.

    For a release without a published list that is `apache-airflow` alone: what else MWAA pins there is unverified.
    """
    pins = _PINS.get(airflow_version, f"apache-airflow=={airflow_version}")
    return {canonicalize_name(name): version for name, _, version in (pin.partition("==") for pin in pins.split())}


def has_essentials(airflow_version: str) -> bool:
    """Whether MWAA's list of pins for the release is known."""
    return airflow_version in _PINS


def image_requirements(airflow_version: str) -> tuple[str, ...]:
    """Return what MWAA's image installs, as requirement lines. IMG; a release without a folder there: its neighbour's.

    Packages that no constraints file pins are left out, because their version in the image is unknown (`boto3-stubs`,
    `pycurl` of `celery[sqs]`), and so is `psycopg2`, which the image compiles beside `psycopg2-binary`.
    """
    lines = [
        f"apache-airflow[celery,statsd]=={airflow_version}",
        "apache-airflow-providers-amazon[aiobotocore]",
        "apache-airflow-providers-postgres",
        "watchtower",
    ]
    numbers = tuple(int(part) for part in airflow_version.split("."))
    if numbers >= (2, 10):
        lines.append("virtualenv")
    if numbers >= (2, 11):
        lines.append("fluent-logger")
    if numbers >= (3,):
        lines += ["apache-airflow-providers-fab", "apache-airflow-providers-standard"]
    if numbers >= (3, 2):
        lines.append(f"apache-airflow-core[gunicorn]=={airflow_version}")
    return tuple(lines)
