"""The error of a publish."""

from mwaa.failure import Failure


class PublishError(Failure):
    """The publish, rollback or list cannot be done, or not to its end.

    Whatever was begun is known to the next run, which completes it.
    """
