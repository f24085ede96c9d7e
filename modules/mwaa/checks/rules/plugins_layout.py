"""Plugins that are packed or named so that Python or Airflow finds something else.

Why: MWAA unpacks plugins.zip into /usr/local/airflow/plugins, and Airflow appends that folder to `sys.path`: what is
installed, and Python's own library, come first. Airflow moreover imports every .py file of the folder, at any depth and
unless `.airflowignore` names it, as a top-level module named after the file alone, and writes it over whatever module
has that name: `plugins/acme/json.py` becomes the module `json` of the whole process.
Source: airflow/plugins_manager.py, load_plugins_from_plugin_directory; MWAA user guide, configuring-dag-import-plugins.
"""

import sys
from collections.abc import Iterator
from pathlib import PurePosixPath

from mwaa.aws_facts.user_guide import guide
from mwaa.checks.finding import Finding
from mwaa.checks.installed import Installed, find_installed
from mwaa.checks.rule import Rule
from mwaa.checks.subject import Subject
from mwaa.content.airflowignore import IGNORE_FILE, PatternError, ignored_files, parse_ignore_file

PLUGINS_NESTED = Rule(
    "plugins-nested",
    "plugins.zip holds the folder instead of its contents.",
    "Everything lies one folder too deep: DAGs cannot import it.",
    guide("configuring-dag-import-plugins"),
)
PLUGIN_HIDDEN = Rule(
    "plugin-hidden",
    "A package or module of the plugins has the name of one that is installed or is Python's own.",
    "Python finds the other one: the plugins folder comes last on its path.",
    "airflow/settings.py, prepare_syspath",
)
PLUGIN_REPLACES_MODULE = Rule(
    "plugin-replaces-module",
    "A file below the plugins folder has the name of a module that others import.",
    "Airflow imports the file under its bare name and so replaces that module in the whole process.",
    "airflow/plugins_manager.py, load_plugins_from_plugin_directory",
)
RULES = (
    PLUGINS_NESTED,
    PLUGIN_HIDDEN,
    PLUGIN_REPLACES_MODULE,
)


def check(subject: Subject) -> Iterator[Finding]:
    names = [PurePosixPath(file.relative) for file in subject.plugins]
    if names and all(name.parts[0] in ("plugins", "__MACOSX") and len(name.parts) > 1 for name in names):
        is_zip = subject.shown["plugins"].endswith(".zip")
        yield PLUGINS_NESTED.finding(
            "error",
            'the folder "plugins" was zipped instead of its contents: MWAA unpacks it as plugins/plugins/'
            if is_zip
            else "everything lies in plugins/plugins/: on MWAA it is one folder too deep",
            "zip from inside the folder: cd plugins && zip -r ../plugins.zip ." if is_zip else "move it one folder up",
            subject.shown["plugins"],
        )
        return
    if names:
        here = find_installed(subject)
        yield from _hidden(subject, here)
        yield from _replacing(subject, here)


def _hidden(subject: Subject, here: Installed | None) -> Iterator[Finding]:
    """Top-level packages and modules that Python finds elsewhere first. A folder without Python is none."""
    first: dict[str, str] = {}
    for file in subject.plugins:
        name = PurePosixPath(file.relative)
        if name.suffix == ".py":
            first.setdefault(name.parts[0].removesuffix(".py"), f"{subject.plugin(name.parts[0])}")
    for module, shown in sorted(first.items()):
        if owner := _owner(module, here):
            yield PLUGIN_HIDDEN.finding(
                "error" if module == "airflow" else "warning",
                f'"import {module}" finds {owner}, never this: the plugins folder comes last on Python\'s path',
                "rename it",
                shown,
            )


def _replacing(subject: Subject, here: Installed | None) -> Iterator[Finding]:
    imported = _imported_by_airflow(subject)
    packages = {PurePosixPath(file.relative).parts[0] for file in subject.plugins if "/" in file.relative}
    for file in subject.plugins:
        name = PurePosixPath(file.relative)
        if file.relative not in imported or len(name.parts) == 1:  # at the top, `_hidden` reports it
            continue
        owner = _owner(name.stem, here)
        if not owner and name.stem in packages:
            owner = f"the package {subject.plugin(name.stem)}/"
        if owner:
            yield PLUGIN_REPLACES_MODULE.finding(
                "error" if name.stem in sys.stdlib_module_names else "warning",
                f'Airflow imports this file as the module "{name.stem}" too, and so puts it in the place of {owner}',
                f'rename it, or write "{name.parts[0]}/" into {subject.plugin(IGNORE_FILE)} if no AirflowPlugin class '
                "is in there: DAGs import it all the same",
                file.shown,
            )


def _imported_by_airflow(subject: Subject) -> set[str]:
    names = {file.relative for file in subject.plugins if file.relative.endswith(".py")}
    rules = {}
    for file in subject.plugins:
        if PurePosixPath(file.relative).name == IGNORE_FILE:
            try:
                rules[file.relative] = parse_ignore_file(file.text(), file.relative, subject.syntax)
            except PatternError:
                continue  # Airflow logs it and goes on without
    return names - ignored_files(names, rules)


def _owner(module: str, here: Installed | None) -> str:
    """Who else has the module, in words; nothing if nobody."""
    if module == "airflow":
        return "Airflow itself"
    if module in sys.stdlib_module_names:
        return "Python's own module"
    distribution = here.modules.get(module) if here else None
    return f"the installed package {distribution}" if distribution else ""
