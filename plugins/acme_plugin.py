"""Registers macros with Airflow. Operators need no registration: DAGs import them."""

from typing import ClassVar

from acme.airflow_api import AirflowPlugin
from acme.bank_calendar import settlement_date


class AcmePlugin(AirflowPlugin):
    """Offers `{{ macros.acme.settlement_date(ds) }}` in templates."""

    name = "acme"
    macros: ClassVar = [settlement_date]
