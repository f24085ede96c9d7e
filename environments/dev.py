"""The cheapest environment that works, to try DAGs. Nothing in it needs protection."""

from mwaa import Network, Workspace

workspace = Workspace(
    account="111111111111",
    region="ap-northeast-2",
    airflow_version="3.2.1",
    environment_class="mw1.micro",
    network=Network(cidr="10.10.0.0/20"),
    deletion_protection=False,
    tags={"team": "data-platform", "stage": "dev"},
)
