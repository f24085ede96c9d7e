"""Real Airflow imports DAG files, good and bad: one run over all of them, then what each came to."""

import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from mwaa.airflow import AirflowEnvironment, AirflowSetup, ParsedFile, parse_dags
from mwaa.airflow.parsing import NetworkCall, ParsedContent, Place, ProgramRun, VariableRead

from tests.releases import by_release

ROOT = Path(__file__).parents[2]

GOOD = """
import json
from datetime import datetime
from pathlib import Path

from airflow.models.dag import DAG
{empty}
from helpers.names import NAME

HERE = Path(__file__).parent
QUERY = (HERE / "query.sql").read_text()
SETTINGS = json.loads((HERE / "settings.json").read_text())

with DAG(NAME, start_date=datetime(2026, 1, 1), schedule="@daily", tags=["b", "a"]):
    EmptyOperator(task_id="first") >> EmptyOperator(task_id="second", doc=QUERY + "{{{{ var.value.not_read }}}}")
"""
EMPTY = {2: "from airflow.operators.empty import EmptyOperator"}
EMPTY_3 = "from airflow.providers.standard.operators.empty import EmptyOperator"


def dag(dag_id: str, rest: str = "pass") -> str:
    return (
        "from datetime import datetime\nfrom airflow.sdk import DAG\n"
        f"{EMPTY_3}\n"
        f'with DAG("{dag_id}", start_date=datetime(2026, 1, 1), schedule=None):\n    {rest}\n'
    )


FILES = {
    "good.py": GOOD.format(empty=EMPTY_3),
    "helpers/__init__.py": "",
    "helpers/names.py": 'NAME = "good"\n',
    "query.sql": "select 1\n",
    "settings.json": "{}\n",
    "one.py": dag("twice"),
    "two.py": dag("twice"),
    "syntax.py": "from airflow import DAG  # a dag\n\ndef broken(:\n    pass\n",
    "missing.py": "import airflow  # a dag\nimport nothing.like_it\n",
    "provider.py": "# a dag\nfrom airflow.providers.google.cloud.operators.bigquery import BigQueryHook\n",
    "old.py": "# a dag\nfrom airflow.operators.bash_operator import BashOperator\n",
    "name.py": "# a dag\nfrom airflow.sdk import (\n    DAG,\n    SubDagOperator,\n)\n",
    "cycle.py": dag("round", 'a, b = EmptyOperator(task_id="a"), EmptyOperator(task_id="b"); a >> b >> a'),
    "slow.py": "import airflow, time  # a dag\ntime.sleep(200)\n",
    "stubborn.py": (
        "import airflow, time  # a dag\n"
        "while True:\n    try:\n        time.sleep(200)\n    except BaseException:\n        pass\n"
    ),
    "exits.py": "import airflow, sys  # a dag\nsys.exit(3)\n",
    "aborts.py": "import airflow, os  # a dag\n\nos.abort()\n",
    "segfaults.py": "import airflow, ctypes  # a dag\n\n\nctypes.string_at(0)\n",
    "network.py": (
        "import airflow, socket, urllib.request  # a dag\n"
        "try:\n    urllib.request.urlopen('http://example.invalid/x')\nexcept OSError:\n    pass\n"
        "socket.create_connection(('127.0.0.1', 9))\n"
    ),
    "programs.py": "import airflow, subprocess  # a dag\nsubprocess.run(['true'])\n",
    "variables.py": (
        "from airflow.sdk import Variable  # a dag\n"
        'Variable.get("with_default", default=1)\nassert Variable.get("given") == "x"\nVariable.get("needed")\n'
    ),
    "connection.py": 'from airflow.sdk import BaseHook  # a dag\nBaseHook.get_connection("needed_too")\n',
    "absolute.py": "import airflow  # a dag\nopen('/usr/local/airflow/dags/query.sql')\n",
    "absent.py": "import airflow  # a dag\nopen('/usr/local/airflow/dags/other.sql')\n",
    "database.py": (
        "from airflow.settings import Session  # a dag\nfrom airflow.models import DagRun\n"
        "Session().query(DagRun).all()\n"
    ),
    "unstored.py": (
        "from datetime import datetime\nfrom airflow.sdk import DAG\nfrom airflow.timetables.base import Timetable\n"
        "class Mine(Timetable):\n    summary = 'mine'\n    def serialize(self):\n        return {}\n"
        'with DAG("unstored", start_date=datetime(2026, 1, 1), schedule=Mine()):\n    pass\n'
    ),
    "spoils.py": dag("spoils", "import os, sys; os.environ['SPOILT'] = '1'; sys.path.append('/spoilt')"),
    "spoilt.py": dag("spoilt", "import os, sys; assert 'SPOILT' not in os.environ and '/spoilt' not in sys.path"),
    "parse.py": dag("named_like_our_program"),
}
PLUGINS = {
    "good_plugin.py": (
        "from airflow.plugins_manager import AirflowPlugin\n\ndef shout(text):\n    return text.upper()\n\n"
        'class Good(AirflowPlugin):\n    name = "good"\n    macros = [shout]\n'
    ),
    "broken_plugin.py": "import os\nimport nothing_here\n",
    "unfinished_plugin.py": "def unfinished(\n",
}
LIMITS = {"core.dagbag_import_timeout": "4", "dag_processor.dag_file_processor_timeout": "5"}
NOT_PARSED = ("helpers/", "query.sql", "settings.json")


