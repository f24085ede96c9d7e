"""The wheel, installed into a new environment, serves a project that has no checkout of ours."""

import json
import os
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROGRAMS = Path(sys.executable).parent
"""Where the programs of the dependencies are."""

PROJECT = {
    "cdktf.json": '{"language": "python", "app": "python main.py"}',
    "main.py": """\
import sys
from pathlib import Path

from mwaa import synthesize

sys.exit(synthesize(Path(__file__).parent))
""",
    # The folder `modules` is the project's own.
    "modules/accounts.py": 'DEV = "111111111111"\n',
    "environments/dev.py": """\
from modules.accounts import DEV

from mwaa import Content, Workspace

workspace = Workspace(
    account=DEV,
    region="us-east-1",
    airflow_version="3.2.1",
    environment_class="mw1.small",
    content=Content(plugins=None, requirements=None, startup_script=None),
)
""",
    "dags/hello.py": """\
from airflow.sdk import dag, task


@dag(schedule=None)
def hello():
    @task
    def say():
        print("hello")

    say()


hello()
""",
}

ASK_EMBEDDED_AWS = """
from pathlib import Path
from mwaa import embedded_aws
here = embedded_aws.start(Path.cwd(), settings=embedded_aws.EmbeddedSettings())
try:
    print(here.client("sts", "111111111111", "us-east-1").get_caller_identity()["Account"])
finally:
    here.stop()
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


def uv(*arguments: str | Path, environ: dict[str, str] | None = None) -> None:
    command = [PROGRAMS / "uv", "--quiet", "--offline", *arguments]
    done = subprocess.run(command, env=os.environ | (environ or {}), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    # By this Python and the hatchling that it has, so that nothing is downloaded.
    uv("build", "--wheel", "--no-build-isolation", "--python", sys.executable, "--out-dir", folder, ROOT)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that has the wheel and sees our dependencies, but not our checkout."""
    environment = tmp_path_factory.mktemp("wheel") / "venv"
    uv("venv", "--python", sys.executable, environment)
    uv("pip", "install", "--no-deps", wheel, environ={"VIRTUAL_ENV": str(environment)})
    [packages] = environment.glob("lib/python*/site-packages")
    # A folder named in a .pth file is searched, but the .pth files in it (such as that of the checkout) are not read.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    for program in ("ruff", "shellcheck"):
        (environment / "bin" / program).symlink_to(PROGRAMS / program)
    return environment / "bin"


@pytest.fixture
def run(installed: Path, tmp_path: Path) -> Run:
    """`run("mwaa", "show", "dev")`: a program of the environment, in the project's folder."""
    for file, text in PROJECT.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("MWAA_", "CDKTF_", "PYTHON"))}

    def call(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [installed / program, *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    return call


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(wheel: Path) -> None:
    package = ROOT / "modules" / "mwaa"
    files = {path.relative_to(package.parent).as_posix() for path in package.rglob("*") if path.is_file()}
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert names == {name for name in files if "__pycache__" not in name} | {"mwaa/publish.txt"}
    assert zipfile.ZipFile(wheel).read("mwaa/publish.txt") == (ROOT / "locks/publish.txt").read_bytes()
    assert {"mwaa/py.typed", "mwaa/provider_lazy_index.js", "mwaa/checks/moved_imports.json"} < names


def test_the_package_is_imported_from_the_wheel_with_its_version(run: Run, installed: Path) -> None:
    file = run("python", "-c", "import mwaa; print(mwaa.__file__)").stdout.strip()
    assert Path(file).is_relative_to(installed.parent)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    asked = "from importlib.metadata import version; print(version('mwaa'))"
    assert run("python", "-c", asked).stdout == f"{version}\n"


def test_a_project_synthesizes(run: Run, tmp_path: Path) -> None:
    run("python", "main.py")
    document = json.loads((tmp_path / "cdktf.out/stacks/dev/cdk.tf.json").read_text())
    environment = document["resource"]["aws_mwaa_environment"]["environment"]
    assert (environment["name"], environment["airflow_version"]) == ("mwaa-dev", "3.2.1")
    assert document["provider"]["aws"][0]["allowed_account_ids"] == ["111111111111"]


def test_commands_work(run: Run) -> None:
    shown = json.loads(run("mwaa", "show", "dev", "--json").stdout)
    assert shown["file"] == "environments/dev.py"
    assert shown["names"]["environment"] == "mwaa-dev"
    assert run("mwaa", "publish", "--help").stdout.startswith("Usage: mwaa publish")


def test_content_is_checked_with_real_airflow(run: Run) -> None:
    [report] = json.loads(run("mwaa", "check", "dev", "--json").stdout)["reports"]
    assert (report["dags"], report["findings"]) == (1, [])


def test_the_embedded_aws_starts_and_stops(run: Run) -> None:
    assert run("python", "-c", ASK_EMBEDDED_AWS).stdout == "111111111111\n"
