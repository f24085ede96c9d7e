"""Real Airflow for the tests of this folder: built once, kept in the user's cache like any other."""

from collections.abc import Callable
from pathlib import Path

import pytest
from mwaa.airflow import AirflowEnvironment, ensure_environment


@pytest.fixture(scope="session")
def airflow() -> Callable[[str], AirflowEnvironment]:
    """`airflow("3.2.1")`: that release as MWAA's image has it."""

    def make(version: str) -> AirflowEnvironment:
        return ensure_environment(version, None, {}, print)

    return make


@pytest.fixture
def tree(tmp_path: Path) -> Callable[[str, dict[str, str]], Path]:
    """`tree("dags", {"a.py": "..."})`: a folder with these files."""

    def make(name: str, files: dict[str, str]) -> Path:
        for file, text in files.items():
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path / name

    return make
