"""What a changed workspace replaces, by comparison with the last synthesis into the same folder."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter

from mwaa.aws_facts.replacement import REPLACING_FIELDS
from mwaa.config import Workspace
from mwaa.files import write

FILE = "replacing-fields.json"
"""Stands beside `cdk.tf.json`; committed with it where HCP Terraform reads the synthesized folder."""

_GUIDE = "docs/reference/workspace.md#fields-that-replace-the-environment"


def report(workspace: Workspace, folder: Path) -> str:
    """Return which changed fields replace the environment, empty if none does, and keep their values in `folder`."""
    path, now = folder / FILE, _values(workspace)
    before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else now
    write(path, json.dumps(now, indent=2, sort_keys=True) + "\n")
    other_kind = before.get("network") != now["network"]
    changed = [
        f"  {name}: {before.get(name, 'not set')} -> {now.get(name, 'not set')}"
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name) and not (other_kind and name.startswith("network."))
    ]
    if not changed:
        return ""
    title = f"{workspace.name}: if it is deployed, these changes replace the environment, and its metadata is lost."
    return "\n".join([title, *changed, f"  docs: {_GUIDE}"])


def _values(workspace: Workspace) -> dict[str, Any]:
    """Return the fields that replace the environment; of a part as a whole, its kind."""
    found = {}
    for path in REPLACING_FIELDS:
        value: Any = workspace
        for name in path.split("."):
            value = getattr(value, name, None)
        found[path] = type(value).__name__ if isinstance(value, BaseModel) else _RAW.dump_python(value, mode="json")
    return {path: value for path, value in found.items() if value is not None}


_RAW: TypeAdapter[Any] = TypeAdapter(Any)
