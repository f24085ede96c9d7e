"""Publishing content: from the project into the source bucket and the environment, release by release, and back."""

from mwaa.operations.publish.documents import Record
from mwaa.operations.publish.errors import PublishError
from mwaa.operations.publish.events import Event, Moved, Report, Rolling, Step
from mwaa.operations.publish.plan import Plan
from mwaa.operations.publish.publication import Outcome, preview, preview_rollback, publish, releases, rollback

__all__ = [
    "Event",
    "Moved",
    "Outcome",
    "Plan",
    "PublishError",
    "Record",
    "Report",
    "Rolling",
    "Step",
    "preview",
    "preview_rollback",
    "publish",
    "releases",
    "rollback",
]
