import pytest
from mwaa.requirements.uv import environ, explain, index_error, indexes, parse_yanked

CONFLICT = """\
warning: The requested Python version 3.12 is not available; 3.11.7 will be used to build dependencies instead.
error: No solution found when resolving dependencies
  cause: Because only /tmp/mwaa-abc/wheels/ours is there and you require ours, we can conclude that it fails.
         And because you require https://me:word@host/simple, we can conclude that your requirements are unsatisfiable.

hint: Wheels are required
"""


def test_an_explanation_has_no_progress_no_path_and_no_secret() -> None:
    assert explain(CONFLICT) == (
        "Because only ours is there and you require ours, we can conclude that it fails.\n"
        "  And because you require https://***@host/simple, we can conclude that your requirements are unsatisfiable."
    )


def test_a_long_explanation_keeps_its_beginning_and_its_end() -> None:
    lines = explain("\n".join(f"         line {number}" for number in range(100))).splitlines()
    assert len(lines) == 31
    assert [line.strip() for line in (lines[0], lines[20], lines[-1])] == ["line 0", "... (70 more lines)", "line 99"]


def test_yanked_versions_are_read_with_their_reason() -> None:
    stderr = (
        'warning: `attrs==21.1.0` is yanked (reason: "Installable but not importable on Python 3.4.")\n'
        "warning: `plain==1.0` is yanked\n"
    )
    assert parse_yanked(stderr) == {"attrs==21.1.0": "Installable but not importable on Python 3.4.", "plain==1.0": ""}


def test_an_index_that_refuses_differs_from_an_unreachable_one() -> None:
    refused = index_error(
        "error: Failed to fetch: `https://me:word@host/simple/a/`\n"
        "  cause: HTTP status client error (401 Unauthorized) for url (https://me:word@host/simple/a/)\n"
    )
    assert str(refused) == "the package index answers 401 Unauthorized (https://***@host/simple/a/)"
    away = index_error("error: error sending request for url (https://host/simple/a/)\n  cause: dns error\n")
    assert str(away) == "the package index is unreachable (https://host/simple/a/)"
    assert index_error(CONFLICT) is None


def test_pips_settings_count_where_uv_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "https://pip/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://more/simple")
    monkeypatch.setenv("UV_EXCLUDE_NEWER", "2020-01-01")
    found = environ()
    assert (found["UV_INDEX_URL"], found["UV_EXTRA_INDEX_URL"]) == ("https://pip/simple", "https://more/simple")
    assert "UV_EXCLUDE_NEWER" not in found
    assert indexes()[:2] == ("UV_INDEX_URL=https://pip/simple", "UV_EXTRA_INDEX_URL=https://more/simple")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://uv/simple")
    assert "UV_INDEX_URL" not in environ()