def in_dags(file: str, line: int | None) -> Place:
    return Place("dags", file, line)


@pytest.fixture(scope="module")
def parsed(airflow: Callable[[str], AirflowEnvironment], tmp_path_factory: pytest.TempPathFactory) -> ParsedContent:
    top = tmp_path_factory.mktemp("content")
    for folder, files in (("dags", FILES), ("plugins", PLUGINS)):
        for name, text in files.items():
            path = top / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    with zipfile.ZipFile(top / "dags" / "packed.zip", "w") as packed:
        packed.writestr("inside.py", dag("packed"))
    keys = [name for name in (*FILES, "packed.zip") if not name.startswith(NOT_PARSED)]
    base = {"PATH": os.environ["PATH"], "AIRFLOW_VAR_GIVEN": "x"}
    return parse_dags(AirflowSetup(airflow("3.2.1"), top / "dags", top / "plugins", LIMITS, {}, base), keys)


@pytest.fixture
def of(parsed: ParsedContent) -> Callable[[str], ParsedFile]:
    files = {file.key: file for file in parsed.files}
    return lambda key: files[key]


def failure(file: ParsedFile) -> tuple[str, str, Place]:
    assert file.error is not None
    assert file.dags == ()
    return file.error.kind, file.error.message, file.error.where


def test_every_file_is_reported_once(parsed: ParsedContent) -> None:
    expected = sorted(name for name in (*FILES, "packed.zip") if not name.startswith(NOT_PARSED))
    assert [file.key for file in parsed.files] == expected


def test_a_good_file_has_its_dag_with_line_schedule_and_tags(of: Callable[[str], ParsedFile]) -> None:
    file = of("good.py")
    assert file.error is None
    (found,) = file.dags
    assert (found.dag_id, found.where, found.tasks) == ("good", in_dags("good.py", 14), 2)
    assert (found.schedule, found.tags) == ("@daily", ("a", "b"))
    assert (file.network, file.variables, file.programs) == ((), (), ())


@pytest.mark.parametrize(
    ("key", "dag_id"),
    [
        ("one.py", "twice"),
        ("two.py", "twice"),
        ("packed.zip", "packed"),
        ("spoils.py", "spoils"),
        ("spoilt.py", "spoilt"),
        ("parse.py", "named_like_our_program"),
    ],
)
def test_files_do_not_know_of_each_other(of: Callable[[str], ParsedFile], key: str, dag_id: str) -> None:
    assert of(key).error is None
    assert [found.dag_id for found in of(key).dags] == [dag_id]


