"""Mistakes in a workspace file: where, what was found, what is allowed, how to fix it, and the page that says so."""

import difflib
import typing
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from mwaa.failure import Failure


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in what a person wrote.

    `file` is relative to the project's root and `field` a dotted path inside it; `got` and `expected` are texts for
    people; `fix` is what to write instead; `docs` is the source of the rule (a page, or "botocore ...").
    """

    field: str
    got: str
    expected: str
    fix: str = ""
    docs: str = ""
    file: str = ""

    def __str__(self) -> str:
        lines = [_on_one_line(f"{self.file}: {self.field}" if self.file else self.field)]
        lines += [
            f"  {label + ':':<9} {_on_one_line(text)}"
            for label, text in (
                ("got", self.got),
                ("expected", self.expected),
                ("fix", self.fix),
                ("docs", self.docs),
            )
            if text
        ]
        return "\n".join(lines)

    def as_dict(self) -> dict[str, str]:
        """Return the problem as `--json` prints it."""
        return asdict(self)


class ConfigurationError(Failure):
    """Something that a person wrote cannot be used. `problems` holds every problem found, at least one."""

    status = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n\n".join(map(str, self.problems)))

    def in_file(self, file: str) -> "ConfigurationError":
        """Return the error with `file` as the file of every problem that names none."""
        return type(self)(replace(problem, file=problem.file or file) for problem in self.problems)


def refuse(got: object, expected: str, fix: str = "", docs: str = "", *, field: str = "") -> PydanticCustomError:
    """Return the error that a pydantic validator raises; `field` is relative to what the validator checks."""
    return refuse_all([Problem(field=field, got=show(got), expected=expected, fix=fix, docs=docs)])


def refuse_all(problems: Sequence[Problem]) -> PydanticCustomError:
    """Return the error of a validator that finds several mistakes at once."""
    text = "; ".join(f"{problem.field} {problem.got}: expected {problem.expected}".strip() for problem in problems)
    return PydanticCustomError("refused", "{text}", {"text": text, "problems": tuple(problems)})


def accept_kinds(kinds: Any, expected: str, fix: str) -> Callable[[object], object]:
    """Return a pydantic validator that returns a value of one of these classes, and refuses any other."""

    def validate(value: object) -> object:
        if isinstance(value, kinds):
            return value
        raise refuse_all([Problem("", show(value), expected, fix)])

    return validate


def show(value: object) -> str:
    """Return a value as its writer recognises it: strings in quotes, long ones cut, models and classes by name."""
    text = _shown(value)
    return text if len(text) <= 120 else f"{text[:100]}... ({len(text)} characters)"


def _shown(value: object) -> str:
    match value:
        case str():
            return f'"{_on_one_line(value)}"'
        case list() | tuple() if value:
            return "[" + ", ".join(map(_shown, value)) + "]"
        case BaseModel():
            return f"{type(value).__name__}(...)"
        case type():
            return f"class {value.__name__}"
        case _:
            return repr(value)


def _on_one_line(text: str) -> str:
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def problems_of(error: ValidationError, model: type[BaseModel]) -> tuple[Problem, ...]:
    """Return the problems in a pydantic error."""
    return tuple(problem for detail in error.errors(include_url=False) for problem in _from_detail(detail, model))


def _from_detail(detail: ErrorDetails, model: type[BaseModel]) -> Iterable[Problem]:
    field = ".".join(str(part) for part in detail["loc"] if part != "[key]")
    given, context = show(detail["input"]), detail.get("ctx", {})
    if detail["type"] == "refused":
        for problem in context["problems"]:
            yield replace(problem, field=".".join(filter(None, (field, problem.field))))
        return
    owner = _owner(model, detail["loc"])
    name = str(detail["loc"][-1]) if detail["loc"] else ""
    match detail["type"]:
        case "missing":
            yield Problem(field, "nothing", _description(owner, name), f"add {name}=...")
        case "extra_forbidden":
            names = sorted(set(owner.model_fields) - {"name"}) if owner else []
            allowed = "one of the fields " + ", ".join(names)
            yield Problem(field, given, allowed, did_you_mean(name, names) or "remove it")
        case "literal_error":
            options = typing.cast(str, context["expected"]).replace("'", '"')
            allowed = options.replace(" or ", ", ") + " or None" if _optional(owner, name) else options
            yield Problem(field, given, allowed, did_you_mean(str(detail["input"]).upper(), options.split('"')))
        case "is_instance_of":
            allowed = f"{context['class']}(...)" + (" or None" if _optional(owner, name) else "")
            yield Problem(field, given, allowed, f"from mwaa import {context['class']}")
        case "string_type":
            fix = f'write "{detail["input"]}"' if isinstance(detail["input"], int | float) else ""
            yield Problem(field, given, "a text in quotes", fix)
        case "int_type":
            yield Problem(field, given, "a whole number, without quotes")
        case "bool_type":
            yield Problem(field, given, "True or False")
        case "dict_type":
            yield Problem(field, given, 'texts by name: {"name": "text"}')
        case _:
            yield Problem(field or "workspace", given, detail["msg"][0].lower() + detail["msg"][1:])


def did_you_mean(wrong: object, names: Iterable[str]) -> str:
    """Return a `fix` that names the most similar of `names`; empty if none is similar."""
    found = difflib.get_close_matches(str(wrong), list(names), n=1)
    return f'did you mean "{found[0]}"?' if found else ""


def _owner(model: type[BaseModel] | None, loc: tuple[int | str, ...]) -> type[BaseModel] | None:
    """Return the model class in which the last part of `loc` is a field."""
    for part in loc[:-1]:
        if isinstance(part, int):
            continue  # the index of a part in a list
        if model is None or part not in model.model_fields:
            return None
        model = model_in(model.model_fields[str(part)].annotation)
    return model


def model_in(annotation: object) -> type[BaseModel] | None:
    """Return the first model class that a field's annotation names."""
    return next(iter(models_in(annotation)), None)


def models_in(annotation: object) -> tuple[type[BaseModel], ...]:
    """Return the model classes that a field's annotation names: several for a part that may be of several kinds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return (annotation,)
    return tuple(model for inside in typing.get_args(annotation) for model in models_in(inside))


def _optional(owner: type[BaseModel] | None, name: str) -> bool:
    field = owner.model_fields.get(name) if owner else None
    return field is not None and type(None) in typing.get_args(field.annotation)


def _description(owner: type[BaseModel] | None, name: str) -> str:
    text = owner.model_fields[name].description if owner and name in owner.model_fields else ""
    return (text or "a value").split(". ")[0].rstrip(".")
