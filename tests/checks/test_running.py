from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mwaa.checks import running
from mwaa.checks.content_layout import subject_of_workspace
from mwaa.checks.finding import Finding
from mwaa.checks.rule import Rule
from mwaa.checks.rules import RuleFile, rule_files
from mwaa.checks.running import all_rules, run
from mwaa.checks.subject import Subject
from mwaa.config import Content, Definition, Suppression, Workspace
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


def told(report: running.CheckReport) -> list[tuple[str, str, str]]:
    return [(one.file, one.severity, one.found) for one in report.findings]


IN_A = ("dags/a.sql", "error", "an AWS Access Key")
IN_B = ("dags/old/b.sql", "error", "an AWS Access Key")


def test_suppressed_findings_are_kept_apart_with_their_reason(checked: Callable[..., running.CheckReport]) -> None:
    report = checked(Suppression(rule="secret", path="dags/old/*.sql", reason="revoked in May"))
    assert told(report) == [IN_A]
    assert [(one.finding.file, one.reason) for one in report.suppressed] == [("dags/old/b.sql", "revoked in May")]


def test_a_suppression_without_a_path_means_every_file(checked: Callable[..., running.CheckReport]) -> None:
    report = checked(Suppression(rule="secret", reason="revoked in May"))
    assert (told(report), len(report.suppressed)) == ([], 2)


def test_a_suppression_that_matches_nothing_is_a_warning(checked: Callable[..., running.CheckReport]) -> None:
    report = checked(Suppression(rule="secret", path="dags/new/*", reason="revoked in May"))
    found = "the suppression of secret in dags/new/* matches no finding"
    assert told(report) == [IN_A, IN_B, ("environments/dev.py", "warning", found)]
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
    assert (changed.remembered, told(changed)) == (False, [IN_B])
    assert not run(subject({}, "3.0.6")).remembered
    assert not run(subject({}, environment_class="mw1.small")).remembered


def test_what_could_not_be_checked_is_an_error_told_once_and_not_remembered(
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


def test_every_rule_has_a_name_of_its_own_and_says_why() -> None:
    rules = list(all_rules())
    names = [rule.name for rule in rules]
    assert names == sorted(set(names))
    assert all(rule.finds.endswith(".") and rule.why.endswith(".") for rule in rules)


def test_every_file_of_the_package_is_a_rule() -> None:
    folder = Path(running.__file__).parent / "rules"
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert {file.name for file in rule_files()} == files
    assert [file.name for file in rule_files()][-1] == "dags"
