# mypy: ignore-errors
"""The parts of parse.py: a package under a name of its own, so that no module of a DAG folder can take its place.

Run by the Python of an Airflow environment. It imports only the standard library and that Airflow, and is not typed,
because it runs with several Airflow releases.
"""
