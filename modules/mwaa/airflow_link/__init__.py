"""The link between the emulated MWAA and its Airflow: which Airflow serves an environment, and how to call it."""
