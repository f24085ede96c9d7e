"""Imports that fail, or will fail, each reported in its own place with what to write instead.

Why: a DAG file whose import fails has no DAGs, and MWAA reports it only in the web interface, minutes after the upload.
Found twice: in the text, so that every import is reported, also those in functions and in files after the first
failure; and by the release's own Airflow, which imports every file (`subject.parsed`). Where both find one line, it is
reported once. Source of what moved: Airflow's own tables, see modules/mwaa/checks/generate_moved_imports.py.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from mwaa.aws_facts.containers import DAGS_FOLDER, PLUGINS_FOLDER
from mwaa.aws_facts.user_guide import guide
from mwaa.checks.airflow_3_uses import Airflow3Use, removed_uses
from mwaa.checks.finding import Finding
from mwaa.checks.import_failures import NOT_PROVED, group_failures, import_failures
from mwaa.checks.installed import Installed, find_installed
from mwaa.checks.moved_imports import moved, provider_of
from mwaa.checks.own_modules import OwnModules
from mwaa.checks.python_imports import Imported, imports_in
from mwaa.checks.rule import Rule
from mwaa.checks.subject import Subject
from mwaa.config.errors import did_you_mean
from mwaa.process import ToolError

if TYPE_CHECKING:
    from mwaa.airflow.parsing import ImportFailure

DEPENDENCIES = guide("working-dags-dependencies")

MOVED_IMPORT = Rule(
    "moved-import",
    "An import uses a path of Airflow 1.10, which has moved.",
    "On Airflow 3 the import fails; on Airflow 2 it works with a warning where the provider is installed.",
    "https://airflow.apache.org/docs/apache-airflow/stable/howto/upgrading-from-1-10/index.html",
)
MISSING_PROVIDER = Rule(
    "missing-provider",
    "An import needs a provider that neither MWAA's image nor requirements.txt brings.",
    "The import fails, and Airflow finds no DAGs in the file.",
    DEPENDENCIES,
)
MISSING_MODULE = Rule(
    "missing-module",
    "An import names a module that is nowhere: not in the plugins, beside the DAGs, or installed.",
    "The import fails, and Airflow finds no DAGs in the file.",
    DEPENDENCIES,
)
SYNTAX_ERROR = Rule("syntax-error", "The release's Python cannot read a file.", "Airflow finds no DAGs in it.")
IMPORT_ERROR = Rule(
    "import-error", "Airflow could not import a DAG file or plugin.", "Airflow finds no DAGs in the file, or no plugin."
)
RULES = (
    MOVED_IMPORT,
    MISSING_PROVIDER,
    MISSING_MODULE,
    SYNTAX_ERROR,
    IMPORT_ERROR,
    NOT_PROVED,
)

_OTHER_NAMES = {
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "github": "PyGithub",
    "jwt": "PyJWT",
    "MySQLdb": "mysqlclient",
    "PIL": "Pillow",
    "psycopg2": "psycopg2-binary",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "snowflake": "snowflake-connector-python",
    "yaml": "PyYAML",
}
"""Packages whose module has another name, of those that DAGs often import. Source: the packages' pages on PyPI."""


def check(subject: Subject) -> Iterator[Finding]:
    from mwaa.requirements import Unresolvable

    if not subject.python_files:
        return
    here, own = find_installed(subject), OwnModules(subject)
    found = list(_find_in_texts(subject, here, own))
    try:
        failures = list(import_failures(subject))
    except Unresolvable:  # another rule reports why
        yield from found
        return
    except ToolError:
        yield from found  # what needed no Airflow
        raise
    failed = {subject.place(failure.where): failure for failure in failures}
    found = [real for one in found if (real := _compare(one, failed.get((one.file, one.line))))]
    yield from found
    removed = removed_uses(subject)
    places: set[tuple[str, int | None]] = {(one.file, one.line) for one in found if one.severity == "error"}
    places |= {use.place for use, severity in removed if severity == "error"}
    for failure, files in group_failures(failures, subject):
        place = subject.place(failure.where)
        same = (use for use, _ in removed if use.file.shown == place[0] and _is_same_argument(failure, use))
        if place not in places and not any(same):
            yield _explain(failure, files, subject, here, own)


