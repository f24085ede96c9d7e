"""Ingestion, production: makes the VPC of production, and the roles of HCP Terraform's runs."""

from typing import Any

from environments._organization import PROD, RUNS, content, tags
from mwaa import HcpTerraformRoles, Network, Workspace

workspace = Workspace(**PROD, network=Network(cidr="10.40.0.0/20"), content=content("ingest"), tags=tags("ingest"))


def extend(stack: Any) -> None:
    HcpTerraformRoles(stack, "hcp_analytics_prod", stack.names, RUNS)
