"""The imports of a workspace: AWS resources that exist, and that the next apply takes into the workspace's state.

They stand in a file beside the workspace's own, `environments/<name>.imports.json`, which maps Terraform addresses to
the ids by which the AWS provider imports. Delete the file after that apply: an import whose resource is in the state
does nothing. Source: developer.hashicorp.com/terraform/language/block/import.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from mwaa.config.errors import ConfigurationError, Problem, show
from mwaa.config.types import Text

TERRAFORM_OF_IMPORTS = ">= 1.5"
"""The versions of Terraform that have import blocks."""

_DOCS = "https://developer.hashicorp.com/terraform/language/block/import"
_ADDRESS = Text("the address of a resource, such as aws_mwaa_environment.environment", r'[a-z]\w*\.[a-z]\w*(\[".+"\])?')


def imports_file(file: Path) -> Path:
    """Return where the imports of a workspace stand, by its own file."""
    return file.with_suffix(".imports.json")


def read_imports(file: Path, root: Path) -> dict[str, str]:
    """Return the imports of the workspace in `file`, address to id; none if it has no such file.

    Raises ConfigurationError with everything that is wrong in it.
    """
    path = imports_file(file)
    relative = path.relative_to(root).as_posix()
    try:
        document = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigurationError([Problem("imports", str(error), "a JSON object", docs=_DOCS, file=relative)]) from None
    if not isinstance(document, dict):
        expected = "an object of addresses and ids"
        raise ConfigurationError([Problem("imports", show(document), expected, docs=_DOCS, file=relative)])
    problems = [
        Problem("imports", show(address), _ADDRESS.expected, docs=_DOCS, file=relative)
        for address in document
        if not _ADDRESS.matches(address)
    ]
    problems += [
        Problem(address, show(id), "the id of the resource in AWS, a text", docs=_DOCS, file=relative)
        for address, id in document.items()
        if not (isinstance(id, str) and id)
    ]
    if problems:
        raise ConfigurationError(problems)
    return document


def write_imports(imports: Mapping[str, str]) -> str:
    """Return the text of a file of imports."""
    return json.dumps(dict(imports), indent=2, ensure_ascii=False) + "\n"
