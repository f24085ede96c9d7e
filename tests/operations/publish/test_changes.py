"""Each kind of change makes exactly the calls it needs; then bucket and environment are as the project says."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
import pytest
from mwaa.config import Content, Definition, Workspace
from mwaa.content import ContentError
from mwaa.operations.publish import PublishError

from tests.operations.publish.conftest import FILES, Site

LOOK = [
    "GetCallerIdentity",
    "GetObject .mwaa/publishing.json",
    "GetEnvironment",
    "GetObject .mwaa/releases.json",
    "ListObjectsV2",  # attempts that are not complete
    "GetObject .mwaa/releases/<id>.json",
    "ListObjectsV2",  # DAGs
]
BEGIN = [
    "PutObject .mwaa/attempts/<id>.json",
    "GetCallerIdentity",  # who, for the lock and the release
    "PutObject .mwaa/publishing.json",
]
END = [
    "ListObjectsV2",  # DAGs, once more
    "PutObject .mwaa/releases/<id>.json",
    "PutObject .mwaa/releases.json",
    "PutObject .mwaa/publishing.json",
    "DeleteObject .mwaa/attempts/<id>.json",
]
ROLL = ["UpdateEnvironment", "GetEnvironment"]


def edit(file: str, text: str | None) -> Callable[[Site], None]:
    return lambda site: site.write(file, text)


def rename(site: Site) -> None:
    site.write("dags/weekly.py", None)
    site.write("dags/every_week.py", FILES["dags/weekly.py"])


def everything(site: Site) -> None:
    site.write("plugins/team.py", "TEAM = 2\n")
    site.write("requirements.txt", "requests==2.32.4\n")
    site.write("startup.sh", "export TEAM=finance\n")
    site.write("dags/weekly.py", None)
    site.write("dags/tools/money.py", "PENNIES = 1\n")


MATRIX: dict[str, tuple[Callable[[Site], None], list[str], tuple[int, int, int], tuple[str, ...]]] = {
    # change: what it does, the calls before BEGIN (Head...) and between BEGIN and END, DAG files added, changed and
    # removed, what rolls
    "a DAG edited": (
        edit("dags/orders.py", "from airflow import DAG\n# more\n"), ["PutObject dags/orders.py"], (0, 1, 0), ()
    ),
    "an edit that keeps the size": (
        edit("dags/orders.py", FILES["dags/orders.py"].replace("money", "penny")),
        ["PutObject dags/orders.py"], (0, 1, 0), (),
    ),
    "a DAG added": (edit("dags/new.py", "from airflow import DAG\n"), ["PutObject dags/new.py"], (1, 0, 0), ()),
    "a DAG removed": (edit("dags/weekly.py", None), ["DeleteObjects"], (0, 0, 1), ()),
    "a DAG renamed": (rename, ["PutObject dags/every_week.py", "DeleteObjects"], (1, 0, 1), ()),
    "a plugin edited": (
        edit("plugins/team.py", "TEAM = 2\n"),
        ["HeadObject plugins.zip", "PutObject plugins.zip", *ROLL], (0, 0, 0), ("plugins",),
    ),
    "requirements edited": (
        edit("requirements.txt", "requests==2.32.4\n"),
        ["HeadObject requirements.txt", "PutObject requirements.txt", *ROLL], (0, 0, 0), ("requirements",),
    ),
    "startup script edited": (
        edit("startup.sh", "export TEAM=finance\n"),
        ["HeadObject startup.sh", "PutObject startup.sh", *ROLL], (0, 0, 0), ("startup_script",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", MATRIX)
def test_a_change_makes_exactly_these_calls(site: Site, change: str) -> None:
    make, calls, counts, parts = MATRIX[change]
    site.publish()
    before = site.versions()
    make(site)
    outcome = site.publish()
    looks = [call for call in calls if call.startswith("Head")]
    assert site.calls == [*LOOK, *looks, *BEGIN, *calls[len(looks) :], *END]
    assert site.objects() == site.bundle()
    keys = {"plugins": "plugins.zip", "requirements": "requirements.txt", "startup_script": "startup.sh"}
    rolled = {keys[part] for part in parts}
    assert site.versions() == {key: site.newest(key) if key in rolled else before[key] for key in before}
    assert all((site.versions()[key] != before[key]) == (key in rolled) for key in before)
    assert outcome.done == "released"
    assert outcome.current is not None
    made = outcome.current.changes
    assert (made.added, made.changed, made.removed, made.parts) == (*counts, parts)
    assert outcome.current.rolled is bool(parts)
    site.publish()
    assert site.calls == LOOK


def test_nothing_changed_makes_seven_calls(site: Site) -> None:
    released = site.publish().current
    outcome = site.publish()
    assert (outcome.done, outcome.current, site.calls) == ("nothing", released, LOOK)


def test_dates_count_for_nothing(site: Site) -> None:
    site.publish()
    for file, text in FILES.items():
        site.write(file, text)
    assert site.publish().done == "nothing"


def test_parts_come_first_and_dags_after_the_roll_and_deletions_last(site: Site) -> None:
    site.publish()
    everything(site)
    site.publish()
    moved = site.calls[len(LOOK) + 3 + len(BEGIN) : -len(END)]
    assert set(moved[:3]) == {"PutObject plugins.zip", "PutObject requirements.txt", "PutObject startup.sh"}
    assert moved[3:] == [*ROLL, "PutObject dags/tools/money.py", "DeleteObjects"]
    assert site.objects() == site.bundle()


def test_an_update_names_only_what_changed_and_how_workers_are_replaced(site: Site) -> None:
    site.publish()
    site.write("plugins/team.py", "TEAM = 2\n")
    site.publish(strategy="GRACEFUL")
    assert site.environment()["LastUpdate"]["WorkerReplacementStrategy"] == "GRACEFUL"
    site.write("plugins/team.py", "TEAM = 3\n")
    site.publish()
    assert site.environment()["LastUpdate"]["WorkerReplacementStrategy"] == "FORCED"


def test_the_first_publish_keeps_what_terraform_put(site: Site) -> None:
    deployed = site.versions()
    outcome = site.publish()
    assert site.moved() == {"PutObject dags/orders.py", "PutObject dags/tools/money.py", "PutObject dags/weekly.py"}
    assert site.versions() == deployed
    assert outcome.current is not None
    assert {stored.key: stored.version for stored in outcome.current.parts.values()} == deployed


def test_the_first_publish_keeps_equal_dags_and_leaves_strangers_alone(site: Site) -> None:
    s3 = site.client("s3")
    s3.put_object(Bucket=site.bucket, Key="dags/weekly.py", Body=FILES["dags/weekly.py"].encode())
    s3.put_object(Bucket=site.bucket, Key="dags/stranger.py", Body=b"")
    outcome = site.publish()
    assert "PutObject dags/weekly.py" not in site.calls
    assert outcome.notes == ("dags/stranger.py was put there by no release and is left alone",)
    site.write("dags/weekly.py", None)
    assert site.publish().done == "released"
    assert sorted(site.objects()) == sorted([*site.bundle(), "dags/stranger.py"])


def test_every_page_of_a_long_list_is_read(site: Site) -> None:
    assert boto3.DEFAULT_SESSION

    def two_at_a_time(params: dict[str, Any], **_: Any) -> None:
        params["MaxKeys"] = 2

    boto3.DEFAULT_SESSION.events.register("before-parameter-build.s3.ListObjectsV2", two_at_a_time)
    for number in range(5):
        site.write(f"dags/d{number}.py", f"# {number}\n")
    for file in [file for file in site.bundle() if file.startswith("dags/")]:
        for body in (b"# older", (site.root / file).read_bytes()):
            site.client("s3").put_object(Bucket=site.bucket, Key=file, Body=body)
    assert site.publish().done == "released"
    assert site.calls.count("ListObjectsV2") == 1 + 4 + 4  # of attempts; of DAGs, twice
    assert site.moved() == set()


def test_objects_have_type_checksum_and_release(site: Site) -> None:
    outcome = site.publish()
    assert outcome.current is not None
    found = site.client("s3").head_object(Bucket=site.bucket, Key="dags/orders.py", ChecksumMode="ENABLED")
    assert found["ContentType"] == "text/x-python"
    assert found["Metadata"] == {"release": outcome.current.id}
    assert len(found["ChecksumSHA256"]) == 44


@pytest.mark.parametrize(
    ("field", "key", "size"), [("plugins", "plugins.zip", 0), ("requirements", "requirements.txt", 0)]
)
def test_a_part_that_is_no_longer_shipped_becomes_empty(site: Site, field: str, key: str, size: int) -> None:
    site.publish()
    parts: dict[str, Any] = {"owner": "PUBLISH", field: None}
    less = site.workspace.model_copy(update={"content": Content(**parts)})
    site.definition = replace(site.definition, workspace=less)
    assert site.publish().done == "released"
    body = site.client("s3").get_object(Bucket=site.bucket, Key=key)["Body"].read()
    assert (b"team.py" in body, b"requests" in body) == (False, False)
    assert site.versions()[key] == site.newest(key)
    assert site.publish().done == "nothing"
    assert site.calls == LOOK


def test_a_version_that_somebody_else_pinned_is_corrected(site: Site) -> None:
    site.publish()
    other = site.client("s3").put_object(Bucket=site.bucket, Key="requirements.txt", Body=b"# by hand\n")
    site.client("mwaa").update_environment(
        Name=site.workspace.environment_name,
        RequirementsS3Path="requirements.txt",
        RequirementsS3ObjectVersion=other["VersionId"],
    )
    site.environment()
    outcome = site.publish()
    assert outcome.done == "released"
    assert [call for call in site.calls if call in ("UpdateEnvironment", "PutObject requirements.txt")] == [
        "UpdateEnvironment"
    ]
    assert outcome.current is not None
    assert site.versions()["requirements.txt"] == outcome.current.parts["requirements"].version


def test_a_dry_run_reports_the_same_and_writes_nothing(site: Site) -> None:
    from mwaa.operations import publish as publishing

    site.publish()
    objects, versions = site.objects(), site.versions()
    everything(site)
    site.calls.clear()
    outcome = publishing.preview(site.definition, site.root, report=site.events.append)
    assert outcome.done == "planned"
    assert outcome.plan is not None
    assert outcome.plan.rolls == ("plugins", "requirements", "startup_script")
    assert (outcome.plan.changed, outcome.plan.removed) == (("dags/tools/money.py",), ("dags/weekly.py",))
    parts = ["HeadObject plugins.zip", "HeadObject requirements.txt", "HeadObject startup.sh"]
    assert sorted(site.calls) == sorted([*LOOK, *parts])
    assert (site.objects(), site.versions()) == (objects, versions)


def test_terraform_and_publishing_never_own_the_versions_both(site: Site) -> None:
    from mwaa.config import ConfigurationError

    terraform = site.workspace.model_copy(update={"content": Content()})
    site.definition = Definition(terraform, "environments/dev.py")
    with pytest.raises(ConfigurationError) as raised:
        site.publish()
    assert str(raised.value).splitlines() == [
        "environments/dev.py: content.owner",
        "  got:      TERRAFORM: each deployment brings the content",
        "  expected: PUBLISH, or a pipeline",
        '  fix:      write content=Content(owner="PUBLISH") and deploy once; or bring content by cdktf deploy alone',
    ]
    assert site.calls == []


def test_another_dag_folder_is_deployed_first(site: Site) -> None:
    moved = site.workspace.model_copy(update={"content": Content(owner="PUBLISH", dag_s3_path="airflow/dags")})
    site.definition = replace(site.definition, workspace=moved)
    with pytest.raises(PublishError, match="reads its DAGs from dags/ and not from airflow/dags/"):
        site.publish()
    assert not [call for call in site.calls if call.startswith("Put")]


def test_airflowignore_is_read_in_the_syntax_that_the_workspace_sets(site: Site) -> None:
    site.write("dags/.airflowignore", "!\n")  # a regular expression, and no glob
    with pytest.raises(ContentError, match="expected: patterns in the glob syntax"):
        site.publish()
    options = {"core.dag_ignore_file_syntax": "regexp"}
    values = {name: getattr(site.workspace, name) for name in site.workspace.model_fields_set}
    workspace = Workspace(**values | {"airflow_configuration_options": options})
    site.definition = replace(site.definition, workspace=workspace)
    assert site.publish().done == "released"
