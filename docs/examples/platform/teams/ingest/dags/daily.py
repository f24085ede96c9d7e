"""Counts the files of a day."""

from datetime import datetime

from airflow.sdk import dag, task


@dag(schedule="@daily", start_date=datetime(2026, 1, 1), catchup=False, tags=["ingest"])
def daily():
    @task
    def count() -> int:
        return 3

    count()


daily()
