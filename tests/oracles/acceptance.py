"""Reads the steps of a Go acceptance test of the AWS provider: Terraform configurations, and attributes to expect."""

import json
import re
from dataclasses import dataclass, field

_TEST = re.compile(r"^func (TestAcc\w+)\(t \*testing\.T\) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_CONFIG = re.compile(
    r"^func (testAcc\w+)\(([^)]*)\) string \{\n(.*?)^\}\n(?=\s*(?:func |\Z))", re.MULTILINE | re.DOTALL
)
_CALL = re.compile(r"(testAcc\w+)\(((?:[^()]|\([^()]*\))*)\)")
_TEMPLATE = re.compile(r"fmt\.Sprintf\(`(.*?)`((?:,\s*\w+)*)\)", re.DOTALL)
_VERB = re.compile(r"%(?:\[(\d+)\])?([qs%])")
_STEP = re.compile(r"Config:\s*(testAcc\w+\((?:[^()]|\([^()]*\))*\))(.*?)(?=Config:|\Z)", re.DOTALL)
_CHECK = re.compile(r'TestCheckResourceAttr\(resourceName, "([^"]+)", ((?:[^()]|\([^()]*\))+)\)')

ZONES = """
data "aws_availability_zones" "available" {
  state = "available"
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}
"""
"""What the provider's own ConfigAvailableAZsNoOptIn does."""


@dataclass
class Step:
    """A configuration to apply, what the environment then has, and whether somebody deletes it behind Terraform."""

    config: str
    expected: dict[str, str] = field(default_factory=dict)
    disappears: bool = False


def read(go: str, name: str) -> dict[str, list[Step]]:
    """Return the steps of each test, with `name` for what Go calls rName."""
    functions = {found[0]: (found[1], found[2]) for found in _CONFIG.findall(go)}

    def config(call: str, names: dict[str, str]) -> str:
        function, given = re.fullmatch(_CALL, call.strip()).groups()  # type: ignore[union-attr]
        parameters, body = functions[function]
        declared = [part.split()[0] for part in parameters.split(",") if part.strip()]
        values = [_value(part, names) for part in _split(given)]
        mine = dict(zip(declared, values, strict=True))
        nested = [config(f"{one}({arguments})", mine) for one, arguments in _CALL.findall(body)]
        zones = [ZONES] if "ConfigAvailableAZsNoOptIn" in body else []
        texts = [
            _format(text, [mine[one.strip()] for one in more.split(",")[1:]]) for text, more in _TEMPLATE.findall(body)
        ]
        return "\n".join([*zones, *nested, *texts])

    return {
        test: [
            Step(
                config(call, {"rName": name}),
                {path: _value(value, {}) for path, value in _CHECK.findall(rest)},
                "CheckResourceDisappears" in rest,
            )
            for call, rest in _STEP.findall(body)
        ]
        for test, body in _TEST.findall(go)
    }


def attribute(values: dict[str, object], path: str) -> str:
    """Return an attribute of the state as the provider's tests write it: `a.0.b`, `a.#`, `a.%`."""
    found: object = values
    head, _, rest = path.partition(".")
    while True:
        if isinstance(found, dict):
            if head == "%":
                return str(len(found))
            whole = f"{head}.{rest}" if rest else head
            if whole in found:
                head, rest = whole, ""
            found = found.get(head)
        elif isinstance(found, list):
            if head == "#":
                return str(len(found))
            found = found[int(head)]
        elif found is None and head in ("#", "%"):
            return "0"
        if not rest:
            return "" if found is None else str(found).lower() if isinstance(found, bool) else str(found)
        head, _, rest = rest.partition(".")


def _split(arguments: str) -> list[str]:
    return [part.strip() for part in re.split(r",(?![^(]*\))", arguments) if part.strip()]


def _value(expression: str, names: dict[str, str]) -> str:
    """Return what a Go expression is: a literal, a parameter, or a constant whose name says its value."""
    expression = re.sub(r"^string\((.*)\)$", r"\1", expression.strip())
    if expression.startswith('"'):
        return str(json.loads(expression))
    if expression in names:
        return names[expression]
    constant = expression.rpartition(".")[2].removeprefix("Ct")
    for prefix in ("LoggingLevel", "WebserverAccessMode", "EndpointManagement", "WorkerReplacementStrategy"):
        if constant.startswith(prefix):
            return "_".join(re.findall(r"[A-Z][a-z]+", constant.removeprefix(prefix))).upper()
    return constant.lower()


def _format(template: str, values: list[str]) -> str:
    following = iter(values)

    def verb(found: re.Match[str]) -> str:
        if found[2] == "%":
            return "%"
        value = values[int(found[1]) - 1] if found[1] else next(following)
        return json.dumps(value) if found[2] == "q" else value

    return _VERB.sub(verb, template)
