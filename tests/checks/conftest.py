"""Subjects made of files on disk."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from mwaa.checks.content_layout import subject_of_paths
from mwaa.checks.subject import Subject

Write = Callable[[dict[str, str | bytes]], Path]
MakeSubject = Callable[..., Subject]

PARTS = {"dags": "dags", "plugins": "plugins", "requirements": "requirements.txt", "startup_script": "startup.sh"}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """`write({"dags/a.py": "..."})`: the folder in which these files now lie."""

    def make(files: dict[str, str | bytes]) -> Path:
        for name, data in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return tmp_path

    return make


@pytest.fixture
def subject(write: Write, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeSubject]:
    """`subject({"dags/a.py": "..."}, **options)`: content for Airflow 3.2.1, shown by paths from its folder."""
    with ExitStack() as open_subjects:

        def make(files: dict[str, str | bytes], airflow_version: str = "3.2.1", **given: Any) -> Subject:
            folder = write(files)
            monkeypatch.chdir(folder)
            paths = {part: Path(name) for part, name in PARTS.items() if (folder / name).exists()}
            return open_subjects.enter_context(subject_of_paths(airflow_version, **(paths | given)))

        yield make
