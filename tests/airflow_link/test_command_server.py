"""Commands come in with the key alone."""

import json
import subprocess
import urllib.error
import urllib.request
from typing import Any

import pytest
from mwaa.airflow_link.command_server import serve_commands
from mwaa.process import Ended


def ask(address: str, key: str, arguments: list[str]) -> Any:
    request = urllib.request.Request(
        f"{address}/cli", json.dumps(arguments).encode(), {"Authorization": f"Bearer {key}"}, method="POST"
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as answer:
        return json.load(answer)


def test_a_command_is_run_and_answered() -> None:
    seen: list[list[str]] = []

    def run(arguments: list[str], seconds: float) -> Ended:
        seen.append(arguments)
        return Ended(2, "out", "err")

    with serve_commands(run) as server:
        assert ask(server.address, server.key, ["dags", "list"]) == {"status": 2, "stdout": "out", "stderr": "err"}
        with pytest.raises(urllib.error.HTTPError) as caught:
            ask(server.address, "wrong", ["version"])
        assert caught.value.code == 403
    assert seen == [["dags", "list"]]
    with pytest.raises(urllib.error.URLError):
        ask(server.address, server.key, ["version"])


def test_a_command_that_takes_too_long_is_told() -> None:
    def run(arguments: list[str], seconds: float) -> Ended:
        raise subprocess.TimeoutExpired(arguments, seconds)

    with serve_commands(run) as server:
        said = ask(server.address, server.key, ["dags", "test"])
    assert said == {"status": 1, "stdout": "", "stderr": "The command did not end within 100 seconds.\n"}
