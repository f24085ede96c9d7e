"""Imports of `modules.*`, the name of this package before it became `mwaa`, and the lines that replace them."""

import ast
from importlib.util import find_spec

_FORMER = "modules"


def current_import(source: str, line: int) -> tuple[str, str] | None:
    """Return the import statement that begins at this line of a Python file, and the one that replaces it.

    None if the line imports nothing of the former package, or something that `mwaa` does not have: it then belongs to a
    folder `modules/` of the project.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom) and node.lineno == line:
            new = _from_import(node) if isinstance(node, ast.ImportFrom) else _import(node)
            return (ast.unparse(node), ast.unparse(new)) if new else None
    return None


def _from_import(node: ast.ImportFrom) -> ast.ImportFrom | None:
    module = _renamed(node.module or "")
    if module is None or node.level or not _exists(module):
        return None
    from mwaa import __all__ as public

    names = [alias.name for alias in node.names]
    if module == "mwaa":
        return ast.ImportFrom(module, node.names, 0) if all(_exists(f"mwaa.{name}") for name in names) else None
    is_public = module == "mwaa.config" and set(names) <= set(public)
    return ast.ImportFrom("mwaa" if is_public else module, node.names, 0)


def _import(node: ast.Import) -> ast.Import | None:
    aliases = [ast.alias(_renamed(alias.name) or alias.name, alias.asname) for alias in node.names]
    changed = [new.name for old, new in zip(node.names, aliases, strict=True) if new.name != old.name]
    return ast.Import(aliases) if changed and all(map(_exists, changed)) else None


def _renamed(module: str) -> str | None:
    first, dot, rest = module.partition(".")
    return f"mwaa{dot}{rest}" if first == _FORMER else None


def _exists(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # a parent does not exist
        return False
