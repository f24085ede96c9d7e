"""A small, good project that each test spoils in one place."""

from collections.abc import Callable
from pathlib import Path

import pytest

from modules.config import Content
from modules.content import Bundle, ContentError, build

GOOD = {
    "dags/daily.py": b"from airflow.sdk import dag\n",
    "dags/.airflowignore": b"shop/\n",
    "dags/shop/__init__.py": b"",
    "dags/shop/rows.py": b"# the rows that the dag of airflow sums up\n",
    "dags/sql/sum.sql": b"select sum(euros) from dag_orders_airflow\n",
    "plugins/acme_plugin.py": b"from airflow.plugins_manager import AirflowPlugin\n",
    "plugins/acme/rules.py": b"LOW = 1\n",
    "requirements.txt": b"holidays==0.109\n",
    "startup.sh": b"#!/bin/bash\necho ready\n",
}


def write(root: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def build_in(root: Path, content: Content | None = None) -> Bundle:
    return build(content or Content(), root, root / ".out/bundle", airflowignore_syntax="glob")


def told(root: Path, content: Content | None = None) -> list[tuple[str, str, str, str, str]]:
    """What the refused build tells: file, field, given, allowed, mend."""
    with pytest.raises(ContentError) as error:
        build_in(root, content)
    return [(p.file, p.field, p.given, p.allowed, p.mend) for p in error.value.problems]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path, GOOD)
    return tmp_path


@pytest.fixture
def tree(project: Path) -> Callable[[], dict[str, bytes]]:
    """What is staged, by key."""

    def read() -> dict[str, bytes]:
        out = project / ".out/bundle"
        return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}

    return read
