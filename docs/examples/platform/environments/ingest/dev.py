"""Ingestion, development: in the VPC that exists."""

from environments._organization import DEV, content, tags
from mwaa import Workspace

workspace = Workspace(**DEV, content=content("ingest"), tags=tags("ingest"))
