"""Python source of calls, which ruff leaves as it is."""

import subprocess
import sys
from typing import Any

import pytest
from mwaa.operations.adopt.python_source import Call, write_assignment, write_import

SHORT = Call("Network", {"cidr": "10.0.0.0/16"})
LONG = Call(
    "Workspace",
    {
        "account": "111111111111",
        "network": SHORT,
        "min_workers": 3,
        "protected": False,
        "key": None,
        "ids": ("subnet-1",),
        "none": (),
        "options": {"core.parallelism": "8", "webserver.instance_name": 'Team "ETL" \\ größer'},
        "subnets": tuple(f"subnet-0123456789abcdef{number}" for number in range(3)),
        "tags": {f"a-rather-long-key-{number}": f"and its value {number}" for number in range(3)},
    },
)


def test_a_short_call_is_one_line() -> None:
    assert write_assignment("network", SHORT) == 'network = Network(cidr="10.0.0.0/16")\n'


def test_an_import_of_many_names_is_wrapped() -> None:
    assert write_import("mwaa", {"Workspace", "Network"}) == "from mwaa import Network, Workspace\n"
    names = {f"AnotherVeryLongName{number}" for number in range(5)}
    lines = [f"    {name},\n" for name in sorted(names)]
    assert write_import("mwaa", names) == "from mwaa import (\n" + "".join(lines) + ")\n"


@pytest.mark.parametrize("call", [SHORT, LONG], ids=["short", "long"])
@pytest.mark.parametrize("name", ["x", "a_name_of_more_than_sixty_characters_which_makes_the_line_too_long"])
def test_what_is_written_is_formatted_as_ruff_does_and_means_the_same(call: Call, name: str) -> None:
    text = write_assignment(name, call)
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "-"]
    assert subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout == text
    built: dict[str, Any] = {
        "Network": lambda **given: Call("Network", given),
        "Workspace": lambda **given: Call("Workspace", given),
    }
    exec(text, built)
    assert built[name] == call


def test_a_call_lists_the_names_that_it_needs() -> None:
    assert list(LONG.names()) == ["Workspace", "Network"]
