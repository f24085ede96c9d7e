"""Environments are built once, whole or not at all."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from types import SimpleNamespace

import pytest
from mwaa.airflow import AirflowEnvironment, ensure_environment
from mwaa.airflow import python_environment as environment
from mwaa.process import ToolError, ask
from mwaa.requirements import parse

from tests.releases import by_release


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """`packages("nothing==1")`: what the resolver finds. Everything else is real: uv, the Python, the cache."""
    monkeypatch.setenv("MWAA_CACHE", str(tmp_path / "cache"))

    def make(text: str) -> None:
        found = SimpleNamespace(
            airflow_version="2.10.3", python="3.11", packages=(), added=(), installable=lambda _: text
        )
        monkeypatch.setattr(environment, "resolve", lambda *_: found)

    make("")
    return make


def folders(tmp_path: Path) -> list[str]:
    return [path.name for path in (tmp_path / "cache" / "airflow").iterdir() if path.is_dir()]


def test_a_build_that_was_interrupted_leaves_nothing(packages: Callable[[str], None], tmp_path: Path) -> None:
    def interrupted(text: str) -> None:
        if text.startswith("installing"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ensure_environment("2.10.3", None, {}, interrupted)
    assert folders(tmp_path) == []
    assert ensure_environment("2.10.3", None, {}, print).python.exists()


def test_a_build_that_failed_says_what_uv_says_and_leaves_nothing(
    packages: Callable[[str], None], tmp_path: Path
) -> None:
    packages("./no-such-wheel.whl")
    with pytest.raises(ToolError, match=r"(?s)^uv could not build the environment of Airflow:\n.*no-such-wheel"):
        ensure_environment("2.10.3", None, {}, print)
    assert folders(tmp_path) == []


def test_two_that_need_the_same_at_once_build_it_once(packages: Callable[[str], None], tmp_path: Path) -> None:
    said: list[str] = []
    together = Barrier(2)

    def one(_: int) -> AirflowEnvironment:
        together.wait()
        return ensure_environment("2.10.3", None, {}, said.append)

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(one, range(2))
    assert first == second
    assert sum(text.startswith("installing Airflow 2.10.3") for text in said) == 1
    assert folders(tmp_path) == [first.folder.name]


@by_release
def test_the_environment_is_that_release(
    airflow_version: str, airflow: Callable[[str], AirflowEnvironment], tmp_path: Path
) -> None:
    from mwaa.airflow import AirflowSetup, airflow_environ, migrate
    from mwaa.process import ask

    built = airflow(airflow_version)
    migrate(built, tmp_path, print)
    environ = airflow_environ(AirflowSetup(built, tmp_path / "dags", base={"PATH": "/usr/bin:/bin"}), tmp_path)
    assert ask(built.command("version"), tmp_path, environ).stdout.strip().splitlines()[-1] == airflow_version
    checked = ask(built.command("db", "check-migrations", "--migration-wait-timeout", "0"), tmp_path, environ)
    assert checked.status == 0, checked.stderr


def test_what_requirements_add_is_laid_over_the_image(
    airflow: Callable[[str], AirflowEnvironment], tmp_path: Path
) -> None:
    image = airflow("3.2.1")
    added = ensure_environment("3.2.1", parse("holidays==0.109\n"), {}, print)
    assert (added.image, image.folder) == (image.folder, image.image)
    assert added.folder != image.folder
    assert [path.name for path in added.site_packages[0].glob("airflow*")] == []
    script = "import holidays, airflow; print(holidays.__version__, airflow.__version__)"
    said = ask([added.python, "-c", script], tmp_path, os.environ | {"AIRFLOW_HOME": str(tmp_path)})
    assert said.stdout.split() == ["0.109", "3.2.1"], said.stderr
    # What Airflow starts by its name is this environment's too.
    program = (added.folder / "bin" / "airflow").read_text().splitlines()[0]
    assert program == f"#!{added.python}"


def test_requirements_that_change_the_image_get_an_airflow_of_their_own(
    airflow: Callable[[str], AirflowEnvironment],
) -> None:
    image = airflow("3.2.1")
    changed = ensure_environment("3.2.1", parse("# -c none\ncertifi==2025.8.3\n"), {}, print)
    assert changed.image == changed.folder != image.folder
