"""DAGs as Airflow itself sees them: ids, cycles, time, number, and what the top level of a file does.

Why: Airflow runs the top level of every DAG file again and again, every 30 seconds by default, and gives each file 30
seconds. Source: airflow.apache.org, best-practices ("top level Python code"); options core.dagbag_import_timeout and
dag_processor.min_file_process_interval; number of DAGs by class: MWAA user guide, environment-class.
"""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from mwaa.aws_facts.environment_classes import ENVIRONMENT_CLASSES_SOURCE
from mwaa.checks.finding import Finding
from mwaa.checks.import_failures import DAG_FAILURES, NOT_PROVED
from mwaa.checks.rule import Rule
from mwaa.checks.subject import Subject

if TYPE_CHECKING:
    from mwaa.airflow.parsing import Deprecation, ImportFailure, ParsedFile, ParsedPlugins, Place

TOP_LEVEL = "https://airflow.apache.org/docs/apache-airflow/stable/best-practices.html#top-level-python-code"


DEFAULT_TIMEOUT = 30.0
"""core.dagbag_import_timeout, in seconds; MWAA leaves it as it is."""
SLOW_SECONDS = 5.0
"""Ours: MWAA's smallest containers have a fraction of a laptop's speed, and the limit there is 30."""

DUPLICATE_DAG = Rule(
    "duplicate-dag", "Two files make DAGs with the same id.", "Airflow keeps only one of them, and which one changes."
)
DAG_CYCLE = Rule(
    "dag-cycle", "The tasks of a DAG depend on each other in a circle.", "Airflow finds no DAGs in the file."
)
DAG_PARSE_TIME = Rule(
    "dag-parse-time",
    "Importing a DAG file takes long, or longer than Airflow's limit.",
    "Beyond the limit Airflow finds no DAGs in the file; below it, all other files wait.",
    TOP_LEVEL,
)
DAG_SERIALIZATION = Rule("dag-serialization", "Airflow cannot store a DAG.", "The DAG does not appear.")
DAG_COUNT = Rule(
    "dag-count",
    "There are more DAGs than AWS advises for the environment class.",
    "Scheduler and webserver run short of memory and time.",
    ENVIRONMENT_CLASSES_SOURCE,
)
TOP_LEVEL_NETWORK = Rule(
    "top-level-network",
    "The top level of a file talks to the network.",
    "It does so at each parse, all day, and without an answer Airflow finds no DAGs in the file.",
    TOP_LEVEL,
)
TOP_LEVEL_VARIABLE = Rule(
    "top-level-variable",
    "The top level of a file reads an Airflow variable or connection.",
    "Each parse asks the metadata database, or Secrets Manager, which costs money.",
    TOP_LEVEL,
)
TOP_LEVEL_PROGRAM = Rule(
    "top-level-program",
    "The top level of a file runs another program.",
    "It does so at each parse, all day.",
    TOP_LEVEL,
)
DEPRECATION = Rule(
    "deprecation",
    "A file uses something that Airflow or a package will remove.",
    "A later release will not have it.",
)
RULES = (
    DUPLICATE_DAG,
    DAG_CYCLE,
    DAG_PARSE_TIME,
    DAG_SERIALIZATION,
    DAG_COUNT,
    TOP_LEVEL_NETWORK,
    TOP_LEVEL_VARIABLE,
    TOP_LEVEL_PROGRAM,
    DEPRECATION,
)


def check(subject: Subject) -> Iterator[Finding]:
    from mwaa.requirements import Unresolvable

    if not any(file.parsed for file in subject.dags) and not subject.plugins:
        return
    try:
        parsed = subject.parsed
    except Unresolvable:
        found = "the DAGs were not imported: requirements.txt cannot be resolved"
        yield NOT_PROVED.finding("note", found, "fix requirements.txt first", subject.shown["dags"])
        return
    yield from _duplicates(subject)
    for file in parsed.files:
        if file.error and file.error.kind in DAG_FAILURES:
            yield _of_dag(file.error, subject)
        elif file.seconds > SLOW_SECONDS:
            yield DAG_PARSE_TIME.finding(
                "warning",
                f"importing it takes {file.seconds:.0f} s here; Airflow does so again and again, and gives up after "
                f"{_timeout(subject):g} s",
                "move work and heavy imports from the top level into tasks",
                subject.dag(file.key),
            )
    yield from _count(subject)
    yield from _top_level(subject)
    yield from _deprecations(subject)


def _duplicates(subject: Subject) -> Iterator[Finding]:
    places: dict[str, list[tuple[str, int | None]]] = {}
    for file in subject.parsed.files:
        for dag in file.dags:
            line = dag.where.line if dag.where and (dag.where.folder, dag.where.file) == ("dags", file.key) else None
            places.setdefault(dag.dag_id, []).append((subject.dag(file.key), line))
    for dag_id, (first, *others) in sorted(places.items()):
        for shown, line in others:
            where = ":".join(str(part) for part in first if part)
            found = f'the DAG id "{dag_id}" is taken: {where} has it too, and Airflow keeps only one of them'
            yield DUPLICATE_DAG.finding("error", found, "choose another id for one of the DAGs", shown, line)


