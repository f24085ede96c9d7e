import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mwaa.airflow.parsing import ParsedContent, ParsedPlugins
from mwaa.checks import airflow_3_uses, running
from mwaa.checks.airflow_3_uses import run_ruff
from mwaa.checks.content_layout import subject_of_workspace
from mwaa.checks.finding import Finding
from mwaa.checks.rule import Rule
from mwaa.checks.rules import RuleFile, rule_files
from mwaa.checks.running import all_rules, run
from mwaa.checks.subject import ContentFile, Subject
from mwaa.config import Content, Definition, Network, Suppression, Workspace
from mwaa.process import ToolError

from tests.checks.conftest import MakeSubject, Write

KEY = "AKIA" + "QWERTYUIOPASDFGH"
FILES: dict[str, str | bytes] = {"dags/a.sql": f"-- {KEY}\n", "dags/old/b.sql": f"-- {KEY}\n"}


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MWAA_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def checked(write: Write, workspace: Callable[..., Workspace]) -> Callable[..., running.CheckReport]:
    """The report on FILES of a workspace with these suppressions."""

    def make(*suppressions: Suppression) -> running.CheckReport:
        content = Content(plugins=None, requirements=None, startup_script=None)
        one = workspace(content=content, suppressions=suppressions)
        with subject_of_workspace(write(FILES), Definition(one, "environments/dev.py")) as subject:
            return run(subject)

    return make


def lines_of(report: running.CheckReport) -> list[tuple[str, str, str]]:
    return [(one.file, one.severity, one.found) for one in report.findings]


IN_A = ("dags/a.sql", "error", "an AWS Access Key")
IN_B = ("dags/old/b.sql", "error", "an AWS Access Key")


def test_suppressed_findings_are_kept_apart_with_their_reason(checked: Callable[..., running.CheckReport]) -> None:
    report = checked(Suppression(rule="secret", path="dags/old/*.sql", reason="revoked in May"))
    assert lines_of(report) == [IN_A]
    assert [(one.finding.file, one.reason) for one in report.suppressed] == [("dags/old/b.sql", "revoked in May")]


def test_a_suppression_without_a_path_means_every_file(checked: Callable[..., running.CheckReport]) -> None:
    report = checked(Suppression(rule="secret", reason="revoked in May"))
    assert (lines_of(report), len(report.suppressed)) == ([], 2)


def test_a_suppression_that_matches_nothing_is_a_warning(checked: Callable[..., running.CheckReport]) -> None:
    report = checked(Suppression(rule="secret", path="dags/new/*", reason="revoked in May"))
    found = "the suppression of secret in dags/new/* matches no finding"
    assert lines_of(report) == [IN_A, IN_B, ("environments/dev.py", "warning", found)]
    assert [one.rule for one in report.findings] == ["secret", "secret", "unused-suppression"]


def test_a_suppression_of_no_rule_is_an_error_that_names_the_nearest(
    checked: Callable[..., running.CheckReport],
) -> None:
    report = checked(Suppression(rule="secrets", reason="revoked in May"))
    [*_, finding] = report.findings
    assert finding == Finding(
        "unused-suppression",
        "error",
        'the suppression of "secrets" suppresses nothing: there is no such rule',
        'did you mean "secret"?',
        "environments/dev.py",
    )


def test_what_was_found_is_remembered_until_something_changes(subject: MakeSubject) -> None:
    first, second = run(subject(FILES)), run(subject(FILES))
    assert (first.remembered, second.remembered) == (False, True)
    assert first.findings == second.findings
    changed = run(subject({"dags/a.sql": "select 1\n"}))
    assert (changed.remembered, lines_of(changed)) == (False, [IN_B])
    assert not run(subject({}, "3.0.6")).remembered
    assert not run(subject({}, environment_class="mw1.small")).remembered
    assert not run(replace(subject({}), network=Network(nat_gateways=0))).remembered


def test_what_could_not_be_checked_is_an_error_reported_once_and_not_remembered(
    subject: MakeSubject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(_subject: Subject) -> Iterator[Finding]:
        yield Finding("first", "note", "found before")
        raise ToolError("no index answers", "look at your network")

    rules = (Rule("first", "x", "y"),)
    monkeypatch.setattr(running, "rule_files", lambda: [RuleFile("one", rules, check), RuleFile("two", rules, check)])
    missing = Finding("not-checked", "error", "no index answers", "look at your network")
    for _ in range(2):
        report = run(subject(FILES))
        assert report.findings == (
            missing,
            Finding("first", "note", "found before"),
            Finding("first", "note", "found before"),
        )
        assert not report.remembered


def test_every_rule_has_a_name_of_its_own_and_whole_sentences() -> None:
    rules = list(all_rules())
    names = [rule.name for rule in rules]
    assert names == sorted(set(names))
    assert {"not-checked", "secret", "dag-cycle", "requirements-conflict"} <= set(names)
    assert [rule.name for rule in rules if not (rule.finds.endswith(".") and rule.why.endswith("."))] == []


def test_every_file_of_the_package_is_a_rule_file_with_rules_of_its_own() -> None:
    folder = Path(running.__file__).parent / "rules"
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    found = list(rule_files())
    assert {file.name for file in found} == files
    assert found[-1].name == "dags"
    assert [file.name for file in found if not file.rules] == []
    assert len({rule.name for file in found for rule in file.rules}) == sum(len(file.rules) for file in found)


def test_only_a_rule_and_the_cache_make_findings() -> None:
    folder = Path(running.__file__).parent
    calls = [
        path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*.py"))
        for _ in re.finditer(r"(?<!\w)Finding\(", path.read_text(encoding="utf-8"))
    ]
    assert calls == ["rule.py", "running.py"]


def test_ruff_runs_once_a_check(subject: MakeSubject, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rule files read what ruff finds: what is removed, and imports that fail for the same reason."""
    runs: list[list[str]] = []

    def count(files: list[ContentFile]) -> list[dict[str, Any]]:
        runs.append([file.shown for file in files])
        return run_ruff(files)

    monkeypatch.setattr(airflow_3_uses, "run_ruff", count)
    dag = "from airflow import DAG\n\ndag = DAG('a', schedule_interval=None)\n"
    with_dag = subject({"dags/a.py": dag})
    nothing = ParsedPlugins((), (), (), (), (), ())
    with_dag.__dict__["_airflow"] = ToolError("no Airflow here", "")
    with_dag.__dict__["_parsed"] = ParsedContent((), nothing)
    findings = [
        finding
        for file in rule_files()
        if file.name in ("airflow_3", "imports")
        for finding in file.check(with_dag)
        if finding.rule == "airflow-3-removed"
    ]
    assert [(one.file, one.line) for one in findings] == [("dags/a.py", 3)]
    assert runs == [["dags/a.py"]]
