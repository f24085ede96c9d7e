"""Imports that fail, or will: each told in its own place, with what to write instead.

Why: a DAG file whose import fails gives no DAGs, and MWAA tells so only in the web interface, minutes after the upload.
Found twice: in the text, so that every import is told, also those in functions and in files after the first failure;
and by the release's own Airflow, which imports every file (`subject.parsed`). Where both tell of one line, it is told
once. Source of what moved: Airflow's own tables, see modules/mwaa/checks/moved_imports_source.py.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from mwaa.aws_facts.containers import DAGS_FOLDER, PLUGINS_FOLDER
from mwaa.aws_facts.user_guide import guide
from mwaa.checks.finding import Finding, Severity
from mwaa.checks.installed import Installed, installed
from mwaa.checks.moved_imports import moved, provider_of
from mwaa.checks.python_imports import Imported, body_of, imports_in
from mwaa.checks.rule import Rule
from mwaa.checks.rules.airflow_3 import removed_in
from mwaa.checks.rules.dags import OF_DAGS, place_of
from mwaa.checks.subject import ContentFile, Subject
from mwaa.config.errors import did_you_mean
from mwaa.process import ToolError

if TYPE_CHECKING:
    from mwaa.airflow.parsing import ImportFailure

DEPENDENCIES = guide("working-dags-dependencies")

RULES = (
    Rule(
        "moved-import",
        "An import uses a path of Airflow 1.10, which has moved.",
        "On Airflow 3 the import fails; on Airflow 2 it works with a warning where the provider is installed.",
        "https://airflow.apache.org/docs/apache-airflow/stable/howto/upgrading-from-1-10/index.html",
    ),
    Rule(
        "missing-provider",
        "An import needs a provider that neither MWAA's image nor requirements.txt brings.",
        "The import fails, and the file gives no DAGs.",
        DEPENDENCIES,
    ),
    Rule(
        "missing-module",
        "An import names a module that is nowhere: not in the plugins, beside the DAGs, or installed.",
        "The import fails, and the file gives no DAGs.",
        DEPENDENCIES,
    ),
    Rule("syntax-error", "The release's Python cannot read a file.", "The file gives no DAGs."),
    Rule("import-error", "Airflow could not import a DAG file or plugin.", "The file gives no DAGs, or no plugin."),
    Rule(
        "not-proved",
        "A file needed something, when imported, that only a running environment has.",
        "Whether it gives its DAGs there is unknown.",
    ),
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
    here, own = installed(subject), _Own(subject)
    told = list(_in_texts(subject, here, own))
    try:
        failures = list(_failures(subject))
    except Unresolvable:  # another rule reports why
        yield from told
        return
    except ToolError:
        yield from told  # what no Airflow was needed for
        raise
    failed = {place_of(failure.where, subject): failure for failure in failures}
    told = [real for one in told if (real := _in_fact(one, failed.get((one.file, one.line))))]
    yield from told
    removed = removed_in(subject)
    places = {(one.file, one.line) for one in (*told, *removed) if one.severity == "error"}
    for failure, files in _grouped(failures, subject):
        place = place_of(failure.where, subject)
        if place in places or any(one.file == place[0] and _same_argument(failure, one) for one in removed):
            continue
        yield _explained(failure, files, subject, here, own)


def _in_fact(told: Finding, failure: "ImportFailure | None") -> Finding | None:
    """A path that should still work, if the import failed there all the same: an error, or left to the failure."""
    if failure is None or told.severity == "error":
        return told
    if not (failure.module or "").startswith("airflow."):
        return None
    return replace(told, severity="error", found=f"{told.found.split(':')[0]}; it fails: {failure.message}")


# What the texts tell


def _in_texts(subject: Subject, here: Installed | None, own: "_Own") -> Iterator[Finding]:
    for file in subject.python_files:
        for imported in imports_in(file.text()):
            if imported.optional or (found := _judged(imported, subject, own, here)) is None:
                continue
            found = replace(found, file=file.shown, line=imported.line)
            if imported.later and found.severity == "error":
                found = replace(found, found=f"{found.found} (it fails when the function runs)")
            yield found


def _judged(imported: Imported, subject: Subject, own: "_Own", here: Installed | None) -> Finding | None:
    if imported.module.split(".")[0] != "airflow":
        return own.missing(imported)
    return _moved(imported, subject, here) or own.of_plugin(imported, subject) or _without_provider(imported, here)


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
    return Finding("moved-import", "warning" if works else "error", text, fix)


def _without_provider(imported: Imported, here: Installed | None) -> Finding | None:
    provider = provider_of(imported.module)
    if not provider or here is None or here.has_module(imported.module):
        return None
    version = here.version(provider)
    if not version:
        text = f"{imported.module} belongs to {provider}, which neither MWAA's image nor requirements.txt brings"
        return Finding("missing-provider", "error", text, f"add {provider} to requirements.txt", docs=DEPENDENCIES)
    text = f"{provider} {version}, which is installed, has no module {imported.module}"
    page = f"https://airflow.apache.org/docs/{provider}/stable/changelog.html"
    return Finding("missing-provider", "error", text, "its changelog tells where it went", docs=page)


class _Own:
    """The modules of the content itself, and what its plugins declare."""

    def __init__(self, subject: Subject) -> None:
        self.files = {file.relative for file in (*subject.dags, *subject.plugins)}
        folders = {str(parent) for name in self.files for parent in PurePosixPath(name).parents}
        self.folders = folders - {"."}
        self.packages = {name.split("/")[0] for name in self.files if name.endswith("/__init__.py")}
        self.shown = {file.relative: file.shown for file in (*subject.dags, *subject.plugins)}
        self.plugins = dict(_plugin_names(subject.plugins))
        self.classes = dict(_classes(subject.plugins))

    def missing(self, imported: Imported) -> Finding | None:
        """A module that a package of the content lacks. Only of packages that cannot be anything else."""
        parts = imported.module.split(".")
        if parts[0] not in self.packages or parts[0] in sys.stdlib_module_names or len(parts) == 1:
            return None
        path = "/".join(parts)
        if f"{path}.py" in self.files or path in self.folders:
            return None
        around = PurePosixPath(path).parent
        names = [PurePosixPath(file).stem for file in self.files if PurePosixPath(file).parent == around]
        fix = did_you_mean(parts[-1], names) or f"add {path}.py, or fix the name"
        return Finding("missing-module", "error", f"there is no module {imported.module} in the content", fix)

    def of_plugin(self, imported: Imported, subject: Subject) -> Finding | None:
        """`from airflow.operators.<plugin> import X`, which Airflow 2 no longer offers."""
        parts = imported.module.split(".")
        if len(parts) != 3 or parts[1] not in ("operators", "sensors", "hooks", "executors"):
            return None
        if parts[2] not in self.plugins:
            return None
        lines = [f"from {self.classes[name]} import {name}" for name in imported.names if name in self.classes]
        text = f"{imported.module} was the plugin {parts[2]} in Airflow 1.10; Airflow {subject.airflow_version} offers "
        text += f"no {parts[1]} of plugins there"
        fix = "write " + "; ".join(lines) if lines else "import it from the plugin's own file"
        return Finding("moved-import", "error", text, fix, docs=guide("configuring-dag-import-plugins"))


def _plugin_names(files: Iterable[ContentFile]) -> Iterator[tuple[str, str]]:
    """The `name` of each AirflowPlugin class, with the file."""
    for file, node in _class_nodes(files):
        if any("AirflowPlugin" in ast.unparse(base) for base in node.bases):
            for line in node.body:
                match line:
                    case ast.Assign(targets=[ast.Name(id="name")], value=ast.Constant(value=str(name))):
                        yield name, file.shown


def _classes(files: Iterable[ContentFile]) -> Iterator[tuple[str, str]]:
    """The module of each class, as DAGs import it."""
    for file, node in _class_nodes(files):
        yield node.name, ".".join(PurePosixPath(file.relative).with_suffix("").parts).removesuffix(".__init__")


def _class_nodes(files: Iterable[ContentFile]) -> Iterator[tuple[ContentFile, ast.ClassDef]]:
    for file in files:
        if file.relative.endswith(".py"):
            yield from ((file, node) for node in body_of(file.text()) if isinstance(node, ast.ClassDef))


# What Airflow tells


def _failures(subject: Subject) -> Iterator["ImportFailure"]:
    """All failures that are failures of an import, not of a DAG's shape: those are told by rules/dags.py."""
    yield from subject.parsed.plugins.errors
    yield from (file.error for file in subject.parsed.files if file.error and file.error.kind not in OF_DAGS)


