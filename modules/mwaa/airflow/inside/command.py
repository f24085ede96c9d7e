# mypy: ignore-errors
"""`airflow`, with the DAG folder on sys.path as the DAG processor and the task runner have it.

The command line of 3.0.6 forgets it: `dags test` then cannot import what lies beside the DAGs. At the end of the path,
where Airflow puts it: a variable PYTHONPATH would let a DAG folder's `email.py` hide Python's own.
"""

import os
import sys

from airflow.__main__ import main
from airflow.settings import prepare_syspath_for_config_and_plugins

folder = os.environ["AIRFLOW__CORE__DAGS_FOLDER"]
if folder not in sys.path:
    sys.path.append(folder)
prepare_syspath_for_config_and_plugins()
sys.exit(main())
