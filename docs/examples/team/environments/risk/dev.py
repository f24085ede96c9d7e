"""The risk team: its content is a repository of its own, which holds nothing of this one."""

from environments._defaults import DEV, tags
from mwaa import CodeCommitSource, Network, Pipeline, Workspace

workspace = Workspace(
    **DEV,
    network=Network(cidr="10.31.0.0/20"),
    pipeline=Pipeline(source=CodeCommitSource(repository="risk-airflow"), content_only=True),
    tags=tags("risk"),
)
