"""Texts of others are shown, never obeyed."""

import io
import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mwaa.checks.finding import Finding
from mwaa.cli import findings_view, output
from mwaa.visible_text import visible, visible_json
from rich.console import Console

OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
COMMAND = re.compile(r"^\s*::|##\[|##vso\[", re.MULTILINE)
TEXTS = st.text(st.one_of(st.characters(), st.sampled_from("\x1b[]\r\n:#\u202e\u2028\x9b \tvso")))


@given(TEXTS)
@example("\x1b]0;title\x07::error::x\n ::set-env name=A::b\n##[error]x ##vso[task]\u202e")
def test_nothing_is_left_to_obey(text: str) -> None:
    shown = visible(text)
    assert not OBEYED.search(shown)
    assert not COMMAND.search(shown)
    shown.encode()


@given(TEXTS)
def test_json_means_the_same(text: str) -> None:
    shown = visible_json({"found": text})
    assert json.loads(shown) == {"found": text}
    assert not OBEYED.search(shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("a\rb\x9bc", "a\\x0db\\x9bc"),
        ("abc\u202etxt.yp\u2028next", "abc\\u202etxt.yp\\u2028next"),
        ("  ::error::x", "  :\\:error::x"),
        ("note: a::b", "note: a::b"),
        ("##[error]x", "#\\#[error]x"),
        ("Größe\n\tin 木 ✓ 👩‍🚀", "Größe\n\tin 木 ✓ 👩‍🚀"),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(TEXTS)
def test_findings_on_the_terminal(text: str) -> None:
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(output, "console", lambda: output._VisibleConsole(file=out, soft_wrap=True, markup=False))
        findings_view.show([Finding("rule", "error", text, text, text, 1, text, text)])
    assert not OBEYED.search(out.getvalue())
    assert not COMMAND.search(out.getvalue())
    assert isinstance(output.console(), Console)
