"""Publishing content: from the project into the source bucket and the environment, release by release, and back."""

from mwaa.operations.publish.apply import PublishOutcome
from mwaa.operations.publish.documents import ReleaseRecord
from mwaa.operations.publish.errors import PublishError
from mwaa.operations.publish.events import EnvironmentRolling, ObjectsMoved, PublishEvent
from mwaa.operations.publish.plan import PublishPlan
from mwaa.operations.publish.publication import preview, preview_rollback, publish, releases, rollback

__all__ = [
    "EnvironmentRolling",
    "ObjectsMoved",
    "PublishError",
    "PublishEvent",
    "PublishOutcome",
    "PublishPlan",
    "ReleaseRecord",
    "preview",
    "preview_rollback",
    "publish",
    "releases",
    "rollback",
]
