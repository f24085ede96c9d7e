"""What the rule makes of what Airflow said. That Airflow says it: tests/checks/test_broken_content.py."""

from mwaa.airflow.parsing import Deprecation, ParsedContent, ParsedDag, ParsedFile, ParsedPlugins, Place, VariableRead
from mwaa.checks.rules import dags
from mwaa.checks.subject import Subject

from tests.checks.conftest import MakeSubject

NO_PLUGINS = ParsedPlugins((), (), (), (), (), ())


def parsed_file(key: str, seconds: float = 0.1, ids: tuple[str, ...] = (), **seen: object) -> ParsedFile:
    made = tuple(ParsedDag(dag_id, Place("dags", key, 3), 1, "@daily", ()) for dag_id in ids)
    nothing: dict[str, tuple[()]] = {"network": (), "variables": (), "programs": (), "deprecations": ()}
    return ParsedFile(key, seconds, made, None, **(nothing | seen))  # type: ignore[arg-type]


def said(subject: Subject, *files: ParsedFile) -> Subject:
    """The subject, of which Airflow has said this."""
    subject.__dict__["_parsed"] = ParsedContent(files, NO_PLUGINS)
    return subject


def content(*names: str) -> dict[str, str | bytes]:
    return {f"dags/{name}": "import airflow  # dag\n" for name in names}


def test_a_slow_file_is_a_warning_that_names_the_limit(subject: MakeSubject) -> None:
    one = said(subject(content("a.py", "b.py")), parsed_file("a.py", 7.2), parsed_file("b.py", 4.9))
    [found] = dags.check(one)
    assert (found.rule, found.severity, found.file) == ("dag-parse-time", "warning", "dags/a.py")
    assert found.found == ("importing it takes 7 s here; Airflow does so again and again, and gives up after 30 s")


def test_more_dags_than_the_class_bears_are_reported(subject: MakeSubject) -> None:
    one = subject(content("a.py"), environment_class="mw1.micro")
    [found] = dags.check(said(one, parsed_file("a.py", ids=tuple(f"dag_{number}" for number in range(26)))))
    assert (found.rule, found.severity) == ("dag-count", "warning")
    assert found.found == "26 DAGs, more than the 25 that AWS advises for mw1.micro"


def test_as_many_dags_as_the_class_bears_are_fine(subject: MakeSubject) -> None:
    one = subject(content("a.py"), environment_class="mw1.micro")
    assert list(dags.check(said(one, parsed_file("a.py", ids=tuple(f"dag_{number}" for number in range(25)))))) == []


def test_one_deprecation_in_500_files_is_one_finding(subject: MakeSubject) -> None:
    names = [f"d{number:03}.py" for number in range(500)]
    reported = [Deprecation(Place("dags", name, 2), "DeprecationWarning", "it goes.") for name in names]
    files = [parsed_file(name, deprecations=(one,)) for name, one in zip(names, reported, strict=True)]
    [found] = dags.check(said(subject(content("d000.py")), *files))
    assert (found.found, found.file, found.line) == ("it goes", "dags/d000.py", 2)
    others = ", ".join(f"dags/d{number:03}.py:2" for number in range(1, 11))
    assert found.detail == f"also in {others} and 489 more"


def test_a_line_of_a_shared_module_is_reported_once(subject: MakeSubject) -> None:
    read = VariableRead(Place("plugins", "acme/shops.py", 4), "connection", "shop", known=True)
    files = content("a.py", "b.py") | {"plugins/acme/shops.py": "x = 1\n"}
    one = said(subject(files), parsed_file("a.py", variables=(read,)), parsed_file("b.py", variables=(read,)))
    [found] = dags.check(one)
    assert (found.file, found.line) == ("plugins/acme/shops.py", 4)
    assert found.found == 'reads the connection "shop" each time Airflow imports the file'
    assert found.fix == 'read it in a task, or in a template as "{{ conn.shop }}"'
