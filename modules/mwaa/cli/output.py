"""What commands print: tables and sentences for people, JSON for machines, errors on standard error."""

from __future__ import annotations

import codecs
import io
import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from mwaa.config import ConfigurationError, Workspace
from mwaa.failure import Failure
from mwaa.visible_text import visible, visible_json

if TYPE_CHECKING:
    from mwaa.config import BrokenWorkspace
    from mwaa.embedded_aws import Embedded
    from mwaa.local.doctor import MachineCheck
    from mwaa.local_airflow import Registration
    from mwaa.operations.live_environment import LiveEnvironment


_WIDE = 10_000


class _VisibleConsole(Console):
    """Shows what texts of others would make a terminal or a log of CI do: the only way to them is `print`."""

    def print(self, *objects: Any, **options: Any) -> None:
        super().print(*(visible(one) if isinstance(one, str) else one for one in objects), **options)


_PLAIN = {"✓": "+", "✗": "x", "·": "-", "…": "..."}


def encode_any_text() -> None:
    """Let standard output and standard error take any text: what their encoding lacks is written as an escape."""

    def replace(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeEncodeError)
        text = error.object[error.start : error.end]
        plain = "".join(_PLAIN.get(one) or one.encode("ascii", "backslashreplace").decode() for one in text)
        return plain, error.end

    codecs.register_error("mwaa", replace)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="mwaa")


def console(*, stderr: bool = False) -> Console:
    """Colours only on a terminal and without NO_COLOR; text is never read as markup, nor obeyed."""
    options: dict[str, Any] = {}
    if os.environ.get("FORCE_COLOR") == "0":  # rich takes any value for "is a terminal, with colours"
        options = {"force_terminal": (sys.stderr if stderr else sys.stdout).isatty(), "no_color": True}
    return _VisibleConsole(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True, **options)


def say(text: str, style: str | None = None) -> None:
    console().print(text, style=style)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table without lines.

    On a terminal, cells wrap between words. Where words do not fit, each row is printed as a list.
    """
    lines = [list(map(visible, row)) for row in rows]
    out = console()
    if not out.is_terminal:
        out.width = _WIDE
    columns = list(zip(heads, *lines, strict=True))
    widths = [max((len(word) for cell in column for word in cell.split()), default=0) for column in columns]
    if sum(widths) + 2 * (len(widths) - 1) > out.width:
        for row in lines:
            for head, cell in zip(heads, row, strict=True):
                if cell:
                    out.print(f"{head}: {cell}" if head else cell)
            out.print()
        return
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for head, width in zip(heads, widths, strict=True):
        drawn.add_column(head, min_width=width)
    for row in lines:
        drawn.add_row(*row)
    out.print(drawn)


def broken_workspaces(found: Iterable[BrokenWorkspace]) -> None:
    """Print each broken workspace with its first problem, and how to see all of them."""
    for one in found:
        first, more = one.problems[0], len(one.problems) - 1
        say(f"broken: {one.name} ({one.file})" + (f", {more} more: {command()} show {one.name}" if more else ""), "red")
        say(str(first))


def as_json(value: Any) -> None:
    """Print JSON on standard output."""
    print(visible_json(value, default=_plain), flush=True)


def fail(error: Failure, *, json_wanted: bool) -> None:
    """Print an error that a person can fix on standard error; for machines also as JSON on standard output."""
    if json_wanted and isinstance(error, ConfigurationError):
        as_json({"problems": [problem.as_dict() for problem in error.problems]})
    elif json_wanted:
        as_json({"error": str(error), "fix": error.fix})
    err = console(stderr=True)
    err.print(str(error), style="red")
    if error.fix:
        err.print(f"fix: {as_typed(error.fix)}")


def short(value: Any) -> str:
    """Return a field's value for a table: a text as it is, anything else as JSON."""
    if value is None:
        return "-"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def machine_checks(found: Iterable[MachineCheck]) -> None:
    """Print what the doctor found; below each warning or problem, its fix."""
    out = console()
    for check in found:
        sign, style = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "problem": ("✗", "red")}[check.status]
        out.print(f"{sign} {check.subject:<13} {check.found}", style=style)
        if check.fix:
            out.print(f"  {'':<13} fix: {as_typed(check.fix)}")


def status(found: LiveEnvironment) -> None:
    """Print an environment as MWAA describes it."""
    rows = [
        ("environment", found.name),
        ("status", found.status),
        ("Airflow", found.airflow_version),
        ("class", found.environment_class),
        ("webserver", found.webserver_url or "-"),
        ("created", _time(found.created_at)),
        *((path, f"version {version}") for path, version in found.objects.items()),
    ]
    if update := found.last_update:
        rows.append(("last update", f"{update.status} {_time(update.created_at)} {update.source}".strip()))
        if update.error:
            rows.append(("its error", update.error))
    for label, text in rows:
        say(f"{label:<18} {text}", style="red" if label == "its error" else None)


def running(here: Embedded, deployed: dict[str, int], airflows: Iterable[Registration]) -> dict[str, Any]:
    """Return the document of `mwaa local status --json`."""
    return {
        "instance": here.instance,
        "pid": here.pid,
        "port": here.port,
        "started_at": here.started_at,
        "log": str(here.log),
        "settings": asdict(here.settings),
        "deployed": deployed,
        "airflows": [
            {
                "workspace": one.workspace,
                "environment": one.environment,
                "airflow_version": one.airflow_version,
                "address": one.address,
                "pid": one.pid,
            }
            for one in airflows
        ],
    }


def next_steps(workspace: Workspace) -> None:
    """Print what to type after a deployment onto the embedded AWS."""
    mwaa = command()
    name = workspace.name
    lines = [
        ("point every AWS tool of this shell at it", f'eval "$({mwaa} local env {name})"'),
        ("then, for example", f"{mwaa} status {name}"),
        ("a real Airflow that serves it", f"{mwaa} local airflow {name}"),
        ("destroy it as Terraform would", f"{mwaa} local destroy {name}"),
        ("stop the embedded AWS, forget everything", f"{mwaa} local down"),
    ]
    say("\nIt keeps running. Next:")
    for words, typed in lines:
        say(f"  {typed:<42} # {words}")


def command() -> str:
    """Return how a person calls `mwaa` in their shell: by its name if it is on their PATH, else by its path."""
    script = Path(sys.executable).with_name("mwaa")
    if not script.exists():
        return "python -m mwaa"
    # make puts .venv/bin on PATH for its recipes; the shell that called it has it only in an active environment.
    found = None if "MAKELEVEL" in os.environ else shutil.which("mwaa")
    is_active = os.environ.get("VIRTUAL_ENV") == str(script.parents[1])
    if is_active or (found and os.path.samefile(found, script)):
        return "mwaa"
    return os.path.relpath(script)


def as_typed(fix: str) -> str:
    """Return a fix as it works where the person stands: `mwaa`, where a command begins, becomes what calls it there."""
    return re.sub(r"(^|&& |\$\()mwaa ", lambda found: f"{found[1]}{command()} ", fix)


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M %Z}" if moment else "-"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"not for JSON: {value!r}")
