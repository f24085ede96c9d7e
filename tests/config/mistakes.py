"""Reads `mistakes.md`: wrong workspace files, as a person would write them, and what each is told."""

import re
from dataclasses import dataclass
from pathlib import Path

BOOK = Path(__file__).with_name("mistakes.md")

_FILE = """\
from modules.config import Content, EncryptionKey, Logging, Network, SourceBucket, Timeouts, Workspace

workspace = Workspace(
{arguments}
)
"""
_VALID = {
    "account": '    account="111111111111",',
    "region": '    region="us-east-1",',
    "airflow_version": '    airflow_version="3.2.1",',
    "environment_class": '    environment_class="mw1.small",',
}


@dataclass(frozen=True)
class Mistake:
    title: str
    files: dict[str, str]
    told: str


def mistakes() -> list[Mistake]:
    _, *sections = re.split(r"^## ", BOOK.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [_mistake(section) for section in sections]


def _mistake(section: str) -> Mistake:
    title = section.split("\n", 1)[0]
    blocks = re.findall(r"^```(\w+)(?: ([^\n]+))?\n(.*?)^```$", section, flags=re.MULTILINE | re.DOTALL)
    files = {
        file or "environments/dev.py": text if kind == "file" else with_arguments(text)
        for kind, file, text in blocks
        if kind != "told"
    }
    (told,) = [text for kind, _, text in blocks if kind == "told"]
    return Mistake(title, files, told.rstrip("\n"))


def with_arguments(text: str) -> str:
    """The file of a valid workspace in which these arguments stand instead of, or beside, its own."""
    given = set(re.findall(r"^(\w+)=", text, flags=re.MULTILINE))
    lines = [line for name, line in _VALID.items() if name not in given]
    return _FILE.format(arguments="\n".join([*lines, *(f"    {line}" for line in text.rstrip("\n").splitlines())]))
