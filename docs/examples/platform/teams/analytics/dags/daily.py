"""Counts the orders of a day."""

from datetime import datetime

from airflow.sdk import dag, task


@dag(schedule="@daily", start_date=datetime(2026, 1, 1), catchup=False, tags=["analytics"])
def daily():
    @task
    def count() -> int:
        return 3

    count()


daily()