def _compare(found: Finding, failure: "ImportFailure | None") -> Finding | None:
    """Return the finding as Airflow's own import shows it: an error if a path that should still work failed; None if
    the failure says more."""
    if failure is None or found.severity == "error":
        return found
    if not (failure.module or "").startswith("airflow."):
        return None
    return replace(found, severity="error", found=f"{found.found.split(':')[0]}; it fails: {failure.message}")


# Found in the texts


def _find_in_texts(subject: Subject, here: Installed | None, own: OwnModules) -> Iterator[Finding]:
    for file in subject.python_files:
        for imported in imports_in(file.text()):
            if imported.optional or (found := _judge(imported, subject, own, here)) is None:
                continue
            found = replace(found, file=file.shown, line=imported.line)
            if imported.later and found.severity == "error":
                found = replace(found, found=f"{found.found} (it fails when the function runs)")
            yield found


def _judge(imported: Imported, subject: Subject, own: OwnModules, here: Installed | None) -> Finding | None:
    if imported.module.split(".")[0] != "airflow":
        return _missing_in_content(imported, own)
    return _moved(imported, subject, here) or _of_plugin(imported, own, subject) or _without_provider(imported, here)


def _moved(imported: Imported, subject: Subject, here: Installed | None) -> Finding | None:
    major = subject.release.major
    found = {name: move for name in imported.names or (None,) if (move := moved(imported.module, name, major))}
    if not found:
        return None
    if here and imported.names and all(here.has_module(f"{imported.module}.{name}") for name in imported.names):
        return None  # `from airflow.operators import bash`: a module of that name
    providers = sorted({provider_of(move.new) for move in found.values()} - {""})
    missing = [provider for provider in providers if here and not here.version(provider)]
    lines: dict[str, tuple[str | None, str]] = {}
    for name, move in found.items():
        there = move.new
        if name and here and (provider := provider_of(there)) and provider not in missing:
            there = here.home_of(there)
            if not there:
                lines[f"{name} is gone from {provider} {here.version(provider)}: see its changelog"] = (None, "")
                continue
        module, _, new = there.rpartition(".")
        lines[f"write from {module} import {new}" if name else f"write import {there}"] = (name, new)
    works = all(move.works for move in found.values()) and not missing
    what = ", ".join(f"{imported.module}.{name}" if name else imported.module for name in found)
    fix = "; ".join(lines)
    if renamed := [f"{new} was {name}" for name, new in lines.values() if name and name != new]:
        fix += f" ({', '.join(renamed)})"
    if missing:
        fix += f", and add {', '.join(missing)} to requirements.txt"
    if works:
        text = f"{what} is a path of Airflow 1.10: it still works in Airflow 2, and is gone in Airflow 3"
    elif all(move.works for move in found.values()):
        text = f"{what} is a path of Airflow 1.10 to a provider that is not installed"
    else:
        text = f"{what} is a path of Airflow 1.10, which Airflow {subject.airflow_version} does not have"
    return MOVED_IMPORT.finding("warning" if works else "error", text, fix)


def _without_provider(imported: Imported, here: Installed | None) -> Finding | None:
    provider = provider_of(imported.module)
    if not provider or here is None or here.has_module(imported.module):
        return None
    version = here.version(provider)
    if not version:
        text = f"{imported.module} belongs to {provider}, which neither MWAA's image nor requirements.txt brings"
        return MISSING_PROVIDER.finding("error", text, f"add {provider} to requirements.txt")
    text = f"{provider} {version}, which is installed, has no module {imported.module}"
    page = f"https://airflow.apache.org/docs/{provider}/stable/changelog.html"
    return MISSING_PROVIDER.finding("error", text, "look for the module in the changelog", docs=page)


def _missing_in_content(imported: Imported, own: OwnModules) -> Finding | None:
    if not own.lacks(imported.module):
        return None
    path = PurePosixPath(*imported.module.split("."))
    fix = did_you_mean(path.name, own.modules_in(path.parent)) or f"add {path}.py, or fix the name"
    return MISSING_MODULE.finding("error", f"there is no module {imported.module} in the content", fix)


def _of_plugin(imported: Imported, own: OwnModules, subject: Subject) -> Finding | None:
    """`from airflow.operators.<plugin> import X`, which Airflow 2 no longer offers."""
    parts = imported.module.split(".")
    if len(parts) != 3 or parts[1] not in ("operators", "sensors", "hooks", "executors"):
        return None
    if parts[2] not in own.plugins:
        return None
    lines = [f"from {own.classes[name]} import {name}" for name in imported.names if name in own.classes]
    text = f"{imported.module} was the plugin {parts[2]} in Airflow 1.10; Airflow {subject.airflow_version} offers "
    text += f"no {parts[1]} of plugins there"
    fix = "write " + "; ".join(lines) if lines else "import it from the plugin's own file"
    return MOVED_IMPORT.finding("error", text, fix, docs=guide("configuring-dag-import-plugins"))


