import sys
import tarfile
import time
from pathlib import Path

import psutil
import pytest
from mwaa.process import ToolError
from mwaa.requirements import uv as uv_module
from mwaa.requirements.uv import environ, explain, index_error, indexes, parse_yanked, uv

CONFLICT = """\
warning: The requested Python version 3.12 is not available; 3.11.7 will be used to build dependencies instead.
error: No solution found when resolving dependencies
  cause: Because only /tmp/mwaa-abc/wheels/ours is there and you require ours, we can conclude that it fails.
         And because you require https://me:word@host/simple, we can conclude that your requirements are unsatisfiable.

hint: Wheels are required
"""


def test_an_explanation_has_no_progress_no_path_and_no_secret() -> None:
    assert explain(CONFLICT) == (
        "Because only ours is there and you require ours, we can conclude that it fails.\n"
        "  And because you require https://***@host/simple, we can conclude that your requirements are unsatisfiable."
    )


def test_a_long_explanation_keeps_its_beginning_and_its_end() -> None:
    lines = explain("\n".join(f"         line {number}" for number in range(100))).splitlines()
    assert len(lines) == 31
    assert [line.strip() for line in (lines[0], lines[20], lines[-1])] == ["line 0", "... (70 more lines)", "line 99"]


def test_yanked_versions_are_read_with_their_reason() -> None:
    stderr = (
        'warning: `attrs==21.1.0` is yanked (reason: "Installable but not importable on Python 3.4.")\n'
        "warning: `plain==1.0` is yanked\n"
    )
    assert parse_yanked(stderr) == {"attrs==21.1.0": "Installable but not importable on Python 3.4.", "plain==1.0": ""}


def test_an_index_that_refuses_differs_from_an_unreachable_one() -> None:
    refused = index_error(
        "error: Failed to fetch: `https://me:word@host/simple/a/`\n"
        "  cause: HTTP status client error (401 Unauthorized) for url (https://me:word@host/simple/a/)\n"
    )
    assert str(refused) == "the package index answers 401 Unauthorized (https://***@host/simple/a/)"
    away = index_error("error: error sending request for url (https://host/simple/a/)\n  cause: dns error\n")
    assert str(away) == "the package index is unreachable (https://host/simple/a/)"
    assert index_error(CONFLICT) is None


def test_pips_settings_count_where_uv_has_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "https://pip/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://more/simple")
    monkeypatch.setenv("UV_EXCLUDE_NEWER", "2020-01-01")
    found = environ(tmp_path)
    assert (found["UV_INDEX_URL"], found["UV_EXTRA_INDEX_URL"]) == ("https://pip/simple", "https://more/simple")
    assert "UV_EXCLUDE_NEWER" not in found
    assert indexes()[:2] == ("UV_INDEX_URL=https://pip/simple", "UV_EXTRA_INDEX_URL=https://more/simple")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://uv/simple")
    assert "UV_INDEX_URL" not in environ(tmp_path)


SETUP = """
import os, sys, time
sys.stderr.write("".join(f"{name}={value}\\n" for name, value in sorted(os.environ.items())))
sys.stderr.flush()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for stream in (0, 1, 2):
            os.close(stream)
        with open(os.environ["LEFT"], "w") as file:
            file.write(str(os.getpid()))
        time.sleep(600)
    os._exit(0)
while not os.path.exists(os.environ["LEFT"]) or not open(os.environ["LEFT"]).read():
    time.sleep(0.01)
%s
"""


def sdist(folder: Path, ending: str) -> Path:
    """A source archive whose setup.py prints its variables, leaves a process behind, and ends with `ending`."""
    source = folder / "ours-1.0"
    source.mkdir()
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "setup"\nbackend-path = ["."]\n', encoding="utf-8"
    )
    (source / "setup.py").write_text(SETUP % ending, encoding="utf-8")
    (source / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: ours\nVersion: 1.0\n", encoding="utf-8")
    with tarfile.open(folder / "ours-1.0.tar.gz", "w:gz") as archive:
        archive.add(source, "ours-1.0")
    return folder / "ours-1.0.tar.gz"


def build(folder: Path, ending: str) -> str:
    command = ["build", "--wheel", sdist(folder, ending).name, "--out-dir", "out", "--python", sys.executable]
    return uv(command, folder, {"LEFT": str(folder / "left")}).stderr


def has_ended(folder: Path) -> bool:
    try:
        return psutil.Process(int((folder / "left").read_text())).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_build_script_sees_no_secret_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = ("AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "GITHUB_TOKEN", "UV_PUBLISH_TOKEN", "MY_DATABASE", "NPM_TOKEN")
    for name in secrets:
        monkeypatch.setenv(name, "a-secret")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://index.example/simple")
    said = build(tmp_path, "sys.exit(3)")
    assert "UV_DEFAULT_INDEX=https://index.example/simple" in said
    assert "a-secret" not in said
    assert [line for line in said.splitlines() if line.strip().startswith("HOME=") and str(Path.home()) in line] == []
    assert has_ended(tmp_path)


def test_a_build_script_that_never_ends_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uv_module, "SECONDS", 3.0)
    began = time.monotonic()
    with pytest.raises(ToolError) as error:
        build(tmp_path, "time.sleep(600)")
    assert str(error.value) == "uv did not end within 0.05 minutes: a build script hangs, or the index is slow"
    assert time.monotonic() - began < 30
    assert has_ended(tmp_path)
