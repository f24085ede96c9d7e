"""The modules that the content itself has, and what its plugins declare."""

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from mwaa.checks.python_imports import body_of
from mwaa.checks.subject import ContentFile, Subject


class OwnModules:
    """The modules of the content itself, and what its plugins declare."""

    def __init__(self, subject: Subject) -> None:
        self.files = {file.relative for file in (*subject.dags, *subject.plugins)}
        folders = {str(parent) for name in self.files for parent in PurePosixPath(name).parents}
        self.folders = folders - {"."}
        self.packages = {name.split("/")[0] for name in self.files if name.endswith("/__init__.py")}
        self.plugins = dict(_plugin_names(subject.plugins))
        self.classes = dict(_classes(subject.plugins))

    def lacks(self, module: str) -> bool:
        """Whether a package of the content has no such module. Only for packages that cannot be anything else."""
        parts = module.split(".")
        if parts[0] not in self.packages or parts[0] in sys.stdlib_module_names or len(parts) == 1:
            return False
        path = "/".join(parts)
        return f"{path}.py" not in self.files and path not in self.folders

    def modules_in(self, folder: PurePosixPath) -> list[str]:
        """Return the names of the files in a folder, without their suffixes."""
        return [PurePosixPath(file).stem for file in self.files if PurePosixPath(file).parent == folder]


def _plugin_names(files: Iterable[ContentFile]) -> Iterator[tuple[str, str]]:
    """Yield the `name` of each AirflowPlugin class, with the file."""
    for file, node in _class_nodes(files):
        if any("AirflowPlugin" in ast.unparse(base) for base in node.bases):
            for line in node.body:
                match line:
                    case ast.Assign(targets=[ast.Name(id="name")], value=ast.Constant(value=str(name))):
                        yield name, file.shown


def _classes(files: Iterable[ContentFile]) -> Iterator[tuple[str, str]]:
    """Yield the name and the module of each class, as DAGs import it."""
    for file, node in _class_nodes(files):
        yield node.name, ".".join(PurePosixPath(file.relative).with_suffix("").parts).removesuffix(".__init__")


def _class_nodes(files: Iterable[ContentFile]) -> Iterator[tuple[ContentFile, ast.ClassDef]]:
    for file in files:
        if file.relative.endswith(".py"):
            yield from ((file, node) for node in body_of(file.text()) if isinstance(node, ast.ClassDef))
