"""Analytics, production: planned and applied by HCP Terraform, in the network of ingest-prod."""

from environments._organization import PROD, RUNS, content, tags
from mwaa import NetworkOf, Workspace

workspace = Workspace(
    **PROD | {"backend": RUNS},
    network=NetworkOf("ingest-prod"),
    content=content("analytics"),
    tags=tags("analytics"),
)
