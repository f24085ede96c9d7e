import pytest
from mwaa.cli.progress_view import watching
from mwaa.local.progress import Began, DeployStep, Done, Failed, Finished, Planned, Warned


def test_where_nobody_watches_every_event_is_a_plain_line(capsys: pytest.CaptureFixture[str]) -> None:
    with watching() as report:
        for event in (
            DeployStep("npx cdktf deploy dev"),
            Warned("Argument is deprecated"),
            Planned(9, 1, 0),
            Began("aws_vpc.main"),
            Done("aws_vpc.main", "created", "11s"),
            Done('aws_s3_object.dags["[red]a.py"]', "changed", "0s"),
            Failed("Error: told when the command ends"),
            Finished(9, 1, 0),
        ):
            report(event)
    assert capsys.readouterr().out.splitlines() == [
        "==> npx cdktf deploy dev",
        "Warning: Argument is deprecated",
        "Plan: 9 to add, 1 to change, 0 to destroy",
        "   1/10  created  aws_vpc.main  11s",
        '   2/10  changed  aws_s3_object.dags["[red]a.py"]  0s',
        "Done: 9 added, 1 changed, 0 destroyed",
    ]
