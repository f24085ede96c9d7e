"""Which local Airflow serves an environment, as its file says."""

import os
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

from mwaa.airflow_link import registration
from mwaa.airflow_link.registration import Registration

ONE = Registration(
    "mwaa-dev", "111111111111", "eu-west-1", "dev", "3.2.1", "http://127.0.0.1:1", "admin", "pw", "http://127.0.0.1:2",
    "key", os.getpid(), ("holidays==0.109",),
)  # fmt: skip


def find(folder: Path) -> Registration | None:
    return registration.find(folder, "111111111111", "eu-west-1", "mwaa-dev")


def test_a_registration_is_found_by_its_environment_until_it_is_removed(tmp_path: Path) -> None:
    assert find(tmp_path) is None
    registration.write(tmp_path, ONE)
    assert find(tmp_path) == ONE
    assert list(registration.list_running(tmp_path)) == [ONE]
    assert registration.find(tmp_path, "222222222222", "eu-west-1", "mwaa-dev") is None
    registration.remove(tmp_path, ONE)
    assert find(tmp_path) is None


def test_it_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    registration.write(tmp_path, ONE)
    (file,) = (tmp_path / "running").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_one_whose_process_is_gone_is_none(tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    registration.write(tmp_path, replace(ONE, pid=ended.pid))
    assert find(tmp_path) is None
    assert list(registration.list_running(tmp_path)) == []


def test_who_was_replaced_does_not_remove_the_other_s(tmp_path: Path) -> None:
    registration.write(tmp_path, ONE)
    registration.remove(tmp_path, replace(ONE, pid=1))
    assert find(tmp_path) == ONE


def test_a_file_of_another_version_of_this_program_is_none(tmp_path: Path) -> None:
    registration.write(tmp_path, ONE)
    (file,) = (tmp_path / "running").iterdir()
    file.write_text('{"environment": "mwaa-dev"}')
    assert find(tmp_path) is None
    file.write_text("not JSON")
    assert find(tmp_path) is None


def test_the_rest_api_of_each_major_release_has_its_prefix() -> None:
    assert (replace(ONE, airflow_version="2.11.2").api, ONE.api) == ("/api/v1", "/api/v2")
