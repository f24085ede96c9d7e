"""Adoption: an environment that this project did not make, in a VPC with other things, and its first plan."""

import json
import subprocess
import sys
from typing import Any

from mwaa import embedded_aws
from mwaa.embedded_aws import EmbeddedSettings
from mwaa.project_layout import EMBEDDED_OUTPUT

ACCOUNT, REGION = "444444444444", "eu-west-1"


def _mwaa(project: Any, environ: dict[str, str], *words: str) -> str:
    command = [sys.executable, "-m", "mwaa", *words]
    return subprocess.run(command, cwd=project.root, env=environ, check=True, capture_output=True, text=True).stdout


def test_the_first_plan_of_an_adopted_environment_changes_exactly_what_was_announced(
    project: Any, prepare: Any
) -> None:
    settings = EmbeddedSettings(create_seconds=0, update_seconds=0, delete_seconds=0)
    here = embedded_aws.start(project.root, settings=settings)

    def client(service: str) -> Any:
        return here.client(service, ACCOUNT, REGION)

    arguments = prepare(client, ACCOUNT, REGION)
    client("s3").put_object(Bucket=f"airflow-{ACCOUNT}-{REGION}", Key="dags/etl.py", Body=b"")
    client("mwaa").create_environment(**arguments | {"Name": "Live_ETL"}, Tags={"team": "etl"})
    before = client("mwaa").get_environment(Name="Live_ETL")["Environment"]

    project.write(
        "environments/other.py",
        (project.root / "environments/dev.py")
        .read_text("utf-8")
        .replace("111111111111", ACCOUNT)
        .replace("10.10.", "10.77."),
    )
    environ = project.environ(project.workspace("other")) | {"AWS_REGION": REGION}
    adopted = json.loads(_mwaa(project, environ, "adopt", "Live_ETL", "--region", REGION, "--name", "etl", "--json"))

    out = project.root / EMBEDDED_OUTPUT
    environ = project.environ(project.workspace("etl"))
    subprocess.run([sys.executable, "main.py"], cwd=project.root, env=environ | {"CDKTF_OUTDIR": str(out)}, check=True)
    subprocess.run(
        ["terraform", "init", "-input=false"], cwd=out / "stacks/etl", env=environ, check=True, capture_output=True
    )
    planned = {}
    for change in project.plan("etl")["resource_changes"]:
        if change["mode"] != "managed":
            continue
        one = change["change"]
        assert one.get("importing", {}).get("id") == adopted["imports"][change["address"]]
        assert one["actions"] in (["no-op"], ["update"]), change
        unknown = {name for name, value in one["after_unknown"].items() if value is True}
        planned |= {
            (change["address"], name): one["actions"]
            for name in one["before"].keys() | one["after"].keys()
            if name not in unknown and one["before"].get(name) != one["after"].get(name)
        }
    assert set(planned) == {(one["address"], one["attribute"]) for one in adopted["changes"]}
    assert client("mwaa").get_environment(Name="Live_ETL")["Environment"] == before
