"""Risk, development: in the VPC that exists; the content is a repository of its own."""

from environments._organization import DEV, tags
from mwaa import CodeCommitSource, Pipeline, Workspace

workspace = Workspace(
    **DEV,
    pipeline=Pipeline(source=CodeCommitSource(repository="risk-airflow"), content_only=True),
    tags=tags("risk"),
)
