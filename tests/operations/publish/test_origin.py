"""A release's origin: as a pipeline says it, else as git does."""

import os
import subprocess
from pathlib import Path

import pytest
from mwaa.operations.publish.origin import Origin, find_origin


@pytest.fixture
def environ() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MWAA_", "GIT_"))}
    return kept | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CEILING_DIRECTORIES": "/"}


def test_a_pipeline_says_it(tmp_path: Path, environ: dict[str, str]) -> None:
    said = {"MWAA_REVISION": "4f2a", "MWAA_AUTHOR": "Ada", "MWAA_RUN": "execution 7"}
    assert find_origin(tmp_path, None, environ | said) == Origin("4f2a", "Ada", "execution 7")
    assert find_origin(tmp_path, "given", environ | said).revision == "given"


def test_git_says_it_and_what_is_not_committed_is_marked(tmp_path: Path, environ: dict[str, str]) -> None:
    def git(*words: str) -> str:
        command = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com", *words]
        return subprocess.run(command, cwd=tmp_path, env=environ, check=True, capture_output=True, text=True).stdout

    git("init", "--quiet")
    assert find_origin(tmp_path, None, environ).revision == ""  # no commit yet
    (tmp_path / "dag.py").write_text("")
    git("add", ".")
    git("commit", "--quiet", "-m", "first")
    commit = git("rev-parse", "HEAD").strip()
    origin = find_origin(tmp_path, None, environ)
    assert (origin.revision, origin.author) == (commit, "Ada <ada@example.com>")
    (tmp_path / "dag.py").write_text("# more")
    assert find_origin(tmp_path, None, environ).revision == f"{commit}+changes"


def test_without_git_nothing_is_made_up(tmp_path: Path, environ: dict[str, str]) -> None:
    origin = find_origin(tmp_path, None, environ)
    assert (origin.revision, origin.author) == ("", "")
    assert origin.run.endswith(f", process {os.getpid()}")