@pytest.mark.parametrize(
    ("key", "kind", "message", "line"),
    [
        ("syntax.py", "SyntaxError", "invalid syntax", 3),
        ("missing.py", "ModuleNotFoundError", "No module named 'nothing'", 2),
        ("provider.py", "ModuleNotFoundError", "No module named 'airflow.providers.google'", 2),
        ("old.py", "ModuleNotFoundError", "No module named 'airflow.operators.bash_operator'", 2),
        ("cycle.py", "AirflowDagCycleException", "Cycle detected in Dag: round. Faulty task: b", 4),
        ("exits.py", "SystemExit", "3", 2),
        ("aborts.py", "Crash", "it ended its process by SIGABRT", 3),
        ("segfaults.py", "Crash", "it ended its process by SIGSEGV", 4),
        ("stubborn.py", "Timeout", "it was still being imported after 5 seconds, and was ended", 4),
        (
            "unstored.py",
            "SerializationError",
            "Failed to serialize DAG 'unstored': Timetable class "
            "'unusual_prefix_*_unstored.Mine' is not registered or you have a top level database access that disrupted "
            "the session. Please check the airflow best practices documentation.",
            8,
        ),
    ],
)
def test_a_bad_file_is_reported_with_its_line(
    of: Callable[[str], ParsedFile], key: str, kind: str, message: str, line: int
) -> None:
    import re

    found = failure(of(key))
    shown = re.sub(r"unusual_prefix_[0-9a-f]+_", "unusual_prefix_*_", found[1])
    assert (found[0], shown, found[2]) == (kind, message, in_dags(key, line))
    assert of(key).error.unproved == ""  # type: ignore[union-attr]


def test_a_file_that_takes_too_long_is_stopped_at_airflows_limit(of: Callable[[str], ParsedFile]) -> None:
    kind, message, where = failure(of("slow.py"))
    assert (kind, where) == ("Timeout", in_dags("slow.py", 2))
    assert message.startswith("DagBag import timeout for ")
    assert message.endswith("dags/slow.py after 4.0s.")
    assert 4 <= of("slow.py").seconds < 5


@pytest.mark.parametrize(
    ("key", "module", "name"),
    [
        ("missing.py", "nothing", None),
        ("old.py", "airflow.operators.bash_operator", None),
        ("name.py", "airflow.sdk", "SubDagOperator"),
    ],
)
def test_what_could_not_be_imported_is_named(
    of: Callable[[str], ParsedFile], key: str, module: str, name: str | None
) -> None:
    error = of(key).error
    assert error is not None
    assert (error.module, error.name) == (module, name)


def test_the_trace_is_the_contents_part_alone(of: Callable[[str], ParsedFile]) -> None:
    error = of("missing.py").error
    assert error is not None
    first, second, last = error.trace.splitlines()
    assert first.endswith('dags/missing.py", line 2, in <module>')
    assert (second, last) == ("    import nothing.like_it", "ModuleNotFoundError: No module named 'nothing'")


def test_the_network_is_refused_and_reported_with_line_and_target(of: Callable[[str], ParsedFile]) -> None:
    file = of("network.py")
    assert file.network == (
        NetworkCall(in_dags("network.py", 3), "example.invalid:80"),
        NetworkCall(in_dags("network.py", 6), "127.0.0.1:9"),
    )
    assert file.error is not None
    assert file.error.unproved == "needs the network: 127.0.0.1:9"


def test_programs_are_reported(of: Callable[[str], ParsedFile]) -> None:
    assert of("programs.py").programs == (ProgramRun(in_dags("programs.py", 2), "true"),)


def test_variables_are_reported_and_only_one_without_value_and_default_ends_the_proof(
    of: Callable[[str], ParsedFile],
) -> None:
    file = of("variables.py")
    assert file.variables == (
        VariableRead(in_dags("variables.py", 2), "variable", "with_default", False),
        VariableRead(in_dags("variables.py", 3), "variable", "given", True),
        VariableRead(in_dags("variables.py", 4), "variable", "needed", False),
    )
    assert file.error is not None
    assert (file.error.unproved, file.error.where.line) == ("needs the variable needed", 4)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("connection.py", "needs the connection needed_too"),
        ("absolute.py", "reads /usr/local/airflow/dags/query.sql, which the content has"),
        ("absent.py", "reads /usr/local/airflow/dags/other.sql, which is not in the content"),
        ("database.py", "reads Airflow's metadata database"),
    ],
)
def test_what_only_a_running_environment_has_is_no_false_error(
    of: Callable[[str], ParsedFile], key: str, reason: str
) -> None:
    error = of(key).error
    assert error is not None
    assert error.unproved == reason, error


