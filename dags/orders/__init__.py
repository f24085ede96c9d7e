"""What daily_orders.py is made of: plain Python, tested without Airflow."""
