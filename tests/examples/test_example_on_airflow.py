"""The example content under real Airflow: imported without a word, and run, by release."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mwaa.airflow import AirflowSetup, run_dag_test, run_for_exports
from mwaa.aws_facts.containers import DAGS_FOLDER, PLUGINS_FOLDER
from mwaa.aws_facts.releases import RELEASES
from mwaa.checks.content_layout import subject_of_paths
from mwaa.checks.subject import Subject

from tests.releases import by_release

ROOT = Path(__file__).parents[2]


@contextmanager
def example(airflow_version: str, folder: Path) -> Iterator[Subject]:
    """The example for that release: its constraint line names the release, as the file itself asks for."""
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    ours = f"constraints-{airflow_version}/constraints-{RELEASES[airflow_version].python}.txt"
    rewritten, count = re.subn(r"constraints-[\d.]+/constraints-[\d.]+\.txt", ours, text)
    assert count == 1
    requirements = folder / "requirements.txt"
    requirements.write_text(rewritten, encoding="utf-8")
    with subject_of_paths(
        airflow_version,
        dags=ROOT / "dags",
        plugins=ROOT / "plugins",
        requirements=requirements,
        startup_script=ROOT / "startup.sh",
        say=print,
    ) as subject:
        yield subject


@by_release
def test_the_example_is_imported_and_runs(airflow_version: str, tmp_path: Path) -> None:
    with example(airflow_version, tmp_path) as subject:
        (file,) = subject.parsed.files
        assert file.error is None, file.error
        assert [(dag.dag_id, dag.schedule, dag.tasks) for dag in file.dags] == [("daily_orders", "0 5 * * *", 5)]
        assert (file.network, file.variables, file.programs) == ((), (), ())
        assert [(plugin.name, plugin.macros) for plugin in subject.parsed.plugins.plugins] == [
            ("acme", ("settlement_date",))
        ]
        assert subject.parsed.plugins.errors == ()
        assert subject.startup_script
        lines: list[str] = []
        setup = AirflowSetup(
            subject.airflow,
            subject.folders[DAGS_FOLDER],
            subject.folders[PLUGINS_FOLDER],
            subject.options,
            run_for_exports(subject.startup_script.path, "worker").variables,
            {"PATH": os.environ["PATH"]},
        )
        run = run_dag_test(setup, "daily_orders", date="2026-05-04", conf=None, line=lines.append, say=print)
    assert run.succeeded
    assert {task.task_id: task.state for task in run.tasks} == {
        "banks_open": "success",
        "banks_closed": "skipped",
        "summarise": "success",
        "check": "success",
        "report": "success",
    }
    said = "\n".join(lines)
    assert "6 rows keep all 4 rules" in said  # the operator from plugins/
    assert re.search(r"2026-05-04: [\d.]+ euros, settled on 2026-05-06", said)  # holidays, through the plugin's macro
