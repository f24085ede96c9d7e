"""Writes moved_imports.json: what Airflow's own shims say of names that have moved.

    python -m mwaa.checks.generate_moved_imports apache_airflow-2.0.2-py3-none-any.whl \
        apache_airflow-2.11.2-py3-none-any.whl apache_airflow_core-3.0.6-py3-none-any.whl \
        > modules/mwaa/checks/moved_imports.json

Airflow 2.0 kept a file at every path of Airflow 1.10, which imports the names from where they went. 2.11, the last
Airflow 2, has tables instead, handed to `add_deprecated_classes` in the `__init__.py` of a package, and has lost some
of the old paths; 3.0, the first Airflow 3, has such tables for the paths of Airflow 2. Of 2.0 only what 2.11 lacks is
written. The wheels are those of PyPI (`pip download --no-deps apache-airflow==2.11.2`).
"""

import ast
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

Moves = dict[str, dict[str, str]]
"""The new dotted path by old module and name."""

_PACKAGES = tuple(f"airflow/{name}/" for name in ("contrib", "hooks", "kubernetes", "operators", "sensors"))
"""Where DAGs of 1.10 import from."""


def moves_in(wheel: Path) -> Moves:
    """All moves that the wheel's shims know, sorted."""
    found: Moves = {}
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if not name.startswith(_PACKAGES) or not name.endswith(".py"):
                continue
            tree, module = ast.parse(archive.read(name)), name.removesuffix(".py").replace("/", ".")
            if name.endswith("/__init__.py"):
                for old, names in _tables(tree, module.removesuffix(".__init__")):
                    found.setdefault(old, {}).update(names)
            elif "This module is deprecated" in (ast.get_docstring(tree) or "") and (names := dict(_shims(tree))):
                found.setdefault(module, {}).update(names)
    return {module: dict(sorted(names.items())) for module, names in sorted(found.items())}


def _tables(tree: ast.Module, package: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The literal dicts that a package's `__init__.py` hands to `add_deprecated_classes`."""
    literals: dict[str, ast.expr | None] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            literals |= {target.id: node.value for target in targets if isinstance(target, ast.Name)}
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
            continue
        if call.func.id != "add_deprecated_classes":
            continue
        given = call.args[0]
        table = literals[given.id] if isinstance(given, ast.Name) else given
        assert isinstance(table, ast.Dict), package
        for key, names in zip(table.keys, table.values, strict=True):
            module = f"{package}.{ast.literal_eval(key)}" if isinstance(key, ast.Constant) else package
            yield module, ast.literal_eval(names)


def _shims(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The names that a deprecated module imports from elsewhere in Airflow, and the classes made of them."""
    imported: dict[str, str] = {}
    for node in tree.body:
        match node:
            case ast.ImportFrom(module=str(module)) if module.startswith("airflow."):
                imported |= {alias.asname or alias.name: f"{module}.{alias.name}" for alias in node.names}
            case ast.ClassDef(name=old, bases=[ast.Name(id=base), *_]) if base in imported:
                yield old, imported[base]
    yield from imported.items()


def main(wheels: list[str]) -> None:
    """Prints the tables by wheel, one line for each module; a path that a later Airflow 2 knows stands there alone."""
    tables = {" ".join(Path(wheel).name.split("-")[:2]): moves_in(Path(wheel)) for wheel in wheels}
    oldest, newer, *_ = tables.values()
    for module in oldest.keys() & newer.keys():
        del oldest[module]
    blocks = []
    for name, table in tables.items():
        lines = ",\n".join(f"  {json.dumps(module)}: {json.dumps(names)}" for module, names in table.items())
        blocks.append(f" {json.dumps(name)}: {{\n{lines}\n }}")
    print("{\n" + ",\n".join(blocks) + "\n}")


if __name__ == "__main__":
    main(sys.argv[1:])
