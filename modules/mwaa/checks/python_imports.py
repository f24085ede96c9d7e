"""What a Python file imports, and when, read from its text."""

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Imported:
    """One import statement of one module: `names` of it, or the module alone when there are none.

    `optional`: it may fail, or may not run: it stands in a `try` that catches that, under an `if`, or beside a
    `TYPE_CHECKING`. `later`: it runs when a function is called.
    """

    module: str
    names: tuple[str, ...]
    line: int
    optional: bool
    later: bool


@lru_cache(maxsize=1000)  # two rules ask for the same files
def imports_in(text: str) -> tuple[Imported, ...]:
    """Absolute imports, in the order of the file. None of a text that this Python cannot read."""
    try:
        return tuple(_below(body_of(text), optional=False, later=False))
    except RecursionError:  # nested too deep
        return ()


def runs_later(text: str, line: int) -> bool:
    """Whether the line belongs to a function, and so runs when that is called."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    nodes = (node for top in body_of(text) for node in ast.walk(top) if isinstance(node, functions))
    return any(node.lineno < line <= (node.end_lineno or 0) for node in nodes)


def body_of(text: str) -> list[ast.stmt]:
    """Return the statements of a file; none if this Python cannot read it: the release's own reports why."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            return ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # the last two: nested too deep
        return []


def _below(body: list[ast.stmt], *, optional: bool, later: bool) -> Iterator[Imported]:
    for node in body:
        match node:
            case ast.Import():
                for alias in node.names:
                    yield Imported(alias.name, (), node.lineno, optional, later)
            case ast.ImportFrom(module=str(module), level=0):
                yield Imported(module, tuple(alias.name for alias in node.names), node.lineno, optional, later)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _below(node.body, optional=optional, later=True)
            case ast.Try() | ast.TryStar():
                caught = optional or any(_catches_imports(handler) for handler in node.handlers)
                yield from _below(node.body, optional=caught, later=later)
                for handler in node.handlers:  # a second try, after the first has failed
                    yield from _below(handler.body, optional=True, later=later)
                yield from _below(node.orelse, optional=caught, later=later)
                yield from _below(node.finalbody, optional=optional, later=later)
            case ast.If():
                yield from _below(node.body + node.orelse, optional=True, later=later)
            case ast.ClassDef():
                yield from _below(node.body, optional=optional, later=later)
            case ast.With() | ast.AsyncWith():
                suppressed = any("suppress" in ast.unparse(item.context_expr) for item in node.items)
                yield from _below(node.body, optional=optional or suppressed, later=later)
            case ast.For() | ast.AsyncFor() | ast.While():
                yield from _below(node.body + node.orelse, optional=optional, later=later)


def _catches_imports(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {kind.id for kind in kinds if isinstance(kind, ast.Name)}
    return bool(names & {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