# Found by Airflow


def _is_same_argument(failure: "ImportFailure", use: Airflow3Use) -> bool:
    """Whether Airflow failed at the very argument that ruff reports, in another line of the call."""
    argument = re.search(r"unexpected keyword argument '(\w+)'", failure.message)
    return argument is not None and f"`{argument[1]}`" in use.message


def _explain(
    failure: "ImportFailure", files: tuple[str, ...], subject: Subject, here: Installed | None, own: OwnModules
) -> Finding:
    found = _describe(failure, subject, here, own)
    if failure.unproved:
        fix = found.fix or "look at what comes after it in a running environment"
        found = NOT_PROVED.finding("note", f"not proved beyond this line: {failure.unproved}", fix)
    details = [_ours(failure.trace, subject)] if found.rule in (IMPORT_ERROR.name, NOT_PROVED.name) else []
    text = found.found
    if files:
        text += f"; {len(files)} DAG file{'s' * (len(files) > 1)} cannot be imported because of it"
        details.insert(0, "in " + ", ".join(files[:5]) + (", ..." * (len(files) > 5)))
    file, line = subject.place(failure.where)
    return replace(found, found=text, file=file, line=line, detail="\n".join(filter(None, details)).strip())


def _describe(failure: "ImportFailure", subject: Subject, here: Installed | None, own: OwnModules) -> Finding:
    if failure.kind in ("SyntaxError", "IndentationError", "TabError"):
        text = f"Python {subject.release.python} cannot read it: {failure.message}"
        return SYNTAX_ERROR.finding("error", text, _python_2(failure.message))
    if failure.kind == "ModuleNotFoundError" and failure.module:
        return _missing(failure.module, subject, here, own)
    if failure.kind == "ImportError" and failure.module:
        names = (failure.name,) if failure.name else ()
        imported = Imported(failure.module, names, failure.where.line or 0, False, False)
        if found := _judge(imported, subject, own, here):
            return replace(found, severity="error")
    return IMPORT_ERROR.finding("error", f"{failure.kind}: {_ours(failure.message, subject)}")


def _missing(module: str, subject: Subject, here: Installed | None, own: OwnModules) -> Finding:
    top = module.split(".")[0]
    if found := _judge(Imported(module, (), 0, False, False), subject, own, here):
        return replace(found, severity="error")
    text = f"there is no module {module}"
    if top == "airflow":
        text = f"Airflow {subject.airflow_version} has no module {module}"
        fix = f"look for {module} in the release notes of Airflow"
    elif folder := next((name for name in sorted(own.folders) if PurePosixPath(name).name == top), None):
        text += " at the top of plugins/ or the DAG folder"
        fix = f"write {folder.replace('/', '.')}.{module.partition('.')[2]}".rstrip(".")
    elif names := _modules_of(top, subject, here):
        fix = f"import {', '.join(names)}, which is what the package {top} is imported as"
    else:
        text += ": not in plugins/, beside the DAGs, in MWAA's image or in requirements.txt"
        fix = f"add {_OTHER_NAMES.get(top, top)} to requirements.txt, or {top}.py to plugins/"
    return MISSING_MODULE.finding("error", text, fix)


def _modules_of(top: str, subject: Subject, here: Installed | None) -> list[str]:
    """Return the modules that the package `top` of requirements.txt really provides."""
    from packaging.utils import canonicalize_name

    if here is None or not here.version(top):
        return []
    wanted = canonicalize_name(top)
    return [module for module, owner in here.modules.items() if canonicalize_name(owner) == wanted]


def _python_2(message: str) -> str:
    if re.search(r"Missing parentheses in call to 'print'|multiple exception types must be parenthesized", message):
        return "it is Python 2"
    return ""


def _ours(text: str, subject: Subject) -> str:
    """Return a text of Python with the paths that the user knows."""
    for place, part in ((DAGS_FOLDER, "dags"), (PLUGINS_FOLDER, "plugins")):
        if place in subject.folders:
            text = text.replace(str(subject.folders[place]), subject.shown[part])
    return text
