"""What `mwaa publish`, `mwaa releases` and `mwaa rollback` print, and with which status they end."""

import json
import re

import pytest

from tests.cli.calling import run
from tests.operations.publish.conftest import Site, arguments, clients, embedded, loader, site  # noqa: F401
from tests.operations.publish.test_changes import everything
from tests.operations.publish.test_faults import pretend

WORKSPACE = """
from mwaa.config import Content, SourceBucket, Workspace

workspace = Workspace(
    account="{account}", region="{region}", airflow_version="3.0.6", environment_class="mw1.small",
    environment_name="{environment_name}", source_bucket=SourceBucket(name="{bucket}"),
    content=Content(owner="PUBLISH"),
)
"""


@pytest.fixture
def project(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:  # noqa: F811
    """The site's project with its workspace file, in which the command is called."""
    ws = site.workspace
    text = WORKSPACE.format(**ws.model_dump(include={"account", "region", "environment_name"}), bucket=site.bucket)
    site.write("environments/dev.py", text)
    site.write("cdktf.json", "{}")
    monkeypatch.chdir(site.root)
    return site


def test_a_dry_run_ends_with_one_line_for_the_person_who_approves(project: Site) -> None:
    assert run("publish", "dev").exit_code == 0
    everything(project)
    result = run("publish", "dev", "--dry-run")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "~ plugins (the environment rolls)",
        "~ requirements (the environment rolls)",
        "~ startup script (the environment rolls)",
        "~ dags/tools/money.py",
        "- dags/weekly.py",
        "dev: 1 DAG file changed, 1 removed; plugins, requirements, startup script changed: the environment rolls "
        "(20 to 30 minutes are usual)",
    ]
    assert result.stderr.splitlines() == ["==> building the bundle"]


def test_a_publish_prints_its_steps_on_standard_error_and_its_result_on_standard_output(project: Site) -> None:
    result = run("publish", "dev")
    [line] = result.stdout.splitlines()
    assert re.fullmatch(r"dev: 3 DAG files added; release \d{8}-\d{6}-[0-9a-f]{6} is current", line)
    assert result.stderr.splitlines() == [
        "==> building the bundle",
        "==> comparing with the bucket",
        f"==> putting DAGs into s3://{project.bucket}",
        "    3 objects",
    ]
    again = run("publish", "dev")
    assert re.fullmatch(r"dev: nothing to publish; release \S+ is what is there\n", again.stdout)


def test_a_roll_is_followed_one_line_for_each_status(project: Site) -> None:
    run("publish", "dev")
    project.write("plugins/team.py", "TEAM = 2\n")
    pretend("UPDATING", 3)
    result = run("publish", "dev")
    assert [line for line in result.stderr.splitlines() if "UPDATING" in line] == [
        "==> the environment is UPDATING: waiting until it is not",
        "    UPDATING for 0 s (20 to 30 minutes are usual)",
    ]
    assert result.stdout.endswith(" is current, the environment was updated\n")


def test_machines_get_json(project: Site) -> None:
    printed = json.loads(run("publish", "dev", "--json", "--revision", "4f2a").stdout)
    assert printed["done"] == "released"
    assert printed["current"]["revision"] == "4f2a"
    assert printed["plan"] == {
        "dags": {"added": ["dags/orders.py", "dags/tools/money.py", "dags/weekly.py"], "changed": [], "removed": []},
        "parts": [],
        "rolls": [],
        "put": ["dags/tools/money.py", "dags/orders.py", "dags/weekly.py"],
        "delete": [],
    }
    [release] = json.loads(run("releases", "dev", "--json").stdout)
    assert release == printed["current"] | {"current": True}


def test_releases_are_listed_and_one_is_restored(project: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mwaa.cli.output.command", lambda: "mwaa")
    assert run("releases", "dev").stdout == "Nothing was published to dev yet. Next: mwaa publish dev\n"
    run("publish", "dev", "--revision", "one")
    project.write("dags/orders.py", "# worse\n")
    run("publish", "dev", "--revision", "two")
    planned = run("rollback", "dev", "--dry-run")
    assert planned.stdout.splitlines() == ["~ dags/orders.py", "dev: 1 DAG file changed"]
    assert json.loads(run("rollback", "dev", "--dry-run", "--json").stdout)["done"] == "planned"
    restored = run("rollback", "dev")
    assert restored.stdout.startswith("dev: 1 DAG file changed; release ")
    head, newest, second, first = run("releases", "dev").stdout.splitlines()
    assert head.split() == ["RELEASE", "PUBLISHED", "BY", "REVISION", "CHANGES"]
    assert re.search(r" one  +rollback to \S+: 1 DAG file changed +current$", newest.rstrip())
    assert re.search(r" two  +1 DAG file changed$", second.rstrip())
    assert re.search(r" one  +3 DAG files added$", first.rstrip())


def test_without_waiting_it_says_what_to_do_next(project: Site) -> None:
    run("publish", "dev")
    everything(project)
    result = run("publish", "dev", "--no-wait")
    assert result.exit_code == 0
    assert result.stdout.endswith(
        "changed; MWAA updates the environment: run the same command again when it is AVAILABLE, for the DAGs\n"
    )


def test_a_strategy_that_mwaa_has_not_is_refused(project: Site) -> None:
    result = run("publish", "dev", "--strategy", "HASTY")
    assert result.exit_code == 2
    assert "'HASTY' is not one of 'FORCED', 'GRACEFUL'" in result.stderr


def test_errors_of_publishing_reach_the_command(project: Site) -> None:
    result = run("rollback", "dev", "yesterday", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"] == 'dev has no release "yesterday"'
    assert result.stderr.splitlines()[0] == 'dev has no release "yesterday"'
