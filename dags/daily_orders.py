"""
### Daily orders

Sums the orders of each bank day by country, checks the sums, and reports them with the settlement date.
On days when the banks are closed it only logs the reason.

**Owner**: the orders team. **Safe to rerun**: yes, each run depends only on its own day.
**When `check` fails**, the shop's data is wrong: contact the shop, then clear the task.
"""

import logging
from datetime import UTC, date, datetime, timedelta
from typing import Any

from acme.airflow_api import dag, get_current_context, task
from acme.bank_calendar import closed_because
from acme.quality import RowQualityOperator
from acme.rules import at_least, between, unique
from airflow.timetables.interval import CronDataIntervalTimetable
from orders.source import orders_of
from orders.summary import by_country

log = logging.getLogger(__name__)


@dag(
    # Each run covers the day before it. A plain "0 5 * * *" means that only on Airflow 2; on Airflow 3 a run would
    # cover its own day, five hours of which are over.
    schedule=CronDataIntervalTimetable("0 5 * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=1),
    default_args={
        "owner": "orders",
        "retries": 2,
        "retry_delay": timedelta(minutes=5),
        "execution_timeout": timedelta(minutes=10),
    },
    tags=["orders", "example"],
    doc_md=__doc__,
)
def daily_orders():
    @task.branch
    def banks_open(ds: str) -> str:
        """Return the task to continue with."""
        return "banks_closed" if closed_because(date.fromisoformat(ds)) else "summarise"

    @task
    def banks_closed(ds: str) -> None:
        log.info("No report for %s, the banks are closed: %s", ds, closed_because(date.fromisoformat(ds)))

    @task
    def summarise(ds: str) -> list[dict[str, Any]]:
        return by_country(orders_of(date.fromisoformat(ds)))

    # Rendered from the plugin's macro, so that the web interface shows the date before the task runs.
    @task(templates_dict={"settles_on": "{{ macros.acme.settlement_date(ds) }}"})
    def report(rows: list[dict[str, Any]], templates_dict: dict[str, Any]) -> None:
        ds = get_current_context()["ds"]
        total = sum(row["euros"] for row in rows)
        log.info("%s: %.2f euros, settled on %s", ds, total, templates_dict["settles_on"])
        for row in rows:
            log.info("%s: %d orders, %.2f euros", row["country"], row["orders"], row["euros"])

    summary = summarise()
    check = RowQualityOperator(
        task_id="check",
        rows=summary,
        rules=[at_least(1), unique("country"), between("orders", 1, 10_000), between("euros", 0.01, 5_000_000)],
    )
    banks_open() >> [banks_closed(), summary]
    report(check.output)


daily_orders()
