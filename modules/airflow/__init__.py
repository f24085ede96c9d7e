"""The real Airflow of a release on this machine: its environment, and what is run in it."""
