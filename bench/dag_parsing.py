"""How long it takes to know whether 500 DAG files can be imported: this project against Airflow's own ways.

    python -m bench.dag_parsing [--airflow 2.11.2 3.2.1] [--files 500] [--runs 3]

The same files, the same environment and the same settings for all: `parse_dags` of this project (files kept apart,
DAGs serialized as Airflow stores them, network and variables watched); `airflow dags list-import-errors`; and one
DagBag over the folder in one process. The last two do not serialize. Nothing is asserted;
the table says what was measured.
"""

import argparse
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from time import perf_counter

from mwaa.airflow import AirflowEnvironment, AirflowSetup, airflow_environ, ensure_environment, migrate, parse_dags
from rich.console import Console
from rich.table import Table

from bench.measure import seconds

SHARED = '''
"""What the files of one team share."""

from datetime import datetime, timedelta

DEFAULTS = {"owner": "team", "retries": 2, "retry_delay": timedelta(minutes=5)}
START = datetime(2026, 1, 1)


def tables(number):
    return [f"schema_{number}.table_{index}" for index in range(5)]
'''

CLASSIC = """
import json
from pathlib import Path

from airflow.models.dag import DAG
from airflow.providers.amazon.aws.operators.s3 import S3ListOperator
from airflow.providers.amazon.aws.sensors.s3 import S3KeySensor
{standard}
from shared_{team} import DEFAULTS, START, tables

QUERIES = json.loads((Path(__file__).parent / "queries.json").read_text())

with DAG("classic_{number}", default_args=DEFAULTS, start_date=START, schedule="@daily", tags=["t{team}"]):
    wait = S3KeySensor(task_id="wait", bucket_name="bucket", bucket_key="in/{{{{ ds }}}}.csv")
    done = EmptyOperator(task_id="done")
    for table in tables({number}):
        name = table.replace(".", "_")
        load = BashOperator(task_id=f"load_{{name}}", bash_command=QUERIES["load"].format(table=table))
        wait >> load >> done
    S3ListOperator(task_id="listing", bucket="bucket", prefix="out/") >> done
"""

TASKFLOW = """
import logging

import boto3
import pendulum
from airflow.decorators import dag, task

from shared_{team} import DEFAULTS, START

log = logging.getLogger(__name__)


@dag("taskflow_{number}", default_args=DEFAULTS, start_date=START, schedule="0 {hour} * * *", catchup=False)
def pipeline():
    @task
    def extract(ds=None):
        return [{{"day": ds, "value": value}} for value in range(10)]

    @task
    def transform(rows):
        return sum(row["value"] for row in rows)

    @task(retries=5)
    def load(total):
        boto3.client("s3").put_object(Bucket="bucket", Key="total", Body=str(total))
        log.info("%s at %s", total, pendulum.now())

    load(transform(extract()))


pipeline()
"""

FACTORY = """
from airflow.models.dag import DAG
from airflow.utils.task_group import TaskGroup
{standard}
from shared_{team} import DEFAULTS, START, tables


def check(**context):
    print(context["ds"])


def make(name, schedule):
    with DAG(name, default_args=DEFAULTS, start_date=START, schedule=schedule, catchup=False) as made:
        for table in tables({number}):
            with TaskGroup(table.replace(".", "_")):
                first = PythonOperator(task_id="check", python_callable=check)
                first >> BashOperator(task_id="copy", bash_command=f"echo {{table}}")
    return made


for region in ("eu", "us", "ap"):
    globals()[f"dag_{{region}}"] = make(f"factory_{number}_{{region}}", "@hourly")
"""

STANDARD_2 = """from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import PythonOperator
"""
STANDARD_3 = """from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import PythonOperator
"""

ONE_PROCESS = """
import sys
import time
try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:
    from airflow.models.dagbag import DagBag
sys.path.append(sys.argv[1])
bag = DagBag(sys.argv[1], include_examples=False)
sys.exit(bool(bag.import_errors) or len(bag.dags) < int(sys.argv[2]))
"""


def write_dags(folder: Path, count: int, major: int) -> list[str]:
    """Their names. A third of each kind; ten teams, each with a module of its own beside the DAGs."""
    standard = STANDARD_2 if major == 2 else STANDARD_3
    for team in range(10):
        (folder / f"shared_{team}.py").write_text(SHARED, encoding="utf-8")
    (folder / "queries.json").write_text('{"load": "echo load {table}"}', encoding="utf-8")
    names = []
    for number in range(count):
        text = (CLASSIC, TASKFLOW, FACTORY)[number % 3]
        names.append(f"file_{number:04}.py")
        filled = text.format(number=number, team=number % 10, hour=number % 24, standard=standard)
        (folder / names[-1]).write_text(filled, encoding="utf-8")
    return names


def contest(
    environment: AirflowEnvironment, files: int, runs: int, say: Callable[[str], None]
) -> dict[str, list[float]]:
    """Seconds of each run, by what ran."""
    with tempfile.TemporaryDirectory(prefix="mwaa-bench-") as scratch:
        dags, home = Path(scratch) / "dags", Path(scratch) / "home"
        dags.mkdir()
        names = write_dags(dags, files, environment.major)
        setup = AirflowSetup(environment, dags)
        migrate(environment, home, say)
        environ = airflow_environ(setup, home)
        python = str(environment.python)
        errors = environment.command("dags", "list-import-errors")
        if environment.major > 2:  # the files, not the database
            errors += ["--local", "--bundle-name", "dags-folder"]

        def ours() -> float:
            started = perf_counter()
            parsed = parse_dags(setup, names)
            took = perf_counter() - started
            broken = [file for file in parsed.files if file.error]
            assert not broken, broken[0]
            return took

        ways: dict[str, Callable[[], float]] = {
            "this project": ours,
            "airflow dags list-import-errors": lambda: seconds(errors, home, environ),
            "DagBag in one process": lambda: seconds([python, "-c", ONE_PROCESS, str(dags), str(files)], home, environ),
        }
        times: dict[str, list[float]] = {name: [] for name in ways}
        for run in range(runs + 1):
            for name, way in ways.items():
                took = way()
                if run:  # the first warms the disk
                    times[name].append(took)
                say(
                    f"{environment.airflow_version}: {name}: {'run ' + str(run) if run else 'warming up'}: {took:.1f} s"
                )
    return times


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.dag_parsing", description=__doc__)
    parser.add_argument("--airflow", nargs="+", default=["2.11.2", "3.2.1"], metavar="VERSION")
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 140, highlight=False)
    shown = Table(title=f"{given.files} DAG files, whole process: median of {given.runs} runs")
    for heading in ("Airflow", "", "seconds", "fastest to slowest", "time to ours"):
        shown.add_column(heading, justify="right" if heading in ("seconds", "time to ours") else "left")
    for version in given.airflow:
        environment = ensure_environment(version, None, {}, console.print)
        times = contest(environment, given.files, given.runs, console.print)
        ours = statistics.median(times["this project"])
        for name, taken in times.items():
            median = statistics.median(taken)
            spread = f"{min(taken):.2f} to {max(taken):.2f}"
            shown.add_row(version, name, f"{median:.2f}", spread, f"{median / ours:.2f}x")
    console.print(shown)
    console.print(
        f"{date.today()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores, each environment's Python"
    )


if __name__ == "__main__":
    main()
