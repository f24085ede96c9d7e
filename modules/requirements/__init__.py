"""requirements.txt as MWAA reads it: parsed, resolved by uv under the constraints, locked, made into wheels."""

from modules.requirements.essentials import image
from modules.requirements.file import Line, RequirementsFile, parse
from modules.requirements.resolver import Package, Platform, Resolution, Unresolvable, resolve

__all__ = [
    "Line",
    "Package",
    "Platform",
    "RequirementsFile",
    "Resolution",
    "Unresolvable",
    "image",
    "parse",
    "resolve",
]
