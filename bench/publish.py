"""`python -m bench.publish`: 10,000 DAG files, published here and by `aws s3 sync --delete`, on the same embedded S3.

Every run is a whole process. Calls are counted in the log of the embedded AWS, which is single-threaded: it makes the
time of both worse than AWS would, and that of who asks more, more so.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

from mwaa.embedded_aws import Embedded, EmbeddedSettings, start
from rich.console import Console
from rich.table import Table

from bench.measure import seconds

ROOT = Path(__file__).parent.parent
AWS = ROOT / ".mwaa" / "bench-awscli" / "bin" / "aws"
ACCOUNT, REGION = "111111111111", "eu-west-1"
BUCKETS = {"this project": "airflow-bench-published", "aws s3 sync": "airflow-bench-synced"}
FOLDERS = 100
WORKSPACE = f"""
from mwaa.config import Content, SourceBucket, Workspace

workspace = Workspace(
    account="{ACCOUNT}", region="{REGION}", airflow_version="3.0.6", environment_class="mw1.small",
    environment_name="bench", source_bucket=SourceBucket(name="{BUCKETS["this project"]}"),
    content=Content(owner="PUBLISH", requirements=None, startup_script=None),
)
"""


@dataclass
class Contestant:
    title: str
    command: list[str]
    folder: Path
    times: dict[str, list[float]] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)


def content(folder: Path, files: int) -> None:
    """DAG files of about 2 kB in folders, a plugin, and the workspace."""
    for number in range(files):
        write(folder, number, 0)
    for name, text in {"plugins/team.py": "", "environments/bench.py": WORKSPACE, "cdktf.json": "{}"}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def write(folder: Path, number: int, turn: int) -> None:
    path = folder / "dags" / f"team_{number % FOLDERS:02}" / f"dag_{number:05}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    line = f"# {number:06} {turn:06}: what this DAG is for, and who is called when it fails\n"
    path.write_text("from airflow import DAG\n" + line * 25, encoding="utf-8")


def change(folder: Path, files: int, turn: int) -> None:
    """1%: eight of ten edited (the size stays), one removed, one added; the number of files stays."""
    some = files // 100
    first = turn * some
    for number in range(first, first + some * 8 // 10):
        write(folder, number, turn)
    for number in range(first + some * 8 // 10, first + some * 9 // 10):
        (folder / "dags" / f"team_{number % FOLDERS:02}" / f"dag_{number:05}.py").unlink()
        write(folder, files + number, turn)


def deploy(client: Callable[[str], Any]) -> None:
    """Two buckets, and an environment that reads from the first."""
    s3, ec2, iam = client("s3"), client("ec2"), client("iam")
    blocked = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    for bucket in BUCKETS.values():
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=dict.fromkeys(blocked, True))
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as plugins:
        plugins.writestr("none.txt", "")
    bucket = BUCKETS["this project"]
    version = s3.put_object(Bucket=bucket, Key="plugins.zip", Body=archive.getvalue())["VersionId"]
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]
        for number, zone in enumerate("aba")
    ]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnets[2]["SubnetId"], AllocationId=address)["NatGateway"]["NatGatewayId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    for subnet in subnets[:2]:
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet["SubnetId"])
    group = ec2.create_security_group(GroupName="mwaa", Description="mwaa", VpcId=vpc)["GroupId"]
    itself = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[itself])
    services = ["airflow.amazonaws.com", "airflow-env.amazonaws.com"]
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": services}}
    read = {"Effect": "Allow", "Action": ["s3:GetObject*", "s3:List*"], "Resource": "*"}
    role = iam.create_role(RoleName="mwaa", AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="mwaa", PolicyName="mwaa", PolicyDocument=policy(read))
    client("mwaa").create_environment(
        Name="bench",
        AirflowVersion="3.0.6",
        ExecutionRoleArn=role,
        SourceBucketArn=f"arn:aws:s3:::{bucket}",
        DagS3Path="dags",
        PluginsS3Path="plugins.zip",
        PluginsS3ObjectVersion=version,
        NetworkConfiguration={
            "SubnetIds": [subnet["SubnetId"] for subnet in subnets[:2]],
            "SecurityGroupIds": [group],
        },
    )


def policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@contextmanager
def aws(root: Path) -> Iterator[Embedded]:
    running = start(root, settings=EmbeddedSettings(0, 0, 0))
    try:
        yield running
    finally:
        running.stop()


def requests(here: Embedded) -> int:
    """The requests that the embedded AWS has answered so far."""
    return here.log.read_text(encoding="utf-8", errors="replace").count(" -> ")


def measure(here: Embedded, contestant: Contestant, case: str, environ: dict[str, str]) -> None:
    before = requests(here)
    contestant.times.setdefault(case, []).append(seconds(contestant.command, contestant.folder, environ))
    contestant.calls[case] = requests(here) - before


def run(files: int, runs: int, console: Console) -> list[Contestant]:
    with tempfile.TemporaryDirectory() as scratch, aws(Path(scratch) / "aws") as here:
        folders = [Path(scratch) / name for name in ("published", "synced")]
        field = [
            Contestant("this project", [sys.executable, "-m", "mwaa", "publish", "bench"], folders[0]),
            Contestant(
                "aws s3 sync",
                [str(AWS), *f"s3 sync dags s3://{BUCKETS['aws s3 sync']}/dags --delete --only-show-errors".split()],
                folders[1],
            ),
        ]
        for folder in folders:
            content(folder, files)
        deploy(lambda service: here.client(service, ACCOUNT, REGION))
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environ = here.environ(ACCOUNT, REGION, kept) | {"PYTHONPATH": str(ROOT), "CI": "1"}
        for contestant in field:
            console.print(f"{contestant.title}: all {files} files")
            measure(here, contestant, "all files", environ)
        for turn in range(1, runs + 1):
            console.print(f"run {turn} of {runs}")
            for contestant in field:
                measure(here, contestant, "nothing changed", environ)
                change(contestant.folder, files, turn)
                measure(here, contestant, "1% changed", environ)
        check(here, field)
        return field


def check(here: Embedded, field: list[Contestant]) -> None:
    """Both buckets hold the same, which is what the folders hold."""
    s3 = here.client("s3", ACCOUNT, REGION)
    pages = s3.get_paginator("list_objects_v2")
    held = [
        {
            (item["Key"], item["ETag"])
            for page in pages.paginate(Bucket=bucket, Prefix="dags/")
            for item in page["Contents"]
        }
        for bucket in BUCKETS.values()
    ]
    there = sum(path.is_file() for path in (field[0].folder / "dags").rglob("*"))
    if held[0] != held[1] or len(held[0]) != there:
        sys.exit(f"the buckets differ: {len(held[0])} and {len(held[1])} objects, {there} files")


def table(field: list[Contestant], files: int, runs: int) -> Table:
    shown = Table(
        title=f"{files} DAG files, whole process: median of {runs} runs (all files: one)",
        caption="Calls: requests to AWS. Edits keep the size of the file; of ten, one is a removal and an addition.",
    )
    shown.add_column("")
    for heading in ("", "seconds", "time to ours", "calls", "calls to ours"):
        shown.add_column(heading, justify="right")
    ours = field[0]
    for case in ours.times:
        for contestant in field:
            median = statistics.median(contestant.times[case])
            shown.add_row(
                case if contestant is ours else "",
                contestant.title,
                f"{median:.2f}",
                f"{median / statistics.median(ours.times[case]):.1f}x",
                str(contestant.calls[case]),
                f"{contestant.calls[case] / ours.calls[case]:.1f}x",
            )
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.publish", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="timed runs of each (default: 3)")
    parser.add_argument("--files", type=int, default=10_000, help="DAG files (default: 10000)")
    given = parser.parse_args()
    if given.runs < 1 or given.files < 1000:
        parser.error("at least 1 run and 1000 files are needed")
    console = Console(width=None if sys.stdout.isatty() else 140, highlight=False)
    try:
        field = run(given.files, given.runs, console)
        startup = seconds([sys.executable, "-m", "mwaa", "--help"], ROOT, os.environ)
    except subprocess.CalledProcessError as error:
        output = (error.stderr or b"").decode(errors="replace").strip()
        sys.exit(f"{output}\nThis command failed: {' '.join(map(str, error.cmd))}")
    console.print(table(field, given.files, given.runs))
    version = subprocess.run([AWS, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    console.print(f"{version}; `mwaa --help` takes {startup:.2f} s")
    console.print(
        f"{date.today()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}"
    )


if __name__ == "__main__":
    main()