def test_plugins_are_loaded_and_broken_ones_reported_with_their_line(parsed: ParsedContent) -> None:
    assert [(plugin.name, plugin.macros) for plugin in parsed.plugins.plugins] == [("good", ("shout",))]
    found = sorted((error.where.file, error.where.line, error.kind, error.message) for error in parsed.plugins.errors)
    assert found == [
        ("broken_plugin.py", 2, "ModuleNotFoundError", "No module named 'nothing_here'"),
        ("unfinished_plugin.py", 1, "SyntaxError", "'(' was never closed"),
    ]


@by_release
def test_each_release_is_watched(
    airflow_version: str, airflow: Callable[[str], AirflowEnvironment], tree: Callable[[str, dict[str, str]], Path]
) -> None:
    empty = EMPTY.get(int(airflow_version[0]), EMPTY_3)
    default = "default_var" if airflow_version.startswith("2.") else "default"
    module = "airflow.models" if airflow_version.startswith("2.") else "airflow.sdk"
    files = {name: FILES[name] for name in ("helpers/names.py", "query.sql", "settings.json", "missing.py", "exits.py")}
    files["good.py"] = GOOD.format(empty=empty)
    files["variables.py"] = (
        f"from {module} import Variable  # a dag\n"
        f'Variable.get("with_default", {default}=1)\nVariable.get("given")\nVariable.get("needed")\n'
    )
    files["aborts.py"] = FILES["aborts.py"]
    keys = ["good.py", "missing.py", "exits.py", "variables.py", "aborts.py"]
    dags = tree("dags", files)
    base = {"PATH": os.environ["PATH"], "AIRFLOW_VAR_GIVEN": "x"}
    parsed = parse_dags(AirflowSetup(airflow(airflow_version), dags, base=base), keys)
    found = {
        file.key: (file.error.kind, file.error.where.line, file.error.unproved) if file.error else file.dags[0].where
        for file in parsed.files
    }
    assert found["good.py"] == in_dags("good.py", 14)
    assert found["missing.py"] == ("ModuleNotFoundError", 2, "")
    assert found["exits.py"] == ("SystemExit", 2, "")
    assert found["aborts.py"] == ("Crash", 3, "")
    assert found["variables.py"][1:] == (4, "needs the variable needed")  # type: ignore[index]
    reads = {file.key: file.variables for file in parsed.files}["variables.py"]
    assert [(read.name, read.known, read.where.line) for read in reads] == [
        ("with_default", False, 2),
        ("given", True, 3),
        ("needed", False, 4),
    ]
    assert not list(dags.rglob("__pycache__"))


def test_the_modules_that_airflow_2_has_without_a_file_are_there_for_every_file_and_warn_each(
    airflow: Callable[[str], AirflowEnvironment], tree: Callable[[str, dict[str, str]], Path]
) -> None:
    old = "# a dag\nfrom airflow.contrib.hooks.aws_dynamodb_hook import AwsDynamoDBHook\n"
    dags = tree("dags", {"one.py": old, "two.py": old})
    parsed = parse_dags(AirflowSetup(airflow("2.11.2"), dags), ["one.py", "two.py"], jobs=1)
    assert [(file.key, file.error) for file in parsed.files] == [("one.py", None), ("two.py", None)]
    assert [{found.where.line for found in file.deprecations} for file in parsed.files] == [{2}, {2}]


INTERRUPTED = """
import sys
from pathlib import Path
from mwaa.airflow import AirflowSetup, ensure_environment, parse_dags
setup = AirflowSetup(ensure_environment("3.2.1", None, {}, lambda text: None), Path(sys.argv[1]))
parse_dags(setup, ["slow.py", "stubborn.py"], jobs=2)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_no_process(
    airflow: Callable[[str], AirflowEnvironment], tree: Callable[[str, dict[str, str]], Path], number: signal.Signals
) -> None:
    airflow("3.2.1")
    dags = tree("dags", {name: FILES[name] for name in ("slow.py", "stubborn.py")})
    program = INTERRUPTED.replace("import sys\n", "import sys\nimport mwaa.process as p; p.interrupted_by_signals()\n")
    command = [sys.executable, "-c", program, str(dags)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    watched = psutil.Process(process.pid)
    deadline = time.monotonic() + 60
    while len(family := watched.children(recursive=True)) < 3:  # the warm one and a fork for each file
        assert time.monotonic() < deadline, "it did not begin to import"
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.05)
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert said.strip().endswith("KeyboardInterrupt")
    assert psutil.wait_procs(family, timeout=10)[1] == []
