"""requirements.txt as MWAA reads it: parsed, resolved by uv under the constraints, locked, made into wheels."""

from mwaa.requirements.file import Line, RequirementsFile, parse
from mwaa.requirements.resolver import Package, Platform, Resolution, Unresolvable, resolve

__all__ = [
    "Line",
    "Package",
    "Platform",
    "RequirementsFile",
    "Resolution",
    "Unresolvable",
    "parse",
    "resolve",
]
