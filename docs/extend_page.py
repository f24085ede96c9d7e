"""Write docs/reference/extend.md from what `extend(stack)` may build on: `python docs/extend_page.py`."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

from mwaa import HcpTerraformRoles
from mwaa.constructs.artifacts import Artifacts
from mwaa.constructs.ci_roles import CiRoles
from mwaa.constructs.encryption_key import EncryptionKey
from mwaa.constructs.environment import Environment
from mwaa.constructs.execution_role import ExecutionRole
from mwaa.constructs.log_groups import LogGroups
from mwaa.constructs.network import Network
from mwaa.constructs.pipeline import Pipeline
from mwaa.constructs.private_bucket import PrivateBucket
from mwaa.constructs.source_bucket import ExistingSourceBucket, SourceBucket
from mwaa.constructs.web_identity_roles import WebIdentityRoles
from mwaa.constructs.workspace_network import WorkspaceNetwork
from mwaa.stack import WorkspaceStack

PAGE = Path(__file__).resolve().parent / "reference" / "extend.md"
CONSTRUCTS: tuple[tuple[type, ...], ...] = (
    (WorkspaceStack,),
    (WorkspaceNetwork,),
    (Network,),
    (SourceBucket, PrivateBucket),
    (ExistingSourceBucket,),
    (ExecutionRole,),
    (EncryptionKey,),
    (LogGroups,),
    (Artifacts,),
    (Environment,),
    (Pipeline,),
    (CiRoles, WebIdentityRoles),
    (HcpTerraformRoles, WebIdentityRoles),
)
"""A class, and the base classes whose members are listed with it."""

_INTRODUCTION = """\
# What `extend` may build on

<!-- Written by `python docs/extend_page.py` from the constructs in modules/mwaa. Change it there. -->

A workspace's file may have a function `extend(stack)`, which adds a team's own resources to the workspace's stack:

```python
def extend(stack):
    from mwaa.provider import aws, resource

    queue = resource(aws.sqs_queue.SqsQueue, stack, "orders", name="orders")
    stack.execution_role.add_statement({"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue.arn})
```

Import inside the function: `mwaa check` and `mwaa publish` read the file without CDKTF. `aws.<resource>.<Class>` is
every resource of the AWS provider, `cdktf` is CDKTF itself, and `resource(...)` gives a resource the address
`aws_sqs_queue.orders`.

What follows is public: where it changes, the changelog says so. So are the Terraform addresses. What begins with `_`
may change.

Refused beside what the workspace declares, because a field is there for it: a VPC (`network=`), a backend
(`backend=`), an AWS provider without an alias (`region=`, `deploy_role=`, `tags=`) or with keys in it, and a second
environment (another file). An AWS provider with an alias, for another account or region, is fine.
"""


def page() -> str:
    return "\n".join([_INTRODUCTION, *(_section(*kinds) for kinds in CONSTRUCTS)])


def attributes(kind: type) -> dict[str, str]:
    """Return the public attributes that a class declares or sets, with their docstrings, in the order of the source."""
    (body,) = ast.parse(dedent(inspect.getsource(kind))).body
    found: dict[str, str] = {}
    for block in _blocks(body):
        for statement, following in zip(block, [*block[1:], None], strict=True):
            for name in _assigned(statement, in_class=block is body.body):  # type: ignore[attr-defined]
                found[name] = found.get(name) or _text(following)
    return {name: text or inherited(kind, name) for name, text in found.items()}


def inherited(kind: type, name: str) -> str:
    """Return the docstring that the nearest base class in this package has for an attribute."""
    bases = [base for base in kind.__bases__ if base.__module__.startswith("mwaa.constructs")]
    return next((text for base in bases if (text := attributes(base).get(name))), "")


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """The statements of a class and of its methods, in blocks."""
    for field in ("body", "orelse"):
        if block := getattr(node, field, []):
            yield block
            for statement in block:
                yield from _blocks(statement)


def _assigned(statement: ast.stmt, *, in_class: bool) -> Iterator[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    for target in targets:
        for one in target.elts if isinstance(target, ast.Tuple) else [target]:
            is_own = isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id == "self"
            name = one.attr if is_own else one.id if in_class and _is_declared(statement, one) else ""
            if name and not name.startswith("_"):
                yield name


def _is_declared(statement: ast.stmt, target: object) -> bool:
    """Whether this is an attribute in the body of a class, without a value."""
    return isinstance(statement, ast.AnnAssign) and statement.value is None and isinstance(target, ast.Name)


def _text(statement: ast.stmt | None) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return inspect.cleandoc(str(statement.value.value))
    return ""


def methods(kind: type) -> dict[str, str]:
    """Return the public methods of a class, as they are called, with their docstrings."""
    found = {name: one for name, one in vars(kind).items() if inspect.isfunction(one) and not name.startswith("_")}
    return {f"{name}({', '.join(_parameters(one))})": inspect.getdoc(one) or "" for name, one in found.items()}


def _parameters(method: object) -> Iterator[str]:
    (node,) = ast.parse(dedent(inspect.getsource(method))).body  # type: ignore[arg-type]
    assert isinstance(node, ast.FunctionDef)
    arguments = node.args
    required = len(arguments.args) - len(arguments.defaults)
    for index, one in enumerate(arguments.args[1:], start=1):
        yield one.arg if index < required else f"{one.arg}={ast.unparse(arguments.defaults[index - required])}"
    if arguments.vararg:
        yield f"*{arguments.vararg.arg}"


def _section(kind: type, *bases: type) -> str:
    members = {name: text for one in (kind, *bases) for name, text in (attributes(one) | methods(one)).items()}
    rows = [f"| `{name}` | {_line(text)} |" for name, text in members.items()]
    about = (inspect.getdoc(kind) or "").split("\n\n")[0]
    return "\n".join([f"## {kind.__name__}\n\n{about}\n", "| Member | Meaning |", "| --- | --- |", *rows, ""])


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(PAGE.parents[2])}")