def _of_dag(failure: "ImportFailure", subject: Subject) -> Finding:
    file, line = subject.place(failure.where)
    match failure.kind:
        case "AirflowDagCycleException":
            fix = "remove one of the dependencies between these tasks"
            return DAG_CYCLE.finding("error", _cycle(failure.message), fix, file, line)
        case "AirflowDagDuplicatedIdException":
            fix = "choose another id for one of the DAGs"
            return DUPLICATE_DAG.finding("error", _sentence(failure.message), fix, file, line)
        case "Timeout":
            found = f"importing the file was stopped after {_timeout(subject):g} s, Airflow's limit: it has no DAGs"
            fix = "move the work into a task; the limit is core.dagbag_import_timeout"
            return DAG_PARSE_TIME.finding("error", found, fix, file, line)
        case _:
            found = f"Airflow cannot store the DAG: {failure.message}"
            fix = "pass operators only values that JSON knows, and templates"
            return DAG_SERIALIZATION.finding("error", found, fix, file, line)


def _cycle(message: str) -> str:
    """In the same words for all releases: "Cycle detected in DAG: <id>. Faulty task: <id>" differs between them."""
    reported = re.fullmatch(r"Cycle detected in \w+: (.+)\. Faulty task: (.+)", message.strip())
    if not reported:
        return _sentence(message)
    return f'the DAG "{reported[1]}" has a cycle: the task "{reported[2]}" depends on itself'


def _count(subject: Subject) -> Iterator[Finding]:
    limits, count = subject.limits, subject.dag_count
    if limits and count and count > limits.dags:
        found = f"{count} DAGs, more than the {limits.dags} that AWS advises for {limits.name}"
        larger = "choose a larger environment_class, or remove DAGs"
        yield DAG_COUNT.finding("warning", found, larger, subject.file)


def _top_level(subject: Subject) -> Iterator[Finding]:
    """Yield what files do when they are imported, once for each line; plugins are imported as often."""
    in_template = {"variable": "{{{{ var.value.{} }}}}", "connection": "{{{{ conn.{} }}}}"}
    reported: set[Finding] = set()
    sources: tuple[ParsedFile | ParsedPlugins, ...] = (*subject.parsed.files, subject.parsed.plugins)
    for source in sources:
        found: list[Finding] = []
        for call in source.network:
            text = f"talks to {call.target} each time Airflow imports the file"
            fix = "do it in a task"
            found.append(_at(call.where, TOP_LEVEL_NETWORK, text, fix, subject))
        for read in source.variables:
            text = f'reads the {read.kind} "{read.name}" each time Airflow imports the file'
            fix = f'read it in a task, or in a template as "{in_template[read.kind].format(read.name)}"'
            found.append(_at(read.where, TOP_LEVEL_VARIABLE, text, fix, subject))
        for run in source.programs:
            text = f"runs {run.program} each time Airflow imports the file"
            found.append(_at(run.where, TOP_LEVEL_PROGRAM, text, "do it in a task", subject))
        yield from (one for one in found if one not in reported)
        reported.update(found)


def _at(where: "Place", rule: Rule, text: str, fix: str, subject: Subject) -> Finding:
    file, line = subject.place(where)
    return rule.finding("warning", text, fix, file, line)


def _deprecations(subject: Subject) -> Iterator[Finding]:
    """Yield one finding for each message, however many files it concerns; moved imports are another rule's."""
    groups: dict[str, list[str]] = {}
    first: dict[str, tuple[str, int | None]] = {}
    for one in _all_deprecations(subject):
        file, line = subject.place(one.where)
        if re.search(_OF_1_10, one.message):
            continue
        text = _sentence(one.message)
        first.setdefault(text, (file, line))
        where = f"{file}:{line}" if line else file
        if where not in groups.setdefault(text, []):
            groups[text].append(where)
    for text, places in groups.items():
        more = places[1:]
        detail = (
            "" if not more else "also in " + ", ".join(more[:10]) + (f" and {len(more) - 10} more" * (len(more) > 10))
        )
        yield DEPRECATION.finding("warning", text, "", *first[text], detail=detail)


_OF_1_10 = r"airflow\.(contrib\b|(operators|hooks|sensors)\.\w+_(operator|hook|sensor)\b)"


def _all_deprecations(subject: Subject) -> Iterable["Deprecation"]:
    for file in subject.parsed.files:
        yield from file.deprecations
    yield from subject.parsed.plugins.deprecations


def _timeout(subject: Subject) -> float:
    try:
        return float(subject.options.get("core.dagbag_import_timeout", DEFAULT_TIMEOUT))
    except ValueError:  # Airflow itself refuses it
        return DEFAULT_TIMEOUT


def _sentence(message: str) -> str:
    return " ".join(message.split()).rstrip(".")
