"""A resolved workspace as JSON: what a repository of content alone reads in place of `environments/` and its Python.

A part is written as its set fields beside `type`, the name of its class, so that reading restores the same workspace.
"""

import json
import os
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from mwaa.config.errors import ConfigurationError, Problem, models_in, problems_of, show
from mwaa.config.workspace import Workspace

VARIABLE = "MWAA_WORKSPACE_FILE"
"""The variable that names the file; without it, the file is `mwaa.json` in the content's folder."""

FILE = "mwaa.json"


def find_workspace_file(root: Path) -> Path | None:
    """Return the file of the content in `root`, or None if it has none."""
    if named := os.environ.get(VARIABLE):
        return Path(named).resolve()
    return root / FILE if (root / FILE).is_file() else None


def to_json(workspace: Workspace, file: str) -> str:
    """Return the workspace as JSON. `file` is its own file, for reports."""
    return json.dumps({"file": file, "workspace": _data(workspace)}, indent=2, sort_keys=True) + "\n"


def from_json(path: Path) -> tuple[Workspace, str]:
    """Return the workspace in a file that `to_json` wrote, and the workspace's own file.

    Raises ConfigurationError if the file is missing or is no such file.
    """
    try:
        document = json.loads(path.read_text("utf-8"))
        return _model(Workspace, document["workspace"]), str(document["file"])
    except ValidationError as error:
        raise ConfigurationError(problems_of(error, Workspace)).in_file(path.name) from None
    except OSError as error:
        got, expected = f"{path} ({error.strerror})", "the file of a resolved workspace"
    except (ValueError, KeyError, TypeError) as error:
        got, expected = f"{type(error).__name__}: {error}", "JSON that a deployment of the workspace wrote"
    fix = "download it again: docs/how-to/content-repository.md"
    raise ConfigurationError([Problem("workspace file", show(got), expected, fix, file=path.name)])


def _data(model: BaseModel) -> dict[str, Any]:
    plain = model.model_dump(mode="json")

    def value(name: str) -> Any:
        match getattr(model, name):
            case BaseModel() as part:
                return _data(part)
            case tuple() as parts if any(isinstance(part, BaseModel) for part in parts):
                return [_data(part) for part in parts]
            case _:
                return plain[name]

    return {"type": type(model).__name__} | {name: value(name) for name in sorted(model.model_fields_set)}


def _model(kind: Any, data: dict[str, Any]) -> Any:
    def value(name: str, item: Any) -> Any:
        kinds = {one.__name__: one for one in models_in(kind.model_fields[name].annotation)}
        match item:
            case {"type": known} if known in kinds:
                return _model(kinds[known], item)
            case [{"type": _}, *_]:
                return tuple(_model(kinds[part["type"]], part) for part in item)
            case _:
                return item

    return kind(**{name: value(name, item) for name, item in data.items() if name != "type"})
