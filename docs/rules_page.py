"""Write docs/reference/rules.md from the rules of `mwaa check`: `python docs/rules_page.py`."""

from collections.abc import Iterator
from pathlib import Path

from mwaa.checks.rules import rule_files

PAGE = Path(__file__).resolve().parent / "reference" / "rules.md"

_INTRODUCTION = """\
# Rules of `mwaa check`

<!-- Written by `python docs/rules_page.py` from modules/mwaa/checks/rules. Change it there. -->

A finding names its rule in brackets: `[moved-import]`. Accept a finding in the workspace's file, with a reason:

```python
from mwaa import Suppression, Workspace

workspace = Workspace(
    account="111111111111",
    region="us-east-1",
    airflow_version="3.2.1",
    environment_class="mw1.micro",
    suppressions=(Suppression(rule="requirements-in-image", reason="the image's version has the bug of issue 123"),),
)
```

`mwaa check --rules` prints this list.
"""


def page() -> str:
    return "\n".join([_INTRODUCTION, *_sections()])


def _sections() -> Iterator[str]:
    rules = sorted((rule for file in rule_files() for rule in file.rules), key=lambda rule: rule.name)
    for rule in rules:
        docs = f"\n\nSource: {_linked(rule.docs)}" if rule.docs else ""
        yield f"## {rule.name}\n\n{rule.finds}\n\nWhy it matters: {rule.why}{docs}\n"


def _linked(docs: str) -> str:
    return " ".join(f"<{word}>" if word.startswith("https://") else word for word in docs.split())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(PAGE.parents[2])}")