def _grouped(
    failures: Iterable["ImportFailure"], subject: Subject
) -> Iterator[tuple["ImportFailure", tuple[str, ...]]]:
    """One of each kind in each place, with the DAG files that fail with it, if that is not their own place."""
    groups: dict[_Same, list[ImportFailure]] = {}
    for failure in failures:
        groups.setdefault(_same(failure), []).append(failure)
    importers: dict[_Same, set[str]] = {}
    for file in subject.parsed.files:
        if file.error:
            importers.setdefault(_same(file.error), set()).add(subject.dag(file.key))
    for same, group in groups.items():
        place = place_of(group[0].where, subject)[0]
        yield group[0], tuple(sorted(importers.get(same, set()) - {place}))


def _same_argument(failure: "ImportFailure", removed: Finding) -> bool:
    """Whether Airflow stumbled over the very argument that ruff has told, in another line of the call."""
    argument = re.search(r"unexpected keyword argument '(\w+)'", failure.message)
    return argument is not None and f"`{argument[1]}`" in removed.found


_Same = tuple[str, str, int | None, str, str]


def _same(failure: "ImportFailure") -> _Same:
    return failure.where.folder, failure.where.file, failure.where.line, failure.kind, failure.message


def _explained(
    failure: "ImportFailure", files: tuple[str, ...], subject: Subject, here: Installed | None, own: _Own
) -> Finding:
    file, line = place_of(failure.where, subject)
    rule, text, fix = _in_words(failure, subject, here, own)
    severity: Severity = "error"
    if failure.unproved:
        rule, severity = "not-proved", "note"
        text = f"not proved beyond this line: {failure.unproved}"
        fix = fix or "look at what comes after it in a running environment"
    if files:
        text += f"; {len(files)} DAG file{'s' * (len(files) > 1)} cannot be imported for it"
    detail = (
        ""
        if rule in ("syntax-error", "missing-module", "missing-provider", "moved-import")
        else _ours(failure.trace, subject)
    )
    if files:
        detail = "\n".join(filter(None, ("in " + ", ".join(files[:5]) + (", ..." * (len(files) > 5)), detail)))
    return Finding(rule, severity, text, fix, file, line, detail=detail.strip())


