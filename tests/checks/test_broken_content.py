"""Every kind of broken content has its own message. One tree, so that one run of the real Airflow finds them all."""
# ruff: noqa: E501 (messages are compared whole)

from collections.abc import Callable

from mwaa.checks.content_layout import subject_of_workspace
from mwaa.checks.finding import Finding
from mwaa.checks.running import CheckReport, run
from mwaa.config import Content, Definition, Suppression, Workspace

from tests.checks.conftest import Write
from tests.releases import by_release

DAG = """\
from datetime import datetime

from airflow import DAG

dag = DAG("{}", start_date=datetime(2026, 1, 1), schedule=None)
"""

FILES: dict[str, str | bytes] = {
    "dags/good.py": DAG.format("good"),
    "dags/syntax.py": 'from airflow import DAG\n\nwith DAG("syntax") as dag\n    pass\n',
    "dags/no_package.py": "import sklearn\n" + DAG.format("no_package"),
    "dags/other_name.py": "import python_dateutil\n" + DAG.format("other_name"),
    "dags/no_plugin.py": "from acme.rulez import LOW\n" + DAG.format("no_plugin"),
    "dags/no_provider.py": "from airflow.providers.snowflake.operators.snowflake import SnowflakeOperator\n"
    + DAG.format("no_provider"),
    "dags/no_name.py": "from acme.rules import HIGH\n" + DAG.format("no_name"),
    "dags/through_plugin.py": "from acme.needy import X\n" + DAG.format("through_plugin"),
    "dags/through_plugin_too.py": "from acme.needy import X\n" + DAG.format("through_plugin_too"),
    "dags/optional.py": "try:\n    import sklearn\nexcept ImportError:\n    sklearn = None\n" + DAG.format("optional"),
    "dags/later.py": DAG.format("later") + "\n\ndef go():\n    from acme.gone import X\n\n    return X\n",
    "dags/twice_1.py": DAG.format("twice"),
    "dags/twice_2.py": DAG.format("twice"),
    "dags/cycle.py": DAG.format("cycle")
    + """
try:
    from airflow.providers.standard.operators.empty import EmptyOperator
except ImportError:
    from airflow.operators.empty import EmptyOperator

with dag:
    first, second = EmptyOperator(task_id="first"), EmptyOperator(task_id="second")
    first >> second >> first
""",
    "dags/slow.py": "import time\n\nimport airflow  # dag\n\ntime.sleep(200)\n",
    "dags/fails.py": DAG.format("fails") + "\nraise ValueError('no such shop')\n",
    "dags/top_level.py": DAG.format("top_level")
    + """
import socket
import subprocess

from airflow.models import Variable

REGION = Variable.get("region", default_var="eu-west-1")
subprocess.run(["true"], check=True)
try:
    socket.create_connection(("prices.example.com", 443), timeout=1)
except OSError:
    pass
""",
    "dags/needs_variable.py": DAG.format("needs_variable")
    + '\nfrom airflow.models import Variable\n\nNAME = Variable.get("shop")\n',
    "plugins/acme/__init__.py": "",
    "plugins/acme/rules.py": "LOW = 1\n",
    "plugins/acme/needy.py": "import nowhere_to_be_found\n",
    "plugins/.airflowignore": "acme/\n",
    "plugins/broken_plugin.py": "raise RuntimeError('no plugin today')\n",
}

TIMEOUT = "6"
READS = "each time Airflow imports the file"
NOWHERE = "not in plugins/, beside the DAGs, in MWAA's image or in requirements.txt"

