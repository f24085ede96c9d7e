"""`synthesize` with several workspaces of which one is broken, and what the real `cdktf` leaves in `cdktf.out/`."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILE = """\
from mwaa import Content, Network, Workspace

workspace = Workspace(
    account="111111111111",
    region="us-east-1",
    airflow_version="3.2.1",
    environment_class="mw1.small",
    network=Network(cidr="CIDR"),
    content=Content(plugins=None, requirements=None, startup_script=None),
)
"""
Project = Callable[[dict[str, str]], Path]
GOOD = {
    "main.py": (ROOT / "main.py").read_text(),
    "cdktf.json": json.dumps({"language": "python", "app": f"{sys.executable} main.py", "projectId": "0"}),
    "dags/hello.py": "",
    "environments/dev.py": FILE.replace("CIDR", "10.0.0.0/20"),
    "environments/analytics/dev.py": FILE.replace("CIDR", "10.1.0.0/20"),
}
BROKEN = {"environments/analytics/dev.py": FILE.replace("CIDR", "10.1.0.0/33")}
ENVIRON = {
    **os.environ,
    "PYTHONPATH": str(ROOT / "modules"),
    "CI": "1",
    "CHECKPOINT_DISABLE": "1",
    "DISABLE_VERSION_CHECK": "1",
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
}


def synth(root: Path, *command: str, **environ: str) -> tuple[int, str]:
    done = subprocess.run(
        command or (sys.executable, "main.py"),
        cwd=root,
        env=ENVIRON | environ,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def stacks(root: Path) -> set[str]:
    return {path.parent.name for path in root.glob("cdktf.out/stacks/*/cdk.tf.json")}


def test_the_others_are_synthesized_and_the_status_is_1(project: Project) -> None:
    status, text = synth(root := project(GOOD | BROKEN))
    assert status == 1
    assert "environments/analytics/dev.py: network.cidr" in text
    assert stacks(root) == {"dev"}


def test_content_or_an_extend_that_fails_stops_its_own_workspace_only(project: Project) -> None:
    files = GOOD | {
        "environments/analytics/dev.py": GOOD["environments/analytics/dev.py"].replace(
            "content=Content(", 'content=Content(dags="nowhere", '
        ),
        "environments/risk.py": FILE.replace("CIDR", "10.2.0.0/20") + "\n\ndef extend(stack):\n    1 / 0\n",
    }
    status, text = synth(root := project(files))
    assert status == 1
    assert "nowhere" in text
    assert "environments/risk.py: line 14\n  got:      ZeroDivisionError: division by zero" in text
    assert stacks(root) == {"dev"}


def test_a_change_that_replaces_the_environment_is_reported_once(project: Project) -> None:
    root = project(GOOD)
    assert synth(root) == (0, "")
    path = root / "environments/dev.py"
    path.write_text(GOOD["environments/dev.py"].replace("10.0.0.0/20", "10.2.0.0/20"))
    assert synth(root) == (
        0,
        "dev: if it is deployed, these changes replace the environment, and its metadata is lost.\n"
        "  network.cidr: 10.0.0.0/20 -> 10.2.0.0/20\n"
        "  network.private_subnets: ['10.0.0.0/22', '10.0.4.0/22'] -> ['10.2.0.0/22', '10.2.4.0/22']\n"
        "  docs: docs/reference/workspace.md#fields-that-replace-the-environment\n",
    )
    assert synth(root) == (0, "")
    other = path.read_text().replace('Network(cidr="10.2.0.0/20")', 'NetworkOf("analytics-dev")')
    path.write_text(other.replace("Content, Network,", "Content, NetworkOf,"))
    status, text = synth(root)
    assert (status, text.splitlines()[1]) == (0, "  network: Network -> NetworkOf")


def test_where_nothing_can_be_synthesized_the_status_is_2(project: Project) -> None:
    status, _ = synth(root := project(GOOD | BROKEN), MWAA_WORKSPACES="analytics-*")
    assert (status, stacks(root)) == (2, set())


def test_a_broken_workspace_that_is_not_wanted_is_not_reported(project: Project) -> None:
    assert synth(root := project(GOOD | BROKEN), MWAA_WORKSPACES="dev, d*") == (0, "")
    assert stacks(root) == {"dev"}


def test_a_pattern_that_matches_nothing_is_an_error(project: Project) -> None:
    status, text = synth(root := project(GOOD | BROKEN), MWAA_WORKSPACES="dev,anlytics-dev,risk-*")
    assert (status, stacks(root)) == (2, set())
    assert text == (
        'MWAA_WORKSPACES\n  got:      "anlytics-dev"\n  expected: names or patterns of analytics-dev, dev\n'
        '  fix:      did you mean "analytics-dev"?\n\n'
        'MWAA_WORKSPACES\n  got:      "risk-*"\n  expected: names or patterns of analytics-dev, dev\n'
        "  fix:      remove it from MWAA_WORKSPACES\n"
    )


def test_a_team_with_broken_defaults_does_not_stop_the_others(project: Project) -> None:
    files = GOOD | {
        "environments/analytics/_defaults.py": "CIDR = 1 / 0\n",
        "environments/analytics/eu/dev.py": "from .._defaults import CIDR\n" + FILE,
        "environments/risk/eu/dev.py": FILE.replace("CIDR", "10.3.0.0/20"),
    }
    status, text = synth(root := project(files))
    assert (status, text) == (
        1,
        "environments/analytics/_defaults.py: line 1\n  got:      ZeroDivisionError: division by zero\n"
        "  expected: a file that Python runs to its end\n",
    )
    assert stacks(root) == {"analytics-dev", "dev", "risk-eu-dev"}


def test_the_cdktf_command_deletes_no_folder_of_a_broken_or_unwanted_workspace(project: Project) -> None:
    root = project(GOOD)
    (root / "node_modules").symlink_to(ROOT / "node_modules")
    command = (shutil.which("npx", path=ENVIRON["PATH"]) or "npx", "cdktf", "synth")
    assert synth(root, *command)[0] == 0
    assert stacks(root) == {"dev", "analytics-dev"}
    lock = root / "cdktf.out/stacks/analytics-dev/.terraform.lock.hcl"
    lock.write_text("")
    project(GOOD | BROKEN)
    status, text = synth(root, *command)
    assert status == 1
    assert "environments/analytics/dev.py: network.cidr" in text
    assert lock.exists()
    assert synth(root, *command, MWAA_WORKSPACES="dev")[0] == 0
    assert lock.exists()
    project(GOOD | {"environments/analytics/eu/dev.py": FILE.replace("CIDR", "10.3.0.0/20")})
    assert synth(root, *command, MWAA_WORKSPACES="analytics-eu-*,analytics-d?v")[0] == 0
    assert stacks(root) == {"dev", "analytics-dev", "analytics-eu-dev"}
    assert lock.exists()
    (root / "environments/analytics/eu/dev.py").unlink()
    status, text = synth(root, *command, MWAA_WORKSPACES="analitics-*")
    assert status != 0
    assert 'MWAA_WORKSPACES\n  got:      "analitics-*"' in text
    assert lock.exists()
    (root / "environments/analytics/dev.py").unlink()
    assert synth(root, *command)[0] == 0
    assert stacks(root) == {"dev"}
    assert not lock.exists()
