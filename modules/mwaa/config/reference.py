"""Generate the reference page of the workspace from the model: `python -m mwaa.config.reference`."""

import json
import typing
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import NoneType, UnionType

from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from mwaa.aws_facts.airflow_options import (
    BLOCKED_OPTIONS,
    BLOCKED_OPTIONS_SOURCE,
    HONOURED_METRICS_OPTIONS,
    IGNORED_OPTIONS,
    IGNORED_OPTIONS_SOURCE,
    OVERRIDDEN_OPTIONS,
    OVERRIDDEN_OPTIONS_SOURCE,
    OVERRIDDEN_PREFIXES,
    RENAMED_IN_3,
)
from mwaa.aws_facts.environment_classes import ENVIRONMENT_CLASSES, ENVIRONMENT_CLASSES_SOURCE, EnvironmentClass
from mwaa.aws_facts.quotas import QUOTAS
from mwaa.aws_facts.regions import (
    GRACEFUL_UNAVAILABLE_REGIONS,
    REGIONS,
    REGIONS_SOURCE,
    UNAVAILABLE_REGIONS,
    UNAVAILABLE_REGIONS_SOURCE,
)
from mwaa.aws_facts.releases import RELEASES, RELEASES_SOURCE
from mwaa.aws_facts.replacement import REPLACEMENT_SOURCE, REPLACING_FIELDS
from mwaa.aws_facts.user_guide import READ_ON, guide
from mwaa.config import provider_constraint
from mwaa.config.errors import models_in
from mwaa.config.workspace import Workspace

PAGE = Path("docs/reference/workspace.md")

_INTRODUCTION = """\
# The workspace

<!-- Written by `python -m mwaa.config.reference` from modules/mwaa/config. Change it there. -->

One file under `environments/` describes one MWAA environment with all it needs. The smallest one:

```python
from mwaa import Workspace

workspace = Workspace(
    account="111111111111",
    region="us-east-1",
    airflow_version="3.2.1",
    environment_class="mw1.micro",
)
```

The path is the name: `environments/analytics/dev.py` is the workspace `analytics-dev`. A file or folder that begins
with `_` is not a workspace; other files import it (`from environments._shared import TAGS`).
`mwaa show <workspace>` prints every value, defaults too. An error message names the file and field, what it got, what
it expected, and the fix.
"""


def page() -> str:
    """Return the whole page. It depends on nothing but the model."""
    models: list[type[BaseModel]] = [Workspace, *_parts(Workspace)]
    sections = [
        _INTRODUCTION,
        *map(_model, models),
        _replacement(),
        _releases(),
        _classes(),
        _regions(),
        _options(),
        _quotas(),
    ]
    return "\n".join(sections)