FOUND = [
    'dags/cycle.py:5 error [dag-cycle] the DAG "cycle" has a cycle: the task "second" depends on itself',
    "dags/fails.py:7 error [import-error] ValueError: no such shop",
    "dags/later.py:9 error [missing-module] there is no module acme.gone in the content (it fails when the function runs)",
    "dags/needs_variable.py:9 note [not-proved] not proved beyond this line: needs the variable shop",
    f'dags/needs_variable.py:9 warning [top-level-variable] reads the variable "shop" {READS}',
    "dags/no_name.py:1 error [import-error] ImportError: cannot import name 'HIGH' from 'acme.rules' (plugins/acme/rules.py)",
    f"dags/no_package.py:1 error [missing-module] there is no module sklearn: {NOWHERE}",
    "dags/no_plugin.py:1 error [missing-module] there is no module acme.rulez in the content",
    "dags/no_provider.py:1 error [missing-provider] airflow.providers.snowflake.operators.snowflake belongs to apache-airflow-providers-snowflake, which neither MWAA's image nor requirements.txt brings",
    "dags/other_name.py:1 error [missing-module] there is no module python_dateutil",
    f"dags/slow.py:5 error [dag-parse-time] importing the file was stopped after {TIMEOUT} s, Airflow's limit: it has no DAGs",
    "dags/syntax.py:3 error [syntax-error] Python {python} cannot read it: expected ':'",
    f'dags/top_level.py:12 warning [top-level-variable] reads the variable "region" {READS}',
    f"dags/top_level.py:13 warning [top-level-program] runs true {READS}",
    f"dags/top_level.py:15 warning [top-level-network] talks to prices.example.com:443 {READS}",
    'dags/twice_2.py:5 error [duplicate-dag] the DAG id "twice" is taken: dags/twice_1.py:5 has it too, and Airflow keeps only one of them',
    f"plugins/acme/needy.py:1 error [missing-module] there is no module nowhere_to_be_found: {NOWHERE}; 2 DAG files cannot be imported because of it",
    "plugins/broken_plugin.py:1 error [import-error] RuntimeError: no plugin today",
]

FIXES = {
    "dags/cycle.py": "remove one of the dependencies between these tasks",
    "dags/no_package.py": "add scikit-learn to requirements.txt, or sklearn.py to plugins/",
    "dags/no_plugin.py": 'did you mean "rules"?',
    "dags/no_provider.py": "add apache-airflow-providers-snowflake to requirements.txt",
    "dags/other_name.py": "import dateutil, which is what the package python_dateutil is imported as",
    "dags/slow.py": "move the work into a task; the limit is core.dagbag_import_timeout",
    "dags/twice_2.py": "choose another id for one of the DAGs",
}


def line_of(one: Finding) -> str:
    place = ":".join(str(part) for part in (one.file, one.line) if part)
    return f"{place} {one.severity} [{one.rule}] {one.found}"


def of_content(report: CheckReport) -> list[Finding]:
    """Without what Airflow 3 would rather have, which is not what is broken here."""
    apart = ("airflow-3-moved", "deprecation", "requirements-approximate")
    return [one for one in report.findings if one.rule not in apart]


@by_release
def test_each_kind_of_broken_dag_has_its_own_message(
    airflow_version: str, write: Write, workspace: Callable[..., Workspace]
) -> None:
    one = workspace(
        airflow_version=airflow_version,
        airflow_configuration_options={"core.dagbag_import_timeout": TIMEOUT, "core.lazy_load_plugins": "False"},
        suppressions=(Suppression(rule="import-error", path="dags/none*.py", reason="none of them is there"),),
        content=Content(requirements=None, startup_script=None),
    )
    with subject_of_workspace(write(FILES), Definition(one, "environments/dev.py")) as subject:
        report = run(subject)
    found = of_content(report)
    useless = "the suppression of import-error in dags/none*.py matches no finding"
    assert sorted(line_of(finding) for finding in found) == sorted(
        [line.replace("{python}", subject.release.python) for line in FOUND]
        + [f"environments/dev.py warning [unused-suppression] {useless}"]
    )
    fixes = {finding.file: finding.fix for finding in found}
    assert {file: fixes[file] for file in FIXES} == FIXES
    assert report.dags == 5