def _in_words(failure: "ImportFailure", subject: Subject, here: Installed | None, own: _Own) -> tuple[str, str, str]:
    """Rule, what was found, how to fix it."""
    if failure.kind in ("SyntaxError", "IndentationError", "TabError"):
        text = f"Python {subject.release.python} cannot read it: {failure.message}"
        return "syntax-error", text, _python_2(failure.message)
    if failure.kind == "ModuleNotFoundError" and failure.module:
        return _missing(failure.module, subject, here, own)
    if failure.kind == "ImportError" and failure.module:
        names = (failure.name,) if failure.name else ()
        imported = Imported(failure.module, names, failure.where.line or 0, False, False)
        if found := _judged(imported, subject, own, here):
            return found.rule, found.found, found.fix
    return "import-error", f"{failure.kind}: {_ours(failure.message, subject)}", ""


def _missing(module: str, subject: Subject, here: Installed | None, own: _Own) -> tuple[str, str, str]:
    top = module.split(".")[0]
    imported = Imported(module, (), 0, False, False)
    if found := _judged(imported, subject, own, here):
        return found.rule, found.found, found.fix
    if top == "airflow":
        fix = f"the release notes of Airflow tell where {module} went"
        return "missing-module", f"Airflow {subject.airflow_version} has no module {module}", fix
    place = f"there is no module {module}: not in plugins/, beside the DAGs, in MWAA's image or in requirements.txt"
    if folder := next((name for name in sorted(own.folders) if PurePosixPath(name).name == top), None):
        fix = f"write {folder.replace('/', '.')}.{module.partition('.')[2]}".rstrip(".")
        return "missing-module", f"there is no module {module} at the top of plugins/ or the DAG folder", fix
    names = _modules_of(top, subject, here)
    if names:
        return "missing-module", f"there is no module {module}", f"the package {top} is imported as {', '.join(names)}"
    package = _OTHER_NAMES.get(top, top)
    return "missing-module", place, f"add {package} to requirements.txt, or {top}.py to plugins/"


def _modules_of(top: str, subject: Subject, here: Installed | None) -> list[str]:
    """The modules that the package `top` of requirements.txt really brings."""
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
    """A text of Python's, with the paths that the person knows."""
    for place, part in ((DAGS_FOLDER, "dags"), (PLUGINS_FOLDER, "plugins")):
        if place in subject.folders:
            text = text.replace(str(subject.folders[place]), subject.shown[part])
    return text
