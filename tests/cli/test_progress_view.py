"""One renderer for the progress of every command."""

import pytest
from mwaa.cli import progress_view
from mwaa.cli.progress_view import watching
from mwaa.local.progress import Began, Done, Failed, Finished, Planned, Warned
from mwaa.operations.publish import EnvironmentRolling, ObjectsMoved
from mwaa.progress import Step
from rich.console import Console


def test_where_nobody_watches_every_event_is_a_plain_line(capsys: pytest.CaptureFixture[str]) -> None:
    with watching() as report:
        for event in (
            Step("npx cdktf deploy dev"),
            Warned("Argument is deprecated"),
            Planned(9, 1, 0),
            Began("aws_vpc.main"),
            Done("aws_vpc.main", "created", "11s"),
            Done('aws_s3_object.dags["[red]a.py"]', "changed", "0s"),
            Failed("Error: shown when the command ends"),
            Finished(9, 1, 0),
        ):
            report(event)
    assert capsys.readouterr().err.splitlines() == [
        "==> npx cdktf deploy dev",
        "Warning: Argument is deprecated",
        "Plan: 9 to add, 1 to change, 0 to destroy",
        "   1/10  created  aws_vpc.main  11s",
        '   2/10  changed  aws_s3_object.dags["[red]a.py"]  0s',
        "Done: 9 added, 1 changed, 0 destroyed",
    ]


def test_waiting_is_reported_for_each_status_and_then_once_a_minute(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = 0.0
    monkeypatch.setattr(progress_view.time, "monotonic", lambda: clock)
    with watching() as report:
        report(Step("putting DAGs"))
        for done in range(4):
            report(ObjectsMoved(done, 3))
        for status, clock in (("UPDATING", 0.0), ("UPDATING", 59.0), ("UPDATING", 90.0), ("AVAILABLE", 91.0)):
            report(EnvironmentRolling(status, clock, "20 minutes are usual"))
    assert capsys.readouterr().err.splitlines() == [
        "==> putting DAGs",
        "    3 objects",
        "    UPDATING for 0 s (20 minutes are usual)",
        "    UPDATING for 1 min (20 minutes are usual)",
        "    AVAILABLE for 1 min (20 minutes are usual)",
    ]


def test_details_that_differ_in_a_number_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with watching() as report:
        for text in ("resolving requirements.txt", "importing 1 of 20", "importing 12 of 20", "done"):
            report(text)
    assert capsys.readouterr().err.splitlines() == ["resolving requirements.txt", "importing 1 of 20", "done"]


def test_a_command_for_machines_reports_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with watching(quiet=True) as report:
        report("resolving")
        report(Step("building the bundle"))
    assert capsys.readouterr() == ("", "")


@pytest.fixture
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a terminal gets: `watching` draws on it."""
    drawn = Console(force_terminal=True, width=100, markup=False, highlight=False, color_system=None)
    monkeypatch.setattr(progress_view, "console", lambda *, stderr: drawn)
    monkeypatch.delenv("CI", raising=False)


def _live(report: progress_view.Report) -> str:
    """The live line as it stands."""
    drawing = report.__self__  # type: ignore[union-attr]
    return str(drawing._live.tasks[0].description)


@pytest.mark.usefixtures("_terminal")
def test_on_a_terminal_a_live_line_has_what_is_worked_on_and_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    with watching() as report:
        report("resolving [red]requirements.txt")
        assert _live(report) == "resolving [red]requirements.txt"
        report(Step("npx cdktf deploy dev"))
        report(Planned(3, 0, 0))
        report(Began("aws_vpc.main"))
        report(Began("aws_eip.nat"))
        assert _live(report) == "aws_eip.nat and 1 more  0/3"
        report(Done("aws_eip.nat", "created", "1s"))
        assert _live(report) == "aws_vpc.main  1/3"
        report(Step("putting DAGs"))
        report(ObjectsMoved(2, 5))
        assert _live(report) == "putting DAGs  2/5"
        report(EnvironmentRolling("UPDATING", 70.0, "20 minutes are usual"))
        assert _live(report) == "UPDATING for 1 min (20 minutes are usual)  2/5"
    erased = capsys.readouterr().out.split("\x1b[2K")
    kept = [text.splitlines()[0] for text in erased if text.startswith(("==>", "Plan", "  1/"))]
    assert kept == [
        "==> npx cdktf deploy dev",
        "Plan: 3 to add, 0 to change, 0 to destroy",
        "  1/3  created  aws_eip.nat  1s",
        "==> putting DAGs",
    ]
