"""Content, what a workspace ships to Airflow, built into a Bundle: same files, same bytes, on any machine."""

from mwaa.content.bundle import Bundle, BundleFile, build, copy, gather
from mwaa.content.errors import ContentError

__all__ = ["Bundle", "BundleFile", "ContentError", "build", "copy", "gather"]
