"""The logic of daily_orders.py: plain Python, tested without Airflow."""