def _parts(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Yield every part of a model, each before its own parts."""
    for field in model.model_fields.values():
        for part in models_in(field.annotation):
            yield part
            yield from _parts(part)


def _model(model: type[BaseModel]) -> str:
    fields = {name: field for name, field in model.model_fields.items() if not (model is Workspace and name == "name")}
    rows = [
        [f"`{name}`", _type(field), _default(model, name), _allowed(name, field), _meaning(field)]
        for name, field in fields.items()
    ]
    summary = (model.__doc__ or "").split("\n\n")[0]
    return f"## {model.__name__}\n\n{summary}\n\n" + _table(["Field", "Type", "Default", "Allowed", "Meaning"], rows)


def _type(field: FieldInfo) -> str:
    if parts := models_in(field.annotation):
        return " or ".join(f"[{part.__name__}](#{part.__name__.lower()})" for part in parts)
    return _type_name(field.annotation)


def _type_name(annotation: object) -> str:
    origin, inside = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _type_name(inside[0])
    if origin is tuple:
        return "texts in brackets"
    if origin is dict:
        return "texts by name"
    if origin in (typing.Union, UnionType):
        return " or ".join("None" if one is NoneType else _type_name(one) for one in inside)
    if annotation is bool:
        return "True or False"
    if annotation is int or (origin is typing.Literal and isinstance(inside[0], int)):
        return "whole number"
    return "text"


def _default(model: type[BaseModel], name: str) -> str:
    field = model.model_fields[name]
    if field.is_required():
        return "**required**"
    if words := _default_in_words(field):
        return words
    if name in next(iter(ENVIRONMENT_CLASSES.values())).limits:
        return _by_class(lambda item: str(getattr(_smallest(item.name), name)))
    value = field.get_default(call_default_factory=True)
    return f"`{type(value).__name__}()`" if isinstance(value, BaseModel) else _code(value)


def _default_in_words(field: FieldInfo) -> str:
    return next((one.removeprefix("Default: ") for one in _sentences(field) if one.startswith("Default: ")), "")


def _meaning(field: FieldInfo) -> str:
    return ". ".join(one for one in _sentences(field) if not one.startswith("Default: ")) + "."


def _sentences(field: FieldInfo) -> list[str]:
    return (field.description or "").rstrip(".").split(". ")


def _smallest(environment_class: str) -> Workspace:
    version = next(iter(RELEASES))
    return Workspace(account="0" * 12, region="us-east-1", airflow_version=version, environment_class=environment_class)


_ELSEWHERE = {
    "airflow_version": "[a release](#airflow-releases)",
    "environment_class": "[a class](#environment-classes)",
    "region": "[a region](#regions)",
    "airflow_configuration_options": "[options that MWAA accepts](#airflow-configuration-options)",
    "aws_provider": provider_constraint.ALLOWED,
}


def _allowed(name: str, field: FieldInfo) -> str:
    if name in next(iter(ENVIRONMENT_CLASSES.values())).limits:
        return _by_class(lambda item: _range(item.limits[name]))
    return _ELSEWHERE.get(name) or next(filter(None, _rules([*field.metadata, field.annotation])), "").replace(
        "<", "&lt;"
    )


def _rules(annotations: Iterable[object]) -> Iterator[str]:
    """Yield what the validators and literals of an annotation allow."""
    for one in annotations:
        if isinstance(one, BeforeValidator):
            yield getattr(one.func, "expected", "")
        elif typing.get_origin(one) is typing.Literal:
            yield ", ".join(map(_code, typing.get_args(one)))
        else:
            yield from _rules(typing.get_args(one))


def _by_class(value: Callable[[EnvironmentClass], str]) -> str:
    """Return the value of most classes, then the exceptions."""
    values = {name: value(item) for name, item in ENVIRONMENT_CLASSES.items()}
    usual = Counter(values.values()).most_common(1)[0][0]
    return "; ".join([usual, *(f"{one} on {name}" for name, one in values.items() if one != usual)])


def _range(limits: tuple[int, int]) -> str:
    low, high = limits
    return f"{low}" if low == high else f"{low} to {high}"


def _replacement() -> str:
    rows = [[f"`{field}`", f"`{parameter}`"] for field, parameter in REPLACING_FIELDS.items()]
    about = (
        "MWAA cannot change these: Terraform replaces the environment, and its metadata is lost. Deletion protection "
        f"refuses\nthat. `mwaa show` marks them. {_read(REPLACEMENT_SOURCE)}"
    )
    return f"## Fields that replace the environment\n\n{about}\n\n" + _table(["Field", "Parameter of MWAA"], rows)


def _releases() -> str:
    head = ["Release", "Python", "In MWAA since", "End of support"]
    rows = [
        [item.version, item.python or "-", str(item.since or "-"), str(item.end_of_support or "not announced")]
        for item in RELEASES.values()
    ]
    about = f"From its end of support on, no environment can be created with a release. {_read(RELEASES_SOURCE)}"
    return f"## Airflow releases\n\n{about}\n\n" + _table(head, rows)


def _classes() -> str:
    rows = [
        [
            item.name,
            f"{item.dags}",
            f"{item.tasks_per_worker}",
            _range(item.workers),
            _range(item.schedulers),
            _range(item.webservers),
        ]
        for item in ENVIRONMENT_CLASSES.values()
    ]
    head = ["Class", "DAGs (advice)", "Tasks per worker", "Workers", "Schedulers", "Webservers"]
    return f"## Environment classes\n\n{_read(ENVIRONMENT_CLASSES_SOURCE)}\n\n" + _table(head, rows)


def _regions() -> str:
    without = ", ".join(sorted(GRACEFUL_UNAVAILABLE_REGIONS))
    missing = "; ".join(
        f"without {service}: {', '.join(sorted(regions))}" for service, regions in UNAVAILABLE_REGIONS.items()
    )
    return (
        f"## Regions\n\n{', '.join(sorted(REGIONS))}.\n\nWithout `GRACEFUL` worker replacement: {without}. "
        f"{_read(REGIONS_SOURCE)}\n\nOf these, {missing}.\n{_read(UNAVAILABLE_REGIONS_SOURCE)}\n"
    )


def _options() -> str:
    withheld = {**BLOCKED_OPTIONS, **IGNORED_OPTIONS}
    refused = {f"`{key}`": why for key, why in withheld.items()}
    overridden = sorted(OVERRIDDEN_OPTIONS) + [f"{prefix}*" for prefix in OVERRIDDEN_PREFIXES]
    refused |= {f"`{key}`": "MWAA overwrites it" for key in overridden}
    renamed = {key: f"is called `{new}`" if new else "does not exist" for key, new in RENAMED_IN_3.items()}
    refused |= {f"`{key}`": f"on Airflow 3 it {what}" for key, what in renamed.items()}
    honoured = ", ".join(f"`{key}`" for key in sorted(HONOURED_METRICS_OPTIONS))
    sources = [BLOCKED_OPTIONS_SOURCE, IGNORED_OPTIONS_SOURCE, OVERRIDDEN_OPTIONS_SOURCE]
    return (
        "## Airflow configuration options\n\n"
        "A name is `section.option` in lowercase letters, digits and `_`, at most 64 characters; a value is a text of "
        "1-65536 printable\nASCII characters. The options below are refused. Of `metrics.*` these are accepted: "
        f"{honoured}.\n{_read('; '.join(sources))}\n\n"
        + _table(["Option", "Why it is refused"], map(list, refused.items()))
    )


def _quotas() -> str:
    rows = [[item.name, f"{item.default}", item.scope, item.code or "-"] for item in QUOTAS.values()]
    head = ["Quota", "Default", "Per", "Code"]
    return f"## Quotas\n\nMost can be increased. {_read(guide('mwaa-quotas'))}\n\n" + _table(head, rows)


def _read(source: str) -> str:
    return f"Source, read on {READ_ON}: {source}"


def _code(value: object) -> str:
    return f"`{json.dumps(value, default=str)}`" if isinstance(value, str | tuple | dict) else f"`{value}`"


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE}")
