"""requirements.txt as MWAA reads it: parsed, resolved by uv under the constraints, locked, made into wheels."""

from mwaa.requirements.file import Line, RequirementsFile, parse
from mwaa.requirements.resolution import Package, Platform, Resolution, Unresolvable
from mwaa.requirements.resolver import resolve

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
