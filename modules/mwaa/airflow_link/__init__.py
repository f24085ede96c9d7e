"""The link between the emulated MWAA and its Airflow: which local Airflow serves an environment, and how to ask it."""
