"""Every mistake of `mistakes.md` is told in exactly its words."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from modules.config import ConfigurationError, discover

_spec = importlib.util.spec_from_file_location("mistakes", Path(__file__).with_name("mistakes.py"))
assert _spec is not None
assert _spec.loader is not None
_book = importlib.util.module_from_spec(_spec)
sys.modules["mistakes"] = _book
_spec.loader.exec_module(_book)
MISTAKES = {mistake.title: mistake for mistake in _book.mistakes()}
