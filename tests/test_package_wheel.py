"""The wheel that the stack uploads: installable, and the same bytes for the same files."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from mwaa import package_wheel

ROOT = Path(__file__).parents[1]


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The folder into which pip's rules installed the wheel, without an index."""
    wheel, target = package_wheel.write_wheel(tmp_path), tmp_path / "target"
    uv = Path(sys.executable).with_name("uv")
    command = [uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--target", target, wheel]
    subprocess.run(command, check=True, capture_output=True)
    return target


def run(installed: Path, folder: Path, *arguments: str) -> str:
    command, environ = [sys.executable, *arguments], {"PYTHONPATH": str(installed)}
    return subprocess.run(command, env=environ, cwd=folder, capture_output=True, text=True, check=True).stdout


def test_the_wheel_holds_the_package_and_the_lock_of_publishing(tmp_path: Path) -> None:
    wheel = package_wheel.write_wheel(tmp_path)
    assert wheel.name == "mwaa-0.1.0-py3-none-any.whl"
    archive = zipfile.ZipFile(wheel)
    assert archive.testzip() is None
    assert archive.read("mwaa/publish.txt") == (ROOT / "locks/publish.txt").read_bytes()
    assert archive.read("mwaa-0.1.0.dist-info/METADATA") == (
        b"Metadata-Version: 2.1\nName: mwaa\nVersion: 0.1.0\nRequires-Python: >=3.11\n"
    )


def test_it_installs_without_an_index(installed: Path, tmp_path: Path) -> None:
    assert run(installed, tmp_path, "-m", "mwaa", "--version") == "mwaa 0.1.0\n"
    assert (installed / "mwaa/app.py").read_bytes() == (ROOT / "modules/mwaa/app.py").read_bytes()


def test_the_installed_package_writes_the_same_bytes_as_the_checkout(installed: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    again.mkdir()
    code = "import mwaa.package_wheel as w, pathlib; print(w.__file__); w.write_wheel(pathlib.Path('again'))"
    assert run(installed, tmp_path, "-c", code) == f"{installed}/mwaa/package_wheel.py\n"
    wheel = "mwaa-0.1.0-py3-none-any.whl"
    assert (again / wheel).read_bytes() == (tmp_path / wheel).read_bytes()
