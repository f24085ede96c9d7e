"""Publishing content: from the project into the source bucket and the environment, release by release, and back."""

from modules.operations.publish.documents import Record
from modules.operations.publish.errors import PublishError
from modules.operations.publish.events import Event, Moved, Report, Rolling, Step
from modules.operations.publish.plan import Plan
from modules.operations.publish.publication import Outcome, preview, preview_rollback, publish, releases, rollback

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
