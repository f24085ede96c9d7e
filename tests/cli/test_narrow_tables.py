"""Tables on a terminal that is too narrow for them."""

import pytest
from mwaa.cli import output

HEADS = ("ACCOUNT", "NETWORK")
ROWS = [("111111111111", "10.10.0.0/20, 1 NAT gateway"), ("222222222222", "")]


def drawn(columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[str]:
    for name, value in {"FORCE_COLOR": "1", "NO_COLOR": "1", "TERM": "xterm", "COLUMNS": str(columns)}.items():
        monkeypatch.setenv(name, value)
    output.table(HEADS, ROWS)
    return [
        line.rstrip() for line in capsys.readouterr().out.replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines()
    ]


def test_cells_wrap_between_words(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    lines = drawn(28, monkeypatch, capsys)
    assert lines[0].split() == ["ACCOUNT", "NETWORK"]
    assert {"111111111111", "222222222222"} <= {line[:12] for line in lines}


def test_rows_are_lists_where_words_do_not_fit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert drawn(20, monkeypatch, capsys) == [
        "ACCOUNT: 111111111111",
        "NETWORK: 10.10.0.0/20, 1 NAT gateway",
        "",
        "ACCOUNT: 222222222222",
        "",
    ]


def test_force_color_0_is_no_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FORCE_COLOR", "0")
    assert not output.console().is_terminal
